"""`tenure demo` sets up a merchant that has something to show, and finds it again."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import stripe

from tests.support.server import free_port
from tests.support.wait import until

STATES = {
    "active",
    "trialing",
    "ending",
    "ending_on_date",
    "paused",
    "collection_paused",
    "canceled",
    "saved",
    "undone",
    "past_due",
    "incomplete",
    "open_invoice",
    "metered",
    "scheduled",
}
FACTS = {
    "api_base", "api_key", "webhook_secret", "dashboard_url", "dashboard_email", "dashboard_password", "portal_url",
    "customers", "subscriptions", "data_dir",
}  # fmt: skip


@contextmanager
def demo(data: Path, out: Path) -> Iterator[dict[str, Any]]:
    out.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tenure", "demo", "--data", str(data), "--port", str(free_port())]
    process = subprocess.Popen(
        [*command, "--json", str(out), "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        until(lambda: out.exists() or process.poll() is not None, 60)
        assert process.poll() is None, process.stdout and process.stdout.read()
        yield json.loads(out.read_text())
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
        assert said == b""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


def test_the_demo_has_customers_in_every_state_and_months_of_reasons(folder: Path) -> None:
    with demo(folder / "data", folder / "facts.json") as facts:
        assert FACTS <= facts.keys()
        assert len(facts["customers"]) == 17 and STATES <= facts["subscriptions"].keys()
        api: Any = stripe.StripeClient(facts["api_key"], base_addresses={"api": facts["api_base"]}).v1
        state = {name: api.subscriptions.retrieve(id) for name, id in facts["subscriptions"].items()}
        assert (state["active"].status, state["trialing"].status) == ("active", "trialing")
        assert (state["paused"].status, state["canceled"].status) == ("paused", "canceled")
        assert state["collection_paused"].pause_collection.behavior == "void"
        assert state["ending"].cancel_at and state["ending_on_date"].cancel_at
        assert len(state["saved"].discounts) == 1
        assert (state["undone"].status, state["undone"].cancel_at) == ("active", None)
        assert (state["past_due"].status, state["incomplete"].status) == ("past_due", "incomplete")
        bill = api.invoices.retrieve(state["open_invoice"].latest_invoice)
        assert (bill.status, bill.collection_method) == ("open", "send_invoice")
        assert api.invoices.create_preview({"subscription": state["metered"].id}).total > 0
        assert len(api.subscription_schedules.retrieve(state["scheduled"].schedule).phases) == 2
        paid = api.invoices.list({"status": "paid", "limit": 100})
        assert len(paid.data) == 100 and all(each.status_transitions.paid_at for each in paid.data)
        assert all(each.total_taxes for each in paid.data)
        with urlopen(facts["portal_url"]) as page:  # noqa: S310 - loopback
            assert page.status == 200


def test_the_next_run_finds_its_data_again_and_makes_a_new_link(folder: Path) -> None:
    with demo(folder / "data", folder / "facts.json") as first:
        pass
    with demo(folder / "data", folder / "facts.json") as second:
        kept = ("api_key", "webhook_secret", "dashboard_password", "customers", "subscriptions", "data_dir")
        assert {name: second[name] for name in kept} == {name: first[name] for name in kept}
        assert second["portal_url"] != first["portal_url"]


def test_the_secrets_of_the_demo_are_readable_by_their_owner_alone(folder: Path) -> None:
    files = [folder / "facts.json", folder / "data" / "demo.json", folder / "data" / "secret.key"]
    assert [oct(file.stat().st_mode & 0o777) for file in files] == ["0o600"] * 3
