"""Invoices put straight into a running server's database, in every state, without waiting for a billing period.

desk = Desk(server)                     desk.invoice(customer, lines=[desk.line(2900)], status="open") -> Invoice
"""

import asyncio
import itertools
import secrets
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from msgspec.structs import replace

from tenure.domain.coupons import Coupon
from tenure.domain.customers import Address, CustomField
from tenure.domain.discounts import Discount, DiscountSource
from tenure.domain.documents import Change, Scope
from tenure.domain.invoice_parts import (
    LineParent,
    Period,
    PriceDetails,
    Pricing,
    SubscriptionItemDetails,
)
from tenure.domain.invoice_totals import priced
from tenure.domain.invoices import CustomerTaxId, Invoice, InvoiceStatus, LineItem, StatusTransitions
from tenure.domain.tax_rates import TaxRate
from tenure.store import Tx, accounts
from tenure.store.open import open_store
from tenure.store.store import Store
from tests.support.server import Server

T = TypeVar("T")
DAY = 86400
START, END = 1793664000, 1796256000  # 2026-11-03 and 2026-12-03, midnight UTC
_numbers = itertools.count(1)

VAT = TaxRate(
    id="txr_vat", created=1, display_name="VAT", jurisdiction="DE", inclusive=False, percentage=19.0, country="DE"
)
INSIDE = TaxRate(id="txr_inside", created=1, display_name="VAT", inclusive=True, percentage=19.0)
LAUNCH = Coupon(id="launch", created=1, name="Launch", percent_off=25.0, duration="forever")
OFF = Discount(id="di_launch", source=DiscountSource(coupon="launch"), start=1)


def line(amount: int = 2900, **given: Any) -> LineItem:
    """A line of a subscription for one month."""
    number = next(_numbers)
    quantity = given.pop("quantity", 1)
    product = given.pop("product", "prod_none")
    proration = given.pop("proration", False)
    details = SubscriptionItemDetails(subscription="sub_1", subscription_item="si_1", proration=proration)
    return replace(
        LineItem(
            id=f"il_{number}",
            amount=amount,
            currency="eur",
            description="1 × Studio (at €29.00 / month)",
            parent=LineParent(type="subscription_item_details", subscription_item_details=details),
            period=Period(start=START, end=END),
            pricing=Pricing(
                price_details=PriceDetails(price="price_1", product=product),
                unit_amount_decimal=str(amount // quantity),
            ),
            quantity=quantity,
            subtotal=amount,
        ),
        **given,
    )


def invoice(customer: str = "cus_1", *, lines: list[LineItem] | None = None, **given: Any) -> Invoice:
    """An open invoice of one line, summed as the billing engine does it."""
    number, token = next(_numbers), secrets.token_urlsafe(32)
    blank = Invoice(
        id=f"in_test{number}{token[:6]}",
        created=START,
        currency="eur",
        customer=customer,
        customer_name="Ada Moreau",
        customer_email="ada@moreau.example",
        customer_address=Address(line1="Lindenweg 4", postal_code="10115", city="Berlin", country="DE"),
        customer_tax_ids=[CustomerTaxId(type="eu_vat", value="DE123456789")],
        custom_fields=[CustomField(name="PO number", value="4711")],
        description=given.pop("description", None),
        hosted_token=token,
        number=f"HAL-{number:04d}",
        period_start=START,
        period_end=END,
        status=InvoiceStatus.OPEN,
        status_transitions=StatusTransitions(finalized_at=START),
        discounts=given.pop("discounts", []),
        default_tax_rates=given.pop("default_tax_rates", []),
    )
    summed = priced(
        blank,
        [line()] if lines is None else lines,
        coupons={LAUNCH.id: LAUNCH},
        rates={VAT.id: VAT, INSIDE.id: INSIDE},
        products={},
    )
    return replace(summed, **given)


def as_paid(made: Invoice, at: int = END) -> Invoice:
    """The same invoice, paid."""
    return replace(
        made,
        status=InvoiceStatus.PAID,
        amount_paid=made.amount_due,
        amount_remaining=0,
        status_transitions=StatusTransitions(finalized_at=START, paid_at=at),
    )


class Desk:
    """Writes into the database of a running server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.account = self.read_account()
        self.keep(VAT, INSIDE, LAUNCH)

    def read_account(self) -> str:
        return self._with_store(lambda store: store.system_read(accounts.everyone))[0].id

    def write(self, fn: Callable[[Tx], T], *, livemode: bool = False, now: int | None = None) -> T:
        """One transaction in the server's database."""
        scope, at = Scope(self.account, livemode), now or int(time.time())
        return self._with_store(lambda store: store.write(scope, fn, now=at))

    def _with_store(self, work: Callable[[Store], Awaitable[T]]) -> T:
        """On a thread of its own: the browser's tests have an event loop running on theirs."""

        async def run() -> T:
            store = open_store(f"sqlite:///{self.server.data / 'tenure.db'}")
            await store.start()
            try:
                return await work(store)
            finally:
                await store.close()

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(run())).result()

    def keep(self, *docs: Any, livemode: bool = False) -> None:
        """Save documents that are not there yet."""

        def save(tx: Tx) -> None:
            new = tuple(doc for doc in docs if tx.get(type(doc), doc.id) is None)
            if new:
                tx.save(Change(after=new))

        self.write(save, livemode=livemode)

    def invoice(self, customer: Any, *, paid: bool = False, livemode: bool = False, **given: Any) -> Invoice:
        """An invoice of this customer, open unless told otherwise."""
        made = invoice(customer.id, **given)
        made = replace(made, livemode=livemode, hosted_invoice_url=f"{self.server.url}/i/{made.hosted_token}")
        kept = as_paid(made) if paid else made
        self.keep(kept, livemode=livemode)
        return kept

    def settle_account(self, **settings: Any) -> None:
        """Change the settings of the merchant."""

        def change(tx: Tx) -> None:
            found = accounts.get(tx, tx.scope.account)
            assert found is not None
            accounts.change(tx, replace(found, settings={**found.settings, **settings}))

        self.write(change)
        time.sleep(1.1)  # until its second is over the server may know the account as it was
