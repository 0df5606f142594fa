"""The official SDK for Node says the same as the one for Python; only where node and npm can fetch it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.server import Server

CACHE = Path(__file__).parents[2] / ".cache" / "node"
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


@pytest.fixture(scope="module")
def sdk() -> Path:
    """The folder that `stripe` is installed in."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        pytest.skip("node and npm are not both here")
    CACHE.mkdir(parents=True, exist_ok=True)
    if not (CACHE / "node_modules" / "stripe").exists():
        wanted = ["install", "--prefix", str(CACHE), "--no-audit", "--no-fund", "--ignore-scripts", "stripe"]
        patience = ["--fetch-retries=0", "--fetch-timeout=15000"]
        try:
            done = subprocess.run([npm, *wanted, *patience], capture_output=True, timeout=60, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip("npm did not fetch the SDK within a minute")
        if done.returncode != 0:
            pytest.skip("npm cannot fetch the SDK here")
    return CACHE


def test_the_story_of_a_cancellation_in_node(sdk: Path, server: Server, key: str):
    done = subprocess.run(
        ["node", "-e", STORY, key, str(server.port)],
        cwd=sdk,
        env=os.environ | {"NODE_PATH": str(sdk / "node_modules")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["ending"]["cancel_at_period_end"] is True
    assert told["ending"]["cancel_at"] == told["ending"]["items"]["data"][0]["current_period_end"]
    assert told["ending"]["cancellation_details"]["feedback"] == "unused"
    assert told["pages"][:2] == ["customer.subscription.updated", "customer.subscription.created"]
    assert told["wrong"] == ["StripeInvalidRequestError", "resource_missing", 404]
    assert told["ship"] == "Løve"
