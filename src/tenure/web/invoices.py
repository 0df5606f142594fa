"""An invoice as its customer reads it: in which state it is, what is due and when, who bills whom.

Invoice ── read_bill(tx) ──▶ Bill ── the hosted page, the portal's list, the papers

state   draft │ open │ overdue │ paid │ void │ uncollectible
"""

from dataclasses import dataclass
from typing import Literal

from tenure.domain.coupons import Coupon
from tenure.domain.customers import Address
from tenure.domain.invoices import Invoice, InvoiceStatus
from tenure.domain.products import Product
from tenure.domain.tax_rates import TaxRate
from tenure.i18n.locales import cldr
from tenure.store import Tx
from tenure.web.invoice_lines import Words, left_to_pay
from tenure.web.portal_plans import Badge
from tenure.web.readers import Merchant, Reader

State = Literal["draft", "open", "overdue", "paid", "void", "uncollectible"]
PAYABLE: tuple[State, ...] = ("open", "overdue", "uncollectible")


@dataclass(frozen=True, kw_only=True)
class Bill:
    """One invoice and all that its pages and papers speak of; `paid_with` names the payment method."""

    invoice: Invoice
    words: Words
    reader: Reader
    merchant: Merchant
    paid_with: str = ""

    @property
    def state(self) -> State:
        return state_of(self.invoice, self.reader.now)

    @property
    def payable(self) -> bool:
        """Whether there is something to pay."""
        return self.state in PAYABLE and left_to_pay(self.invoice) > 0

    def money(self, amount: int) -> str:
        return self.reader.money(amount, self.invoice.currency)


def read_bill(tx: Tx, invoice: Invoice, reader: Reader, merchant: Merchant, *, paid_with: str = "") -> Bill:
    """The invoice with what it refers to; what has been deleted since is still named."""
    return Bill(invoice=invoice, words=read_words(tx, invoice), reader=reader, merchant=merchant, paid_with=paid_with)


def read_words(tx: Tx, invoice: Invoice) -> Words:
    """Products, tax rates and coupons of the lines."""
    details = [line.pricing.price_details for line in invoice.lines if line.pricing and line.pricing.price_details]
    discounts = {each.id: each for line in invoice.lines for each in line.discounts}
    discounts |= {each.id: each for each in invoice.discounts}
    taxes = [*invoice.total_taxes, *(each for line in invoice.lines for each in line.taxes)]
    products = tx.many(Product, {each.product for each in details}, deleted=True)
    return Words(
        products={id: product.name for id, product in products.items()},
        rates=tx.many(TaxRate, {each.tax_rate_details.tax_rate for each in taxes if each.tax_rate_details}),
        coupons=tx.many(Coupon, {each.source.coupon for each in discounts.values()}, deleted=True),
        discounts=discounts,
    )


def state_of(invoice: Invoice, now: int) -> State:
    """The state as a customer sees it: an open invoice is overdue after its due date."""
    match invoice.status:
        case InvoiceStatus.DRAFT:
            return "draft"
        case InvoiceStatus.PAID:
            return "paid"
        case InvoiceStatus.VOID:
            return "void"
        case InvoiceStatus.UNCOLLECTIBLE:
            return "uncollectible"
        case InvoiceStatus.OPEN:
            late = invoice.overdue or (invoice.due_date is not None and invoice.due_date <= now)
            return "overdue" if late else "open"


def badge_of(invoice: Invoice, reader: Reader) -> Badge:
    """The state in a word, a colour and an icon."""
    # L10n: The states of an invoice, on a badge. "Open" means that it is to be paid.
    pgettext = reader.language.pgettext
    match state_of(invoice, reader.now):
        case "paid":
            return Badge(pgettext("invoice", "Paid"), "ok", "check")
        case "open":
            return Badge(pgettext("invoice", "Open"), "info", "clock")
        case "overdue":
            return Badge(pgettext("invoice", "Overdue"), "bad", "alert")
        case "uncollectible":
            return Badge(pgettext("invoice", "Uncollectible"), "warn", "alert")
        case "void":
            return Badge(pgettext("invoice", "Void"), "", "x")
        case "draft":
            return Badge(pgettext("invoice", "Draft"), "", "clock")


def issued_at(invoice: Invoice) -> int:
    """The date of the invoice: the one it takes effect at, else when it was finalized."""
    return invoice.effective_at or invoice.status_transitions.finalized_at or invoice.created


def number_of(invoice: Invoice) -> str:
    """Its number; its id before it has one."""
    return invoice.number or invoice.id


def headline(bill: Bill) -> str:
    """What there is to know about the money, in one sentence."""
    _, invoice = bill.reader.language.gettext, bill.invoice
    match bill.state:
        case "paid":
            at = invoice.status_transitions.paid_at
            paid = bill.money(invoice.amount_paid)
            return _("%(amount)s paid on %(date)s", amount=paid, date=bill.reader.day(at)) if at else paid
        case "void":
            return _("This invoice is void. Nothing is due.")
        case _:
            due = bill.money(left_to_pay(invoice))
            if invoice.due_date is None:
                return _("%(amount)s due now", amount=due)
            return _("%(amount)s due on %(date)s", amount=due, date=bill.reader.day(invoice.due_date))


# People


def address_lines(address: Address | None, reader: Reader) -> tuple[str, ...]:
    """The address as it is written on a letter, one text a line, the country by its name."""
    if address is None:
        return ()
    state = address.state or ""
    behind = address.country in ("US", "CA", "AU", "GB", "IE", "IN")
    town = (address.city, state, address.postal_code) if behind else (address.postal_code, address.city, state)
    lines = (
        address.line1,
        address.line2,
        " ".join(part for part in town if part),
        country_name(address.country, reader),
    )
    return tuple(line for line in lines if line)


def country_name(code: str | None, reader: Reader) -> str:
    """The country's name in the reader's language; the code where it has none."""
    if not code:
        return ""
    return str(cldr(reader.language.tag).territories.get(code.upper(), code))


def issuer_lines(bill: Bill) -> tuple[str, ...]:
    """Who bills: the merchant's address and how to reach them."""
    merchant = bill.merchant
    written = tuple(line.strip() for line in merchant.address.splitlines() if line.strip())
    lines = written or (country_name(bill.invoice.account_country or merchant.country, bill.reader),)
    return tuple(line for line in (*lines, merchant.support_email) if line)


def customer_name(invoice: Invoice) -> str:
    """Who is billed."""
    return invoice.customer_name or invoice.customer_email or ""


def customer_lines(bill: Bill) -> tuple[str, ...]:
    """Where the bill goes, with the customer's tax ids as they were."""
    invoice = bill.invoice
    ids = tuple(tax_id_text(each.type, each.value) for each in invoice.customer_tax_ids or () if each.value)
    email = invoice.customer_email if invoice.customer_name else None
    lines = (*address_lines(invoice.customer_address, bill.reader), email, invoice.customer_phone, *ids)
    return tuple(line for line in lines if line)


def shipping_lines(bill: Bill) -> tuple[str, ...]:
    """Where goods go, where that is said."""
    to = bill.invoice.shipping_details or bill.invoice.customer_shipping
    return tuple(line for line in (to.name, *address_lines(to.address, bill.reader)) if line) if to else ()


def tax_id_text(kind: str, value: str | None) -> str:
    """A tax id behind its kind's name: `DE VAT DE123456789`."""
    country, _, rest = kind.partition("_")
    return f"{country.upper()} {rest.replace('_', ' ').upper()} {value or ''}".strip()


def facts(bill: Bill) -> tuple[tuple[str, str], ...]:
    """What stands at the head of the invoice."""
    _, invoice, reader = bill.reader.language.gettext, bill.invoice, bill.reader
    rows = [(_("Invoice number"), number_of(invoice)), (_("Date of issue"), reader.day(issued_at(invoice)))]
    if invoice.due_date is not None and bill.state in PAYABLE:
        rows.append((_("Date due"), reader.day(invoice.due_date)))
    if bill.state == "paid" and invoice.status_transitions.paid_at is not None:
        rows.append((_("Date paid"), reader.day(invoice.status_transitions.paid_at)))
    return (*rows, *((each.name, each.value) for each in invoice.custom_fields or ()))
