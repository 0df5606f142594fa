"""What well-known integrations ask for, in their order: nothing on the way tells them that this is not Stripe.

a shop's framework, of 2024      customer ─▶ card ─▶ subscription ─▶ swap ─▶ invoice with its taxes ─▶ refund
a framework of today             customer with balance ─▶ subscription that waits for a card ─▶ paid ─▶ preview
a copy of everything             every list to its end, with all that it expands, then each object once more
"""

import json
from typing import Any

import pytest
import stripe

from tenure.api.absent import NOUNS
from tests.conformance.declared import body, faults
from tests.conformance.plain import Raw
from tests.conformance.shop import Shop
from tests.support.server import Server

OLD = "2024-06-20"
INVOICE = [
    "account_tax_ids",
    "discounts",
    "lines.data.tax_amounts.tax_rate",
    "total_discount_amounts.discount",
    "total_tax_amounts.tax_rate",
]


def asked(client: stripe.StripeClient, verb: str, path: str, **params: Any) -> Any:
    answer = client.raw_request(verb, f"/v1/{path}", **params)
    found = json.loads(answer.data) if isinstance(answer.data, str | bytes) else answer.data
    return found


@pytest.fixture
def old(server: Server, key: str) -> stripe.StripeClient:
    return server.client(key, stripe_version=OLD)


def _priced(shop: Shop) -> tuple[str, str, str]:
    """Two prices, one dearer, and a tax rate."""
    rate = shop.api.tax_rates.create({"display_name": "VAT", "inclusive": False, "percentage": 19})
    return shop.price().id, shop.price(unit_amount=4900).id, rate.id


def test_a_framework_of_2024_sells_swaps_bills_and_refunds(shop: Shop, old: stripe.StripeClient):
    small, large, rate = _priced(shop)
    customer = asked(old, "post", "customers", email="ada@example.com", name="Ada", expand=["tax"])["id"]
    setup = asked(old, "post", "setup_intents", customer=customer)
    asked(
        old, "post", f"setup_intents/{setup['id']}/confirm", payment_method="pm_card_visa", return_url="https://x.de/"
    )
    [card] = asked(old, "get", "payment_methods", customer=customer, type="card", limit=24)["data"]
    asked(old, "post", f"customers/{customer}", invoice_settings={"default_payment_method": card["id"]})
    terms = {"items": [{"price": small, "quantity": 1, "tax_rates": [rate]}], "off_session": True}
    made = asked(
        old,
        "post",
        "subscriptions",
        customer=customer,
        payment_behavior="allow_incomplete",
        expand=["latest_invoice.payment_intent"],
        metadata={"name": "default", "type": "default"},
        **terms,
    )
    assert (made["status"], made["latest_invoice"]["payment_intent"]["status"]) == ("active", "succeeded")
    item = made["items"]["data"][0]["id"]
    swapped = asked(
        old,
        "post",
        f"subscriptions/{made['id']}",
        expand=["latest_invoice.payment_intent"],
        items=[{"id": item, "price": large, "quantity": 2, "tax_rates": [rate]}],
        payment_behavior="pending_if_incomplete",
        proration_behavior="always_invoice",
        off_session=True,
    )
    assert swapped["latest_invoice"]["paid"] is True
    upcoming = asked(old, "get", "invoices/upcoming", customer=customer, expand=INVOICE[1:])
    assert (upcoming["subscription"], upcoming["total"]) == (made["id"], 11662)  # 2 * 49.00 and 19 % of it
    [tax] = upcoming["total_tax_amounts"]
    assert tax["tax_rate"]["percentage"] == 19
    invoice = asked(old, "get", f"invoices/{made['latest_invoice']['id']}", expand=INVOICE)
    assert invoice["lines"]["data"][0]["tax_amounts"][0]["tax_rate"]["display_name"] == "VAT"
    refund = asked(old, "post", "refunds", payment_intent=invoice["payment_intent"])
    assert (refund["status"], refund["amount"]) == ("succeeded", invoice["total"])
    with pytest.raises(stripe.InvalidRequestError) as again:
        asked(old, "post", "refunds", payment_intent=invoice["payment_intent"])
    assert again.value.code == "charge_already_refunded"
    with pytest.raises(stripe.InvalidRequestError, match="not supported by Tenure"):
        asked(old, "post", "checkout/sessions", customer=customer, mode="subscription")
    asked(old, "post", f"subscriptions/{made['id']}", cancel_at_period_end=True)
    assert asked(old, "get", f"customers/{customer}", expand=["subscriptions", "discount.promotion_code", "tax_ids"])


def test_a_framework_of_today_waits_for_the_card_and_shows_what_comes(shop: Shop):
    api = shop.api
    customer = api.customers.create({"email": "ada@example.com", "expand": ["tax", "invoice_credit_balance"]})
    assert body(customer)["invoice_credit_balance"] == {}
    api.customers.balance_transactions.create(customer.id, {"amount": -900, "currency": "eur"})
    known = body(api.customers.retrieve(customer.id, {"expand": ["tax", "invoice_credit_balance"]}))
    assert (known["invoice_credit_balance"], known["balance"]) == ({"eur": -900}, -900)
    assert "invoice_credit_balance" not in body(api.customers.retrieve(customer.id))
    made = shop.subscription(
        customer=customer.id,
        payment_behavior="default_incomplete",
        payment_settings={"save_default_payment_method": "on_subscription"},
        expand=["latest_invoice.confirmation_secret", "pending_setup_intent", "latest_invoice.payments"],
    )
    assert (made.status, made.latest_invoice.amount_due) == ("incomplete", 2000)  # 29.00 - 9.00
    secret = made.latest_invoice.confirmation_secret.client_secret
    intent = secret.partition("_secret_")[0]
    api.payment_intents.confirm(intent, {"payment_method": "pm_card_visa", "return_url": "https://example.com/"})
    after = api.subscriptions.retrieve(made.id, {"expand": ["default_payment_method"]})
    assert (after.status, after.default_payment_method.card.last4) == ("active", "4242")
    preview = api.invoices.create_preview({"customer": customer.id})
    assert (preview.parent.subscription_details.subscription, preview.total) == (made.id, 2900)
    link = api.billing_portal.sessions.create({"customer": customer.id, "return_url": "https://example.com/"})
    assert link.url.startswith("http")


COPIED = {
    "accounts": [],
    "billing/meters": [],
    "billing_portal/configurations": [],
    "coupons": ["data.applies_to"],
    "credit_notes": ["data.refunds.refund", "data.lines"],
    "customers": ["data.sources", "data.subscriptions", "data.tax_ids", "data.default_source"],
    "entitlements/features": [],
    "events": [],
    "invoice_payments": ["data.payment.payment_intent"],
    "invoiceitems": ["data.discounts"],
    "invoices": ["data.discounts", "data.payments", "data.lines.data.discounts"],
    "payment_intents": ["data.latest_charge", "data.payment_method"],
    "payment_methods": [],
    "plans": ["data.tiers"],
    "prices": ["data.tiers", "data.product"],
    "products": ["data.default_price"],
    "promotion_codes": ["data.promotion.coupon"],
    "refunds": ["data.payment_intent"],
    "setup_intents": ["data.payment_method"],
    "subscription_schedules": ["data.subscription"],
    "subscriptions": ["data.customer", "data.discounts", "data.schedule", "data.latest_invoice.payments"],
    "tax_ids": [],
    "tax_rates": [],
    "test_helpers/test_clocks": [],
    "webhook_endpoints": [],
}
SHOWN_OTHERWISE = {"events", "tax_ids"}  # a tax id is looked up meanwhile; events count their webhooks


def test_everything_can_be_copied_by_lists_and_by_retrieving(shop: Shop, raw: Raw):
    payer = shop.customer()
    card = shop.api.payment_methods.attach("pm_card_visa", {"customer": payer.id})
    for _ in range(3):
        shop.subscription(customer=payer.id, default_payment_method=card.id)
    for path, expand in COPIED.items():
        query = "status=all&" if path == "subscriptions" else ""
        query += "".join(f"expand[]={each}&" for each in expand)
        seen = _pages(raw, f"/v1/{path}?{query}")
        assert len(seen) == len({each["id"] for each in seen})
        assert [fault for each in seen for fault in faults(each)] == [], path
        for each in seen[:3] if path not in SHOWN_OTHERWISE else []:
            one = raw.get(f"/v1/{path}/{each['id']}?" + "".join(f"expand[]={e.removeprefix('data.')}&" for e in expand))
            assert one.json == each


def _pages(raw: Raw, address: str) -> list[dict[str, Any]]:
    """All the objects of a list, two at a time; the first sixty are enough."""
    found: list[dict[str, Any]] = []
    after = ""
    while len(found) < 60:
        page = raw.get(f"{address}limit=2{after}")
        assert page.status == 200, page.body
        found += page.json["data"]
        if not page.json["has_more"]:
            break
        after = f"&starting_after={found[-1]['id']}"
    return found


@pytest.mark.parametrize("path", NOUNS)
def test_of_what_is_not_here_there_is_none(raw: Raw, path: str):
    listed = raw.get(f"{path}?limit=100&created[gte]=1")
    assert listed.json == {"object": "list", "data": [], "has_more": False, "url": path}
    missing = raw.get(f"{path}/x_1")
    assert (missing.status, missing.error["code"], missing.error["param"]) == (404, "resource_missing", "id")
    made = raw.post(path)
    assert made.status == 404 and "not supported by Tenure" in made.error["message"]
    assert Raw(f"http://{raw.host}", "sk_test_none").get(path).status == 401
