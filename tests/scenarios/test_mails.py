"""Mails that customers get, told with dates: on both databases, through the API, to a real mail server.

One renewal fails ─▶ mail, and one each time it is tried again
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.mailbox import Mailbox
from tests.support.server import Server, serving
from tests.support.wait import until

START = 1_793_664_000  # 2026-11-03, midnight UTC
DAY = 86_400


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def mailing(
    request: pytest.FixtureRequest, mailbox: Mailbox, postgres_database: Callable[..., str]
) -> Iterator[Server]:
    """A Tenure that mails to the mailbox, on SQLite, then on PostgreSQL."""
    env = {} if request.param == "sqlite" else {"TENURE_DATABASE": postgres_database()}
    with serving(env=env | mailbox.environment) as started:
        yield started


class Merchant:
    """A shop whose customers live by test clocks."""

    def __init__(self, server: Server) -> None:
        self.api: Any = server.client().v1
        self.product = self.api.products.create({"name": "Studio"})
        recurring = {"interval": "month"}
        self.price = self.api.prices.create(
            {"product": self.product.id, "currency": "eur", "unit_amount": 2900, "recurring": recurring}
        )

    def customer(
        self, email: str | None, *, locale: str = "en", card: str | None = "pm_card_visa", **given: Any
    ) -> Any:
        clock = self.api.test_helpers.test_clocks.create({"frozen_time": START})
        fields = {"name": "Ada Moreau", "preferred_locales": [locale], "test_clock": clock.id}
        fields |= {"email": email} if email else {}
        made = self.api.customers.create(fields | given)
        if card is not None:
            self.pay_with(made, card)
        return made

    def pay_with(self, customer: Any, card: str) -> None:
        method = self.api.payment_methods.attach(card, {"customer": customer.id})
        self.api.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})

    def subscription(self, customer: Any, **given: Any) -> Any:
        return self.api.subscriptions.create({"customer": customer.id, "items": [{"price": self.price.id}]} | given)

    def advance(self, customer: Any, to: int) -> None:
        clocks = self.api.test_helpers.test_clocks
        clocks.advance(customer.test_clock, {"frozen_time": to})
        until(lambda: clocks.retrieve(customer.test_clock).status == "ready", 60, every=0.1)


@pytest.fixture(scope="module")
def merchant(mailing: Server) -> Merchant:
    return Merchant(mailing)


def recipient(mailing: Server, name: str) -> str:
    """An address of its own for each test and database."""
    return f"{name}.{mailing.port}@moreau.example"


def test_a_renewal_that_fails_is_mailed_with_its_next_try_and_its_page(
    mailing: Server, merchant: Merchant, mailbox: Mailbox
):
    to = recipient(mailing, "failing")
    customer = merchant.customer(to)
    subscription = merchant.subscription(customer)
    merchant.pay_with(customer, "pm_card_chargeCustomerFail")
    merchant.advance(customer, START + 30 * DAY + 7200)
    (mail,) = mailbox.wait_for(to)
    assert mail.subject == "Your payment of €29.00 failed"
    invoice = merchant.api.invoices.retrieve(merchant.api.subscriptions.retrieve(subscription.id).latest_invoice)
    assert invoice.hosted_invoice_url in mail.text and invoice.hosted_invoice_url in mail.html
    # 3 December and an hour as a draft, then three days
    assert "We will try again on December\u00a06,\u00a02026." in mail.text
    assert "If no try succeeds, your subscription ends." in mail.text
    assert "We could not collect €29.00 for Studio." in mail.text
    assert invoice.number in mail.text
    assert mail.sender == "billing@halyard.example"
    merchant.advance(customer, START + 34 * DAY)
    _, again = mailbox.wait_for(to, 2)
    assert "We will try again on December\u00a011,\u00a02026." in again.text
    assert again.id != mail.id
    merchant.advance(customer, START + 60 * DAY)
    mails = mailbox.wait_for(to, 4)
    assert "That was the last try, so your subscription has ended." in mails[3].text
    assert len(mails) == 4
