"""What a merchant does all day, told by an SDK of an older API version; run with that SDK's folder on PYTHONPATH.

python -m tests.conformance.older_story KEY URL [VERSION]   ─▶   {"version": "2024-06-20", "faults": […], "facts": {…}}

VERSION overrides the one that the SDK names by itself, as `stripe_version` does in an integration.

Every answer and every webhook is held against the fields and types that this SDK declares.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, get_args

import stripe

from tests.conformance.declared import body, faults

MONTHLY = {"currency": "eur", "unit_amount": 2900, "recurring": {"interval": "month"}}
REASONS = {"enabled": True, "options": ["unused"]}
FEATURES = {
    "invoice_history": {"enabled": True},
    "subscription_cancel": {"enabled": True, "mode": "at_period_end", "cancellation_reason": REASONS},
}
WANTED = 6


class Story:
    """The SDK's client, what was wrong with its answers, and the webhooks that came."""

    def __init__(self, key: str, url: str, version: str | None = None) -> None:
        self.version = version or str(stripe.api_version)
        self.client = stripe.StripeClient(
            key, base_addresses={"api": url}, max_network_retries=0, stripe_version=self.version
        )
        self.api: Any = getattr(self.client, "v1", self.client)
        self.faults: list[str] = []
        self.facts: dict[str, Any] = {}
        self.received: list[tuple[bytes, str]] = []

    @property
    def singular(self) -> bool:
        """Whether `coupon` is a parameter of subscriptions."""
        return self.version < "2025-03-31"

    @property
    def embedded(self) -> bool:
        """Whether discounts and promotion codes embed their coupon."""
        return self.version < "2025-09-30"

    def seen(self, name: str, answer: Any) -> Any:
        """The answer's JSON, after it was held against what is declared."""
        shape = body(answer)
        self.faults += [f"{name}: {fault}" for fault in faults(shape)]
        return shape

    def listen(self) -> HTTPServer:
        story = self

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                story.received.append((raw, self.headers["stripe-signature"]))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Hook)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def discount(self, coupon: str) -> dict[str, Any]:
        return {"coupon": coupon} if self.singular else {"discounts": [{"coupon": coupon}]}


def catalogue(story: Story) -> tuple[str, str, str]:
    api = story.api
    product = story.seen("product", api.products.create({"name": "Halyard Team"}))
    price = story.seen("price", api.prices.create({**MONTHLY, "product": product["id"]}))
    story.seen("prices", api.prices.list({"product": product["id"]}))
    coupon = story.seen("coupon", api.coupons.create({"duration": "forever", "percent_off": 25}))
    code = {"coupon": coupon["id"]} if story.embedded else {"promotion": {"type": "coupon", "coupon": coupon["id"]}}
    made = story.seen("promotion code", api.promotion_codes.create(code))
    story.facts["code"] = made["coupon"]["id"] if story.embedded else made["promotion"]["coupon"]
    story.facts["coupon"] = coupon["id"]
    wrong = api.promotion_codes.create
    try:
        wrong({"coupon": "none"} if story.embedded else {"promotion": {"type": "coupon", "coupon": "none"}})
    except stripe.InvalidRequestError as refused:
        story.facts["wrong"] = [refused.code, refused.param]
    return price["id"], coupon["id"], product["id"]


def subscriptions(story: Story, price: str, coupon: str) -> tuple[str, str]:
    api = story.api
    customer = story.seen("customer", api.customers.create({"email": "ada@example.com"}))["id"]
    made = story.seen(
        "subscription",
        api.subscriptions.create({"customer": customer, "items": [{"price": price}], **story.discount(coupon)}),
    )
    expand = ["customer", "discounts", "latest_invoice", "items.data.price.product"]
    expand += ["discount.promotion_code"] if story.singular else []
    whole = story.seen("expanded", api.subscriptions.retrieve(made["id"], {"expand": expand}))
    story.facts["discounts"] = whole["discounts"]
    story.facts["subscription"] = made
    story.seen("renamed", api.subscriptions.update(made["id"], {"description": "Team plan"}))
    ending = story.seen("ending", api.subscriptions.update(made["id"], {"cancel_at_period_end": True}))
    story.facts["ending"] = [ending["cancel_at"], ending["cancel_at_period_end"]]
    story.seen("subscriptions", api.subscriptions.list({"customer": customer, "expand": ["data.customer"]}))
    story.seen("item", api.subscription_items.retrieve(made["items"]["data"][0]["id"]))
    story.seen("items", api.subscription_items.list({"subscription": made["id"]}))
    story.seen("customer", api.customers.retrieve(customer, {"expand": ["subscriptions"]}))
    story.seen("staying", api.subscriptions.update(made["id"], {"cancel_at_period_end": False}))
    cleared = story.seen(
        "cleared", api.subscriptions.update(made["id"], {"coupon" if story.singular else "discounts": ""})
    )
    story.facts["cleared"] = cleared["discounts"]
    return customer, made["id"]


def portal(story: Story, customer: str, subscription: str) -> None:
    pages = story.api.billing_portal
    made = story.seen("configuration", pages.configurations.create({"features": FEATURES}))
    story.seen("configurations", pages.configurations.list())
    flow = {"type": "subscription_cancel", "subscription_cancel": {"subscription": subscription}}
    given = {"customer": customer, "configuration": made["id"], "flow_data": flow}
    story.seen("session", pages.sessions.create(given))


def payer(story: Story) -> str:
    """A customer whose card pays by itself."""
    api = story.api
    customer = story.seen("customer", api.customers.create({"email": "eve@example.com"}))["id"]
    card = story.seen("card", api.payment_methods.attach("pm_card_visa", {"customer": customer}))["id"]
    story.seen("payer", api.customers.update(customer, {"invoice_settings": {"default_payment_method": card}}))
    return str(customer)


def invoices(story: Story, price: str) -> None:
    """A period's invoice and one by hand, taxed, paid and credited; and what the next one will be."""
    api, customer = story.api, payer(story)
    rate = story.seen("tax rate", api.tax_rates.create({"display_name": "VAT", "inclusive": False, "percentage": 19}))
    owned = {"customer": customer, "items": [{"price": price}], "default_tax_rates": [rate["id"]]}
    expand = ["latest_invoice.payment_intent"] if story.singular else ["latest_invoice.payments"]
    made = story.seen("paid", api.subscriptions.create({**owned, "expand": expand}))
    story.facts["invoice"] = made["latest_invoice"]
    story.seen("lines", api.invoices.line_items.list(made["latest_invoice"]["id"]))
    once = story.seen(
        "once", api.prices.create({"currency": "eur", "unit_amount": 500, "product": owned_product(story, price)})
    )
    priced = {"price": once["id"]} if story.singular else {"pricing": {"price": once["id"]}}
    story.seen("invoice item", api.invoice_items.create({"customer": customer, "quantity": 2, **priced}))
    story.facts["upcoming"] = upcoming(story, made)["amount_due"]
    draft = story.seen(
        "draft", api.invoices.create({"customer": customer, "pending_invoice_items_behavior": "include"})
    )
    story.seen("open", api.invoices.finalize_invoice(draft["id"]))
    story.seen("by hand", api.invoices.pay(draft["id"]))
    story.seen("credit", api.credit_notes.create({"invoice": draft["id"], "amount": 300, "credit_amount": 300}))
    story.seen("invoices", api.invoices.list({"customer": customer}))
    story.seen("intents", api.payment_intents.list({"customer": customer}))


def others(story: Story, price: str, coupon: str) -> None:
    """One of each of the rest."""
    api, customer = story.api, payer(story)
    length = {"iterations": 2} if story.embedded else {"duration": {"interval": "month", "interval_count": 2}}
    phase = {"items": [{"price": price}], **length, **story.discount(coupon)}
    wanted = {"customer": customer, "start_date": "now", "phases": [phase]}
    planned = story.seen("schedule", api.subscription_schedules.create(wanted))
    story.facts["phase"] = planned["phases"][0]
    story.seen("schedules", api.subscription_schedules.list({"customer": customer}))
    once = {"customer": customer, "payment_method_types": ["card"]}
    story.seen("setup", api.setup_intents.create(once))
    story.seen("intent", api.payment_intents.create({**once, "amount": 500, "currency": "eur"}))
    declined = {"confirm": True, "payment_method": "pm_card_chargeDeclined", "return_url": "https://example.com/"}
    try:
        api.payment_intents.create({"customer": customer, "amount": 500, "currency": "eur", **declined})
    except stripe.CardError as error:
        quoted = dict(error.json_body["error"]["payment_intent"])  # type: ignore[index]
        story.facts["declined"] = error.code
        story.faults += [f"declined: {fault}" for fault in faults(quoted)]
    story.seen("balance", api.customers.balance_transactions.create(customer, {"amount": -500, "currency": "eur"}))
    story.seen("tax id", api.customers.tax_ids.create(customer, {"type": "eu_vat", "value": "DE123456789"}))
    story.seen("feature", api.entitlements.features.create({"name": "Moorings", "lookup_key": f"m{time.time_ns()}"}))
    named = {"display_name": "Tides", "event_name": f"t{time.time_ns()}", "default_aggregation": {"formula": "sum"}}
    story.seen("meter", api.billing.meters.create(named))


def owned_product(story: Story, price: str) -> str:
    return str(body(story.api.prices.retrieve(price))["product"])


def upcoming(story: Story, subscription: dict[str, Any]) -> dict[str, Any]:
    """The next invoice with two instead of one, asked for as the version does."""
    invoices, items = story.api.invoices, [{"id": subscription["items"]["data"][0]["id"], "quantity": 2}]
    asked: dict[str, Any] = {"subscription": subscription["id"]}
    if story.singular:
        story.seen("upcoming lines", invoices.upcoming_lines.list({**asked, "subscription_items": items}))
        seen = story.seen("upcoming", invoices.upcoming({**asked, "subscription_items": items}))
    else:
        seen = story.seen("preview", invoices.create_preview({**asked, "subscription_details": {"items": items}}))
    return dict(seen)


def webhooks(story: Story, secret: str, subscription: str) -> None:
    """Waits for the news of the subscription, verifies it with the SDK, and looks at what it says."""
    until = time.monotonic() + 20
    known = {word for hint in get_args(stripe.Event.__annotations__["type"]) for word in get_args(hint) or (hint,)}
    story.facts["events"] = []
    done = 0
    while done < len(story.received) or (len(story.facts["events"]) < WANTED and time.monotonic() < until):
        if done == len(story.received):
            time.sleep(0.05)
            continue
        raw, signature = story.received[done]
        done += 1
        event = stripe.Webhook.construct_event(raw, signature, secret)
        shape = json.loads(raw)
        if event.type in known:
            found = (*faults(shape), *faults(shape["data"]["object"]))
            story.faults += [f"{event.type}: {fault}" for fault in found]
        if shape["data"]["object"]["id"] == subscription:
            story.facts["events"].append(shape)


def main() -> None:
    story = Story(*sys.argv[1:])
    hook = story.listen()
    where = {"url": f"http://127.0.0.1:{hook.server_port}/hook", "enabled_events": ["*"]}
    endpoint = story.seen("endpoint", story.api.webhook_endpoints.create({**where, "api_version": story.version}))
    price, coupon, _ = catalogue(story)
    customer, subscription = subscriptions(story, price, coupon)
    portal(story, customer, subscription)
    invoices(story, price)
    others(story, price, coupon)
    story.seen("events", story.api.events.list({"limit": 5, "type": "customer.subscription.*"}))
    story.facts["canceled"] = story.seen("canceled", story.api.subscriptions.cancel(subscription))["status"]
    webhooks(story, endpoint["secret"], subscription)
    story.seen("endpoint", story.api.webhook_endpoints.update(endpoint["id"], {"disabled": True}))
    hook.shutdown()
    print(json.dumps({"version": story.version, "faults": sorted(set(story.faults)), "facts": story.facts}))


if __name__ == "__main__":
    main()
