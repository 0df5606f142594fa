"""One look at an invoice by somebody who has its link: which invoice, whose, in which language.

    token ─▶ find (store) ─▶ guest(tx) ─▶ handler(tx, guest) ─▶ Shown | Goto

The link is all there is: it opens one invoice and nothing else of its customer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from tenure.actions import configurations
from tenure.actions.clock import moment
from tenure.domain.customers import Customer
from tenure.domain.errors import NotFound
from tenure.domain.invoices import Invoice, InvoiceStatus
from tenure.domain.payment_intents import IntentStatus, PaymentIntent
from tenure.domain.payment_methods import PaymentMethod
from tenure.i18n.languages import language, translated_tags
from tenure.i18n.locales import negotiate
from tenure.store import Tx
from tenure.web.asked import Answer, Asked, offered_languages, reading_language
from tenure.web.invoices import Bill, read_bill
from tenure.web.methods import method_name
from tenure.web.portal_pages import Frame, frame
from tenure.web.readers import Merchant, Reader, read_merchant


@dataclass(frozen=True, kw_only=True)
class Guest:
    """Somebody with an invoice's link, and what they asked for."""

    asked: Asked
    invoice: Invoice
    customer: Customer
    merchant: Merchant
    reader: Reader

    @property
    def url(self) -> str:
        """The page of the invoice."""
        return url_of(self.invoice)

    def gettext(self, message: str, **values: str) -> str:
        return self.reader.language.gettext(message, **values)

    @cached_property
    def paper_reader(self) -> Reader:
        """Who reads the papers: the customer, in their own language where they have one."""
        wishes = (*self.customer.preferred_locales, self.reader.language.tag)
        tag = negotiate(wishes, offered=translated_tags())
        return Reader(language=language(tag), time_zone=self.reader.time_zone, now=self.reader.now)

    def bill(self, tx: Tx, *, paper: bool = False) -> Bill:
        """The invoice with all that it refers to, for its page or for paper."""
        reader = self.paper_reader if paper else self.reader
        return read_bill(tx, self.invoice, reader, self.merchant, paid_with=_paid_with(tx, self.invoice, reader))


Handler = Callable[[Tx, Guest], Answer]


def url_of(invoice: Invoice) -> str:
    """The page of the invoice, below our own address."""
    return f"/i/{invoice.hosted_token}"


def guest(tx: Tx, id: str, asked: Asked) -> Guest:
    """Who looks at this invoice. Raises NotFound where it is not final yet."""
    invoice = tx.need(Invoice, id)
    if invoice.status is InvoiceStatus.DRAFT or invoice.hosted_token != asked.ids.get("token"):
        raise NotFound("There is no such page.")
    customer = tx.get(Customer, invoice.customer, deleted=True) or Customer(id=invoice.customer)
    merchant = read_merchant(tx)
    wishes = (asked.language_cookie, *customer.preferred_locales)
    reader = Reader(
        language=reading_language(asked, *wishes, default=merchant.language),
        time_zone=merchant.time_zone,
        now=moment(tx, invoice.test_clock),
    )
    return Guest(asked=asked, invoice=invoice, customer=customer, merchant=merchant, reader=reader)


def around(tx: Tx, who: Guest) -> Frame:
    """The frame of this guest's pages: the merchant's, without the portal."""
    return frame(
        who.merchant,
        configurations.default(tx),
        who.reader.language,
        languages=offered_languages(),
        here=who.url,
        home=False,
        language_url=f"{who.url}/language",
    )


def _paid_with(tx: Tx, invoice: Invoice, reader: Reader) -> str:
    """How the money came, where an intent brought it."""
    intent = tx.get(PaymentIntent, invoice.payment_intent) if invoice.payment_intent else None
    if intent is None or intent.status is not IntentStatus.SUCCEEDED or intent.payment_method is None:
        return ""
    method = tx.get(PaymentMethod, intent.payment_method)
    return method_name(method, reader.language) if method is not None else ""
