"""Mails that customers get, told with dates: on both databases, through the API, to a real mail server.

One renewal fails ─▶ mail, and one each time it is tried again
"""

import html
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tenure.domain.mails import OFF, MailKind
from tests.dashboard.visitor import signed_in
from tests.portal.visitors import Shop, Visitor
from tests.support.mailbox import Mailbox, Received
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


SAYS = {
    "en": {
        "confirm": ("Confirm your payment of €29.00", "Your bank asks you to confirm this payment."),
        "sent": ("Invoice {number} from My business", "Please pay it by December 3, 2026."),
        "overdue": ("Reminder: invoice {number} was due on December 3, 2026", "€29.00 is still open."),
        "cancellation": ("Your subscription is canceled", "You can use Studio until December 3, 2026."),
        "undo": "You can undo this until then.",
        "undone": ("Your subscription continues", "Studio goes on after December 3, 2026, as before."),
        "ended": ("Your subscription is canceled", "Studio has ended."),
        "offer": ("You’re staying, with 25% off", "Nothing was canceled. 25% off for 3 months."),
        "receipt": ("Receipt for your payment of €29.00", "Thank you. Your payment has arrived."),
        "trial": ("Your trial ends on November 13, 2026", "After that, Studio becomes a paid subscription."),
    },
    "de": {
        "confirm": ("Bestätige deine Zahlung über 29,00 €", "Deine Bank bittet dich, diese Zahlung zu bestätigen."),
        "sent": ("Rechnung {number} von My business", "Bitte bezahle sie bis zum 3. Dezember 2026."),
        "overdue": ("Erinnerung: Rechnung {number} war am 3. Dezember 2026 fällig", "29,00 € sind noch offen."),
        "cancellation": ("Dein Abo ist gekündigt", "Du kannst Studio bis 3. Dezember 2026 nutzen."),
        "undo": "Bis dahin kannst du das rückgängig machen.",
        "undone": ("Dein Abo läuft weiter", "Studio läuft nach dem 3. Dezember 2026 weiter, wie bisher."),
        "ended": ("Dein Abo ist gekündigt", "Studio ist beendet."),
        "offer": ("Du bleibst, mit 25 % Rabatt", "25 % Rabatt für 3 Monate."),
        "receipt": ("Beleg über deine Zahlung von 29,00 €", "Danke. Deine Zahlung ist angekommen."),
        "trial": ("Deine Testphase endet am 13. November 2026", "Danach wird Studio kostenpflichtig."),
    },
}
both_languages = pytest.mark.parametrize("locale", ["en", "de"])


def says(mail: Received, expected: tuple[str, str], **values: Any) -> None:
    """The subject, and a sentence in both forms; no-break spaces are spaces here."""
    subject, sentence = (text.format(**values) for text in expected)
    assert plain(mail.subject) == subject
    assert sentence in plain(mail.text)
    assert sentence in plain(html.unescape(mail.html))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@both_languages
def test_a_bank_that_asks_is_told_of_by_one_mail_and_not_by_two(
    mailing: Server, merchant: Merchant, mailbox: Mailbox, locale: str
):
    to = recipient(mailing, f"bank.{locale}")
    customer = merchant.customer(to, locale=locale)
    merchant.subscription(customer)
    merchant.pay_with(customer, "pm_card_authenticationRequired")
    merchant.advance(customer, START + 30 * DAY + 7200)
    (mail,) = mailbox.wait_for(to)
    says(mail, SAYS[locale]["confirm"])
    (link,) = set(re.findall(r"http://[^\s]+/i/\S+", mail.text))
    assert requests.get(link, timeout=30).status_code == 200


@both_languages
def test_an_invoice_is_mailed_when_it_is_final_once_more_by_hand_and_when_it_is_overdue(
    mailing: Server, merchant: Merchant, mailbox: Mailbox, locale: str
):
    to = recipient(mailing, f"sent.{locale}")
    customer = merchant.customer(to, locale=locale, card=None)
    made = merchant.subscription(customer, collection_method="send_invoice", days_until_due=30)
    merchant.advance(customer, START + 7200)
    (first,) = mailbox.wait_for(to)
    invoice = merchant.api.invoices.retrieve(made.latest_invoice)
    says(first, SAYS[locale]["sent"], number=invoice.number)
    merchant.api.invoices.send_invoice(invoice.id)
    _, second = mailbox.wait_for(to, 2)
    says(second, SAYS[locale]["sent"], number=invoice.number)
    assert second.id != first.id
    merchant.advance(customer, START + 30 * DAY + 7200)
    mails = mailbox.wait_for(to, 3)
    says(
        next(each for each in mails if each.id not in (first.id, second.id)),
        SAYS[locale]["overdue"],
        number=invoice.number,
    )


@both_languages
def test_a_cancellation_is_confirmed_by_mail_and_so_is_taking_it_back(
    mailing: Server, merchant: Merchant, mailbox: Mailbox, locale: str
):
    to = recipient(mailing, f"cancel.{locale}")
    customer = merchant.customer(to, locale=locale)
    subscription = merchant.subscription(customer)
    merchant.api.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    (mail,) = mailbox.wait_for(to)
    says(mail, SAYS[locale]["cancellation"])
    assert SAYS[locale]["undo"] in mail.text and re.search(r"\bC-[A-Z0-9]{8}\b", mail.text)
    merchant.api.subscriptions.update(subscription.id, {"metadata": {"seen": "yes"}})
    merchant.api.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    _, undone = mailbox.wait_for(to, 2)
    says(undone, SAYS[locale]["undone"])
    merchant.api.subscriptions.cancel(subscription.id)
    _, _, ended = mailbox.wait_for(to, 3)
    says(ended, SAYS[locale]["ended"])
    assert SAYS[locale]["undo"] not in ended.text


def test_an_end_that_is_reached_is_not_mailed_a_second_time(mailing: Server, merchant: Merchant, mailbox: Mailbox):
    to = recipient(mailing, "reached")
    customer = merchant.customer(to)
    subscription = merchant.subscription(customer)
    merchant.api.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    mailbox.wait_for(to)
    merchant.advance(customer, START + 31 * DAY)
    assert merchant.api.subscriptions.retrieve(subscription.id).status == "canceled"
    merchant.api.customers.delete(customer.id)
    assert settled(mailing, mailbox, to) == 1


def test_the_portal_and_the_mail_name_the_same_reference(mailing: Server, merchant: Merchant, mailbox: Mailbox):
    to = recipient(mailing, "portal")
    customer = merchant.customer(to)
    merchant.subscription(customer)
    shop = Shop(mailing.client())
    visitor = Visitor(mailing.url).open(shop.link(customer, shop.configuration(ask=None)))
    visitor.press("cancel-subscription")
    visitor.press("confirm")
    (reference,) = set(re.findall(r"C-[A-Z0-9]{8}", visitor.text))
    (mail,) = mailbox.wait_for(to)
    assert f"Reference: {reference}" in mail.text


@both_languages
def test_who_stays_with_the_offer_gets_it_in_writing(
    mailing: Server, merchant: Merchant, mailbox: Mailbox, locale: str
):
    to = recipient(mailing, f"offer.{locale}")
    customer = merchant.customer(to, locale=locale)
    merchant.subscription(customer)
    shop = Shop(mailing.client())
    offer = {"retention": {"type": "coupon_offer", "coupon_offer": {"coupon": shop.coupon().id}}}
    visitor = Visitor(mailing.url).open(shop.link(customer, shop.configuration(ask=None, **offer)))
    visitor.press("cancel-subscription")
    visitor.press("retention-accept")
    (mail,) = mailbox.wait_for(to)
    says(mail, SAYS[locale]["offer"])
    assert re.search(r"C-[A-Z0-9]{8}", mail.text)


@both_languages
def test_receipts_and_reminders_of_trials_are_mailed_once_they_are_switched_on(
    mailing: Server, merchant: Merchant, mailbox: Mailbox, locale: str
):
    quiet, to = recipient(mailing, f"quiet.{locale}"), recipient(mailing, f"trial.{locale}")
    merchant.subscription(merchant.customer(quiet, locale=locale))
    assert settled(mailing, mailbox, quiet) == 0
    owner = signed_in(mailing)
    owner.post("/settings/emails", on=["payment_receipt", "trial_will_end"])
    try:
        customer = merchant.customer(to, locale=locale)
        merchant.subscription(customer, trial_end=START + 10 * DAY)
        merchant.advance(customer, START + 8 * DAY)
        (trial,) = mailbox.wait_for(to)
        says(trial, SAYS[locale]["trial"])
        merchant.advance(customer, START + 10 * DAY + 7200)
        _, receipt = mailbox.wait_for(to, 2)
        says(receipt, SAYS[locale]["receipt"])
        (link,) = set(re.findall(r"http://[^\s]+/i/\S+/receipt", receipt.text))
        assert requests.get(link, timeout=30).status_code == 200
    finally:
        owner.post("/settings/emails", on=[each.value for each in MailKind if each not in OFF])


def settled(mailing: Server, mailbox: Mailbox, to: str) -> int:
    """How many mails an address got, once a mail that was written later has arrived."""
    api: Any = mailing.client().v1
    later = f"later.{to}"
    customer = api.customers.create({"email": later})
    api.invoice_items.create({"customer": customer.id, "amount": 500, "currency": "eur"})
    terms = {"collection_method": "send_invoice", "days_until_due": 14, "pending_invoice_items_behavior": "include"}
    api.invoices.send_invoice(api.invoices.create({"customer": customer.id} | terms).id)
    mailbox.wait_for(later)
    return len(mailbox.of(to))
