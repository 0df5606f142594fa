"""Many requests for the same thing at the same moment: money moves once, and never more than there is.

On both databases: sixteen callers ─▶ one invoice, note, refund, identifier, code …   as many succeed as there was room
"""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.conformance.plain import Answer, Raw
from tests.conformance.shop import Shop
from tests.portal.visitors import Visitor
from tests.support.server import Server

CALLERS = 16
CARD = {"number": "4242 4242 4242 4242", "expiry": "08 / 36", "cvc": "123"}


@pytest.fixture(scope="module")
def key(each_server: Server) -> str:
    return each_server.key()


@pytest.fixture(scope="module")
def raw(each_server: Server, key: str) -> Raw:
    return Raw(each_server.url, key)


@pytest.fixture(scope="module")
def shop(each_server: Server, key: str) -> Shop:
    return Shop(each_server.client(key))


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each of the calls gave, all of them started together."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [each.result(60) for each in [pool.submit(call) for call in calls]]


def post(raw: Raw, path: str, params: dict[str, Any] | str = "") -> Callable[[], Answer]:
    return lambda: raw.post(path, params)


def delete(raw: Raw, path: str) -> Callable[[], Answer]:
    return lambda: raw.delete(path)


def statuses(answers: list[Answer]) -> Counter[int]:
    assert all(answer.status < 500 for answer in answers), [answer.body for answer in answers]
    return Counter(answer.status for answer in answers)


def payer(shop: Shop) -> str:
    customer = shop.customer()
    card = shop.api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    shop.api.customers.update(customer.id, {"invoice_settings": {"default_payment_method": card.id}})
    return str(customer.id)


def draft(shop: Shop, amount: int = 4000, customer: str | None = None, **fields: Any) -> Any:
    owner = customer or payer(shop)
    made = shop.api.invoices.create({"customer": owner, "currency": "eur", "auto_advance": False, **fields})
    shop.api.invoice_items.create({"customer": owner, "invoice": made.id, "amount": amount, "currency": "eur"})
    return shop.api.invoices.retrieve(made.id)


def opened(shop: Shop, amount: int = 4000) -> Any:
    return shop.api.invoices.finalize_invoice(draft(shop, amount).id)


def paid(shop: Shop, amount: int = 4000) -> Any:
    return shop.api.invoices.pay(opened(shop, amount).id)


def received(shop: Shop, invoice: Any) -> int:
    """What has arrived for an invoice."""
    intents = shop.api.payment_intents.list({"customer": invoice.customer, "limit": 100}).data
    return sum(intent.amount_received for intent in intents)


def news(shop: Shop, kind: str, id: str) -> int:
    listed = shop.api.events.list({"type": kind, "limit": 100}).data
    return sum(event.data.object["id"] == id for event in listed)


def test_an_invoice_is_paid_once_however_many_pay_it(shop: Shop, raw: Raw):
    invoice = opened(shop)
    answers = at_once(*[post(raw, f"/v1/invoices/{invoice.id}/pay")] * CALLERS)
    assert statuses(answers) == {200: 1, 400: CALLERS - 1}
    assert {answer.error["code"] for answer in answers if answer.status == 400} == {"invoice_already_paid"}
    after = shop.api.invoices.retrieve(invoice.id)
    assert (after.status, after.amount_paid, received(shop, invoice)) == ("paid", 4000, 4000)
    assert news(shop, "invoice.paid", invoice.id) == 1


def test_the_page_and_the_api_together_take_the_money_once(shop: Shop, raw: Raw, each_server: Server):
    invoice = opened(shop)
    path = invoice.hosted_invoice_url.removeprefix(each_server.url)
    visitors = [Visitor(each_server.url).get(path) for _ in range(6)]
    pages = [lambda visitor=visitor: visitor.press("pay", method="card", **CARD) for visitor in visitors]
    at_once(*pages, *[post(raw, f"/v1/invoices/{invoice.id}/pay")] * 6)
    after = shop.api.invoices.retrieve(invoice.id)
    assert (after.status, after.amount_paid, news(shop, "invoice.paid", invoice.id)) == ("paid", 4000, 1)
    payments = shop.api.invoice_payments.list({"invoice": invoice.id, "limit": 100}).data
    assert sum(each.amount_paid or 0 for each in payments) == 4000


def test_an_invoice_is_either_paid_or_void(shop: Shop, raw: Raw):
    for _ in range(4):
        invoice = opened(shop)
        at_once(
            *[post(raw, f"/v1/invoices/{invoice.id}/pay")] * 4,
            *[post(raw, f"/v1/invoices/{invoice.id}/void")] * 4,
            *[post(raw, f"/v1/invoices/{invoice.id}/mark_uncollectible")] * 2,
        )
        after = shop.api.invoices.retrieve(invoice.id)
        assert after.status in ("paid", "void")
        assert received(shop, invoice) == (4000 if after.status == "paid" else 0)


def test_a_draft_is_finalized_once_or_deleted(shop: Shop, raw: Raw):
    for _ in range(4):
        made = draft(shop)
        answers = at_once(
            *[post(raw, f"/v1/invoices/{made.id}/finalize")] * 6,
            *[delete(raw, f"/v1/invoices/{made.id}")] * 2,
        )
        assert statuses(answers)[200] == 1
        left = raw.get(f"/v1/invoices/{made.id}")
        assert left.status == 404 or (left.json["status"], news(shop, "invoice.finalized", made.id)) == ("open", 1)


def test_numbers_have_no_gaps_and_no_doubles_when_many_are_finalized(shop: Shop, raw: Raw):
    customer = payer(shop)
    drafts = [draft(shop, 100, customer).id for _ in range(12)]
    answers = at_once(*[post(raw, f"/v1/invoices/{id}/finalize") for id in drafts])
    assert statuses(answers) == {200: 12}
    assert sorted(int(answer.json["number"].rpartition("-")[2]) for answer in answers) == list(range(1, 13))


def test_pending_items_are_billed_once(shop: Shop, raw: Raw):
    customer = payer(shop)
    for _ in range(3):
        shop.api.invoice_items.create({"customer": customer, "amount": 500, "currency": "eur"})
    params = {"customer": customer, "pending_invoice_items_behavior": "include"}
    answers = at_once(*[post(raw, "/v1/invoices", params)] * 8)
    made = [answer.json["total"] for answer in answers if answer.status == 200]
    assert statuses(answers)[200] >= 1 and sum(made) == 1500


@pytest.mark.parametrize("state", ["open", "paid"])
def test_credit_notes_credit_at_most_the_invoice(shop: Shop, raw: Raw, state: str):
    invoice = opened(shop) if state == "open" else paid(shop)
    terms = {"invoice": invoice.id, "amount": 1500} | ({"credit_amount": 1500} if state == "paid" else {})
    answers = at_once(*[post(raw, "/v1/credit_notes", terms)] * CALLERS)
    assert statuses(answers) == {200: 2, 400: CALLERS - 2}  # 2 * 1500 <= 4000 < 3 * 1500
    numbers = {note.number for note in shop.api.credit_notes.list({"invoice": invoice.id}).data}
    assert len(numbers) == 2
    balance = shop.api.customers.retrieve(invoice.customer).balance
    assert balance == (-3000 if state == "paid" else 0)


def test_refunds_give_back_at_most_what_arrived(shop: Shop, raw: Raw):
    invoice = paid(shop)
    terms = {"invoice": invoice.id, "amount": 1500, "refund_amount": 1500}
    answers = at_once(*[post(raw, "/v1/credit_notes", terms)] * CALLERS)
    assert statuses(answers) == {200: 2, 400: CALLERS - 2}
    assert news_of(shop, "refund.created", invoice) == 2


def news_of(shop: Shop, kind: str, invoice: Any) -> int:
    """Events of a kind about payments of the invoice."""
    intents = {each.payment.payment_intent for each in shop.api.invoice_payments.list({"invoice": invoice.id}).data}
    listed = shop.api.events.list({"type": kind, "limit": 100}).data
    return sum(event.data.object["payment_intent"] in intents for event in listed)


def test_refunds_without_a_note_race_with_those_of_notes(shop: Shop, raw: Raw):
    invoice = paid(shop)
    [payment] = shop.api.invoice_payments.list({"invoice": invoice.id}).data
    intent = payment.payment.payment_intent
    terms = {"invoice": invoice.id, "amount": 1500, "refund_amount": 1500}
    answers = at_once(
        *[post(raw, "/v1/refunds", {"payment_intent": intent, "amount": 1500})] * 8,
        *[post(raw, "/v1/credit_notes", terms)] * 8,
    )
    assert statuses(answers) == {200: 2, 400: 14}
    assert sum(each.amount for each in shop.api.refunds.list({"payment_intent": intent}).data) == 3000


def test_a_note_that_is_voided_many_times_is_undone_once(shop: Shop, raw: Raw):
    invoice = opened(shop)
    note = shop.api.credit_notes.create({"invoice": invoice.id, "amount": 1500})
    answers = at_once(*[post(raw, f"/v1/credit_notes/{note.id}/void")] * CALLERS)
    assert statuses(answers)[200] == 1
    assert shop.api.invoices.retrieve(invoice.id).amount_remaining == 4000


def test_a_meter_event_counts_once_by_its_identifier(shop: Shop, raw: Raw):
    customer, word = shop.customer().id, shop.word()
    named = {"display_name": "Calls", "event_name": word, "default_aggregation": {"formula": "sum"}}
    meter = shop.api.billing.meters.create(named)
    params = {"event_name": word, "identifier": word, "payload[stripe_customer_id]": customer, "payload[value]": "5"}
    answers = at_once(*[post(raw, "/v1/billing/meter_events", params)] * CALLERS)
    assert statuses(answers) == {200: 1, 400: CALLERS - 1}
    now = next(answer.json["timestamp"] for answer in answers if answer.status == 200)
    span = {"customer": customer, "start_time": now // 60 * 60 - 3600, "end_time": now // 60 * 60 + 3600}
    summaries = shop.api.billing.meters.event_summaries.list(meter.id, span).data
    assert sum(each.aggregated_value for each in summaries) == 5


def test_a_promotion_code_is_redeemed_as_often_as_it_allows(shop: Shop, raw: Raw):
    code, price = shop.promotion_code(max_redemptions=3).id, shop.price().id
    customers = [payer(shop) for _ in range(12)]
    params = {"items[0][price]": price, "discounts[0][promotion_code]": code}
    answers = at_once(*[post(raw, "/v1/subscriptions", {"customer": each, **params}) for each in customers])
    assert statuses(answers) == {200: 3, 400: 9}
    assert shop.api.promotion_codes.retrieve(code).times_redeemed == 3


def test_a_promotion_code_on_invoices_is_redeemed_as_often_as_it_allows(shop: Shop, raw: Raw):
    code = shop.promotion_code(max_redemptions=3).id
    drafts = [draft(shop).id for _ in range(10)]
    given = {"discounts[0][promotion_code]": code}
    at_once(*[post(raw, f"/v1/invoices/{id}", given) for id in drafts])
    answers = at_once(*[post(raw, f"/v1/invoices/{id}/finalize") for id in drafts])
    statuses(answers)
    reduced = [answer.json["total"] for answer in answers if answer.status == 200 and answer.json["total"] == 3000]
    assert len(reduced) <= 3 and shop.api.promotion_codes.retrieve(code).times_redeemed <= 3


def test_a_balance_is_the_sum_of_what_moved_it(shop: Shop, raw: Raw):
    customer = shop.customer().id
    moves = [{"amount": amount, "currency": "eur"} for amount in range(-8, 8)]
    path = f"/v1/customers/{customer}/balance_transactions"
    answers = at_once(*[post(raw, path, move) for move in moves])
    assert statuses(answers)[200] == len(moves)
    assert shop.api.customers.retrieve(customer).balance == sum(range(-8, 8))
    ends = [each.ending_balance for each in shop.api.customers.balance_transactions.list(customer, {"limit": 100}).data]
    assert -8 in ends and len(ends) == len(moves)


def test_credit_is_used_once_by_invoices_that_are_finalized_together(shop: Shop, raw: Raw):
    customer = payer(shop)
    shop.api.customers.balance_transactions.create(customer, {"amount": -5000, "currency": "eur"})
    drafts = [draft(shop, 2000, customer).id for _ in range(5)]
    answers = at_once(*[post(raw, f"/v1/invoices/{id}/finalize") for id in drafts])
    assert statuses(answers) == {200: 5}
    assert sorted(answer.json["amount_due"] for answer in answers) == [0, 0, 1000, 2000, 2000]  # 5 * 2000 - 5000
    assert shop.api.customers.retrieve(customer).balance == 0


def test_a_payment_intent_is_confirmed_or_canceled_and_captured_once(shop: Shop, raw: Raw):
    terms = {"amount": 900, "currency": "eur", "payment_method": "pm_card_visa", "capture_method": "manual"}
    made = shop.api.payment_intents.create({**terms, "confirm": True, "return_url": "https://example.com/"})
    path = f"/v1/payment_intents/{made.id}"
    answers = at_once(*[post(raw, f"{path}/capture")] * 6, *[post(raw, f"{path}/cancel")] * 6)
    assert statuses(answers)[200] == 1
    after = shop.api.payment_intents.retrieve(made.id)
    assert (after.status, after.amount_received) in (("succeeded", 900), ("canceled", 0))


def test_a_subscription_is_canceled_once(shop: Shop, raw: Raw):
    made = shop.subscription(customer=payer(shop))
    answers = at_once(*[delete(raw, f"/v1/subscriptions/{made.id}")] * CALLERS)
    assert statuses(answers)[200] == 1
    assert news(shop, "customer.subscription.deleted", made.id) == 1


def test_an_upgrade_that_is_sent_twice_at_once_is_billed_once(shop: Shop, raw: Raw):
    made, dear = shop.subscription(customer=payer(shop)), shop.price(unit_amount=9900).id
    params = {"items[0][id]": made["items"].data[0].id, "items[0][price]": dear, "proration_behavior": "always_invoice"}
    answers = at_once(*[post(raw, f"/v1/subscriptions/{made.id}", params)] * 8)
    assert statuses(answers) == {200: 8}
    totals = [each.total for each in shop.api.invoices.list({"subscription": made.id, "limit": 100}).data]
    assert sum(totals) <= 9900 and sum(totals) >= 9890  # 29.00, then 99.00 less what is left of 29.00
