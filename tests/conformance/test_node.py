"""The official SDK for Node says the same as the one for Python; only where node and npm can fetch it."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.support.server import Server

STORY = """
const Stripe = require("stripe");
const [key, port] = process.argv.slice(1);
const stripe = new Stripe(key, { host: "127.0.0.1", port, protocol: "http", maxNetworkRetries: 0, telemetry: false });
(async () => {
  const product = await stripe.products.create({ name: "Halyard Team" });
  const price = await stripe.prices.create({
    product: product.id, currency: "eur", unit_amount: 2900, recurring: { interval: "month" } });
  const customer = await stripe.customers.create({ email: "ada@example.com", metadata: { ship: "Løve" } });
  const made = await stripe.subscriptions.create({
    customer: customer.id, items: [{ price: price.id, quantity: 2 }], expand: ["customer"] });
  const ending = await stripe.subscriptions.update(made.id, {
    cancel_at_period_end: true, cancellation_details: { feedback: "unused" } });
  const pages = [];
  for await (const each of stripe.events.list({ limit: 2, type: "customer.subscription.*" })) pages.push(each.type);
  const wrong = await stripe.customers.retrieve("cus_none").catch((e) => [e.type, e.code, e.statusCode]);
  console.log(JSON.stringify({ ending, pages, wrong, ship: made.customer.metadata.ship }));
})();
"""
BILLING = """
const Stripe = require("stripe");
const [key, port] = process.argv.slice(1);
const stripe = new Stripe(key, { host: "127.0.0.1", port, protocol: "http", maxNetworkRetries: 0, telemetry: false });
(async () => {
  const rate = await stripe.taxRates.create({ display_name: "VAT", inclusive: false, percentage: 19 });
  const customer = await stripe.customers.create({
    name: "Ada", payment_method: "pm_card_visa", invoice_settings: { default_payment_method: "pm_card_visa" },
    tax_id_data: [{ type: "eu_vat", value: "DE136695976" }] });
  const product = await stripe.products.create({ name: "Halyard Team" });
  const feature = await stripe.entitlements.features.create({ name: "Charts", lookup_key: "charts-node" });
  await stripe.products.createFeature(product.id, { entitlement_feature: feature.id });
  const plan = await stripe.plans.create({ product: product.id, currency: "eur", amount: 2900, interval: "month" });
  const schedule = await stripe.subscriptionSchedules.create({
    customer: customer.id, start_date: "now",
    phases: [{ items: [{ price: plan.id }], default_tax_rates: [rate.id] }] });
  const first = (await stripe.invoices.list({ subscription: schedule.subscription })).data[0];
  const payment = (await stripe.invoicePayments.list({ invoice: first.id })).data[0];
  const intent = await stripe.paymentIntents.retrieve(payment.payment.payment_intent);
  const note = await stripe.creditNotes.create({ invoice: first.id, credit_amount: 119,
    lines: [{ type: "invoice_line_item", invoice_line_item: first.lines.data[0].id, amount: 100 }] });
  const granted = await stripe.entitlements.activeEntitlements.list({ customer: customer.id });
  const draft = await stripe.invoices.create({ customer: customer.id, auto_advance: false });
  await stripe.invoices.addLines(draft.id, { lines: [{ amount: 500, description: "Ropes" }] });
  const open = await stripe.invoices.finalizeInvoice(draft.id);
  const paid = await stripe.invoices.pay(draft.id);
  const again = await stripe.invoices.pay(draft.id).catch((e) => [e.type, e.code, e.statusCode]);
  const setup = await stripe.setupIntents.create({
    customer: customer.id, payment_method: "pm_card_visa", confirm: true });
  const meter = await stripe.billing.meters.create({
    display_name: "Calls", event_name: "node_calls", default_aggregation: { formula: "sum" } });
  const used = await stripe.billing.meterEvents.create({
    event_name: "node_calls", payload: { stripe_customer_id: customer.id, value: "3" } });
  const items = [{ id: (await stripe.subscriptions.retrieve(schedule.subscription)).items.data[0].id, quantity: 2 }];
  const preview = await stripe.invoices.createPreview({
    subscription: schedule.subscription, subscription_details: { items, proration_behavior: "none" } });
  const numbers = (await stripe.taxIds.list({ owner: { type: "customer", customer: customer.id } })).data;
  const declined = await stripe.paymentIntents.create({
    amount: 100, currency: "eur", payment_method: "pm_card_chargeDeclined", confirm: true,
    return_url: "https://example.com/" }).catch((e) => [e.type, e.code, e.decline_code, e.payment_intent.status]);
  console.log(JSON.stringify({
    first: [first.status, first.subtotal, first.total], intent: intent.status, note: note.total, preview: preview.total,
    granted: granted.data.map((each) => each.lookup_key), open: open.status, paid: [paid.status, paid.ending_balance],
    again, setup: setup.status, meter: meter.status, used: used.payload.value, numbers: numbers.map((n) => n.value),
    declined }));
})().catch((e) => { console.error(e); process.exit(1); });
"""


def told_by(sdk: Path, story: str, server: Server, key: str) -> dict[str, Any]:
    """What a story in JavaScript prints at its end."""
    done = subprocess.run(
        ["node", "-e", story, key, str(server.port)],
        cwd=sdk,
        env=os.environ | {"NODE_PATH": str(sdk / "node_modules")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_the_story_of_a_cancellation_in_node(node_sdk: Path, server: Server, key: str):
    told = told_by(node_sdk, STORY, server, key)
    assert told["ending"]["cancel_at_period_end"] is True
    assert told["ending"]["cancel_at"] == told["ending"]["items"]["data"][0]["current_period_end"]
    assert told["ending"]["cancellation_details"]["feedback"] == "unused"
    assert told["pages"][:2] == ["customer.subscription.updated", "customer.subscription.created"]
    assert told["wrong"] == ["StripeInvalidRequestError", "resource_missing", 404]
    assert told["ship"] == "Løve"


def test_the_story_of_a_bill_in_node(node_sdk: Path, server: Server, key: str):
    told = told_by(node_sdk, BILLING, server, key)
    assert told == {
        "first": ["paid", 2900, 3451],
        "intent": "succeeded",
        "note": 119,
        "preview": 6902,
        "granted": ["charts-node"],
        "open": "open",
        "paid": ["paid", 0],
        "again": ["StripeInvalidRequestError", "invoice_already_paid", 400],
        "setup": "succeeded",
        "meter": "active",
        "used": "3",
        "numbers": ["DE136695976"],
        "declined": ["StripeCardError", "card_declined", "generic_decline", "requires_payment_method"],
    }
