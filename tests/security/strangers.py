"""Two merchants on one server, each with one object of every kind, and the people and keys of both.

halyard, brig = merchants(server)     brig.client().v1.customers.retrieve(halyard.ids["customers"])
"""

import asyncio
import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests
import stripe
from sqlalchemy import bindparam, delete

from tenure.actions import configurations
from tenure.domain.documents import Scope
from tenure.store import accounts, api_keys, users
from tenure.store.api_keys import ApiKey
from tenure.store.open import open_store
from tenure.store.schema import memberships
from tenure.store.tx import SystemTx
from tenure.store.users import Membership
from tests.dashboard.visitor import Visitor
from tests.support.server import Server, User

OTHER = "acct_0brig"
LATER = 4_000_000_000  # commands act for the oldest account
KEY = "sk_test_" + "Brig" * 8


@dataclass
class Merchant:
    """One account in test mode: a key, somebody who owns it, and ids by the noun of their addresses."""

    server: Server
    key: str
    owner: Visitor
    ids: dict[str, str]

    def client(self) -> stripe.StripeClient:
        return self.server.client(self.key)


def new_key(owner: Visitor, kind: str, *, live: bool = False) -> str:
    """An API key, made on the dashboard."""
    owner.post("/mode", mode="live" if live else "test")
    page = owner.post("/keys", kind=kind, name="made")
    owner.post("/mode", mode="test")
    return _first(r"\b([sr]k_(?:test|live)_\w{32})\b", page.text)


def merchants(server: Server) -> tuple[Merchant, Merchant]:
    """The server's own account, and another one beside it."""
    first_user, second_user = server.user(), server.user()
    with ThreadPoolExecutor(1) as thread:  # a browser's tests may have a loop running in this one
        thread.submit(lambda: asyncio.run(_second_account(server, second_user))).result()
    return _filled(server, server.key(), first_user), _filled(server, KEY, second_user)


def _filled(server: Server, key: str, user: User) -> Merchant:
    owner = Visitor(server)
    assert owner.sign_in(user).status_code == 303
    api: Any = server.client(key).v1
    product = api.products.create({"name": "Studio"})
    recurring = {"interval": "month"}
    price = api.prices.create({"product": product.id, "currency": "eur", "unit_amount": 900, "recurring": recurring})
    customer = api.customers.create({"name": "Only Mine", "email": "mine@example.com"})
    feature = api.entitlements.features.create({"name": "Charts", "lookup_key": "charts"})
    owned_feature = api.products.features.create(product.id, {"entitlement_feature": feature.id})
    coupon = api.coupons.create({"percent_off": 10, "duration": "once"})
    code = api.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}})
    card = api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    items = [{"price": price.id}]
    sub = api.subscriptions.create({"customer": customer.id, "items": items, "default_payment_method": card.id})
    payment = api.invoice_payments.list({"limit": 1}).data[0]
    hook = api.webhook_endpoints.create({"url": "http://127.0.0.1:9/x", "enabled_events": ["customer.created"]})
    cancel = {"subscription_cancel": {"enabled": True}}
    saved = owner.post("/sql", action="save", name="Mine", sql="select 1")
    Visitor(server).sign_in(user)
    new_key(owner, "restricted")
    option = _post(server, key, "billing/feedback_options", description="Moving abroad")
    return Merchant(
        server,
        key,
        owner,
        {
            "products": product.id,
            "prices": price.id,
            "plans": price.id,
            "features": feature.id,
            "active_entitlements": _entitlement(api, customer.id),
            "meters": _meter(api),
            "customers": customer.id,
            "coupons": coupon.id,
            "promotion_codes": code.id,
            "payment_methods": card.id,
            "payment_intents": payment.payment.payment_intent,
            "setup_intents": api.setup_intents.create({"customer": customer.id}).id,
            "invoice_payments": payment.id,
            "product_features": owned_feature.id,
            **_papers(api, customer.id, sub.latest_invoice),
            "subscriptions": sub.id,
            "subscription_items": sub["items"].data[0].id,
            "subscription_schedules": _scheduled(api, customer.id, price.id),
            "events": api.events.list({"limit": 1}).data[0].id,
            "webhooks": hook.id,
            "webhook_endpoints": hook.id,
            "configurations": api.billing_portal.configurations.create({"features": cancel}).id,
            "test_clocks": api.test_helpers.test_clocks.create({"frozen_time": 1_800_000_000}).id,
            "saved": saved.headers["location"].partition("saved=")[2].partition("&")[0],
            "sessions": _first(r"/security/sessions/(ses_\w+)/revoke", owner.shown("/security")),
            "emails": _mailed(api, owner, customer.id),
            "keys": _first(r"/keys/(key_\w+)/revoke", owner.shown("/keys")),
            "feedback_options": option["id"],
            "cancellation_sessions": _flow(server, key, customer.id, sub.id),
            "accounts": _get(server, key, "account")["id"],
        },
    )


def _papers(api: Any, customer: str, paid: str) -> dict[str, str]:
    """What belongs to invoices: a draft with a line, a note on a paid one, and the numbers and rates for taxes."""
    part = {"type": "invoice_line_item", "amount": 100}
    billed = api.invoices.retrieve(paid).lines.data[0].id
    note = api.credit_notes.create(
        {"invoice": paid, "lines": [{**part, "invoice_line_item": billed}], "credit_amount": 100}
    )
    draft = api.invoices.create({"customer": customer, "currency": "eur"}).id
    item = api.invoice_items.create({"customer": customer, "amount": 100, "currency": "eur", "invoice": draft})
    vat = {"type": "eu_vat", "value": "DE136695976"}
    rate = {"display_name": "VAT", "inclusive": False, "percentage": 19}
    paying = {"amount": 700, "currency": "eur", "customer": customer, "payment_method": "pm_card_visa", "confirm": True}
    payment = api.payment_intents.create({**paying, "return_url": "https://example.com/"}).id
    return {
        "refunds": api.refunds.create({"payment_intent": payment, "amount": 100}).id,
        "invoices": draft,
        "lines": api.invoices.retrieve(draft).lines.data[0].id,
        "credit_notes": note.id,
        "balance_transactions": note.customer_balance_transaction,
        "invoiceitems": item.id,
        "tax_ids": api.customers.tax_ids.create(customer, vat).id,
        "tax_rates": api.tax_rates.create(rate).id,
    }


def _mailed(api: Any, owner: Visitor, customer: str) -> str:
    """The mail of an invoice that was sent."""
    terms = {"collection_method": "send_invoice", "days_until_due": 30, "currency": "eur"}
    draft = api.invoices.create({"customer": customer} | terms).id
    api.invoice_items.create({"customer": customer, "amount": 900, "currency": "eur", "invoice": draft})
    api.invoices.send_invoice(draft)
    return _first(r"/emails/(mail_\w+)", owner.shown("/emails"))


def _scheduled(api: Any, customer: str, price: str) -> str:
    """A schedule that is far from starting."""
    phase = {"items": [{"price": price}]}
    asked = {"customer": customer, "start_date": 2_000_000_000, "phases": [phase]}
    return str(api.subscription_schedules.create(asked).id)


def _entitlement(api: Any, customer: str) -> str:
    """The entitlement that the subscription has brought."""
    return str(api.entitlements.active_entitlements.list({"customer": customer}).data[0].id)


def _meter(api: Any) -> str:
    terms = {"display_name": "Calls", "event_name": "calls", "default_aggregation": {"formula": "sum"}}
    return str(api.billing.meters.create(terms).id)


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, pattern
    return found[1]


def _post(server: Server, key: str, path: str, **fields: str) -> Any:
    answer = requests.post(f"{server.url}/v1/{path}", data=fields, auth=(key, ""), timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _get(server: Server, key: str, path: str) -> Any:
    return requests.get(f"{server.url}/v1/{path}", auth=(key, ""), timeout=20).json()


def _flow(server: Server, key: str, customer: str, subscription: str) -> str:
    """A cancel flow that was only begun."""
    link = _post(server, key, "billing_portal/sessions", customer=customer)["url"]
    browser = requests.Session()
    browser.post(f"{server.url}/p/session", {"secret": link.rpartition("/")[2]}, timeout=20)
    browser.post(f"{server.url}/p/subscriptions/{subscription}/cancel", timeout=20)
    return str(_get(server, key, f"cancellation_sessions?subscription={subscription}")["data"][0]["id"])


async def _second_account(server: Server, user: User) -> None:
    store = open_store(server.env.get("TENURE_DATABASE") or f"sqlite:///{server.data / 'tenure.db'}")
    await store.start()
    try:
        await store.system_write(lambda tx: _settle(tx, user.email), now=LATER)
        await store.write(Scope(OTHER, False), configurations.add_default, now=LATER)
    finally:
        await store.close()


def _settle(tx: SystemTx, email: str) -> None:
    """The second account with a key, and the person as its owner instead of the first one's."""
    accounts.create(tx, id=OTHER, name="Brig", created=tx.now)
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    made = ApiKey(
        hash=digest, id="key_0brig", account=OTHER, livemode=False, kind="secret", name=None, hint="Brig", created=1
    )
    api_keys.create(tx, made)
    found = users.by_email(tx, email)
    assert found is not None
    tx.run(delete(memberships).where(memberships.c.user_id == bindparam("of_user")), of_user=found.id)
    users.join(tx, Membership(user_id=found.id, account=OTHER, role="owner"))
