"""The worked example of docs/billing.md, told again; the page must state the figures that come out."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scenarios.dated import Story, at

PAGE = (Path(__file__).parents[2] / "docs" / "billing.md").read_text()


def _euros(amount: int) -> str:
    return f"{'−' if amount < 0 else ''}{abs(amount) / 100:.2f}"


def _row(first: str) -> list[str]:
    """The cells of a table's row after its first one."""
    found = re.search(rf"^\| {re.escape(first)} \| (.+) \|$", PAGE, re.M)
    assert found is not None, first
    return found[1].split(" | ")


@pytest.mark.parametrize("mode", ["classic", "flexible"])
def test_the_upgrade_after_a_coupon_costs_what_the_docs_say(begin: Callable[[str], Story], mode: str):
    story = begin("2027-04-01")
    small, big = story.price(amount=2900), story.price(amount=5900)
    made = story.subscribe(small, mode=mode)
    half = story.api.coupons.create({"percent_off": 50, "duration": "forever"}).id
    story.go("2027-04-05")
    story.change(discounts=[{"coupon": half}])
    story.go("2027-04-11")
    change = {"items": [{"id": made["items"].data[0].id, "price": big}]}
    shown = story.api.invoices.create_preview(
        {"subscription": story.id, "subscription_details": {**change, "proration_behavior": "always_invoice"}}
    )
    after = story.change(**change, proration_behavior="always_invoice")
    invoice = story.api.invoices.retrieve(after.latest_invoice)
    credit, debit = (line.amount for line in invoice.lines.data)
    assert invoice.total == shown.total == credit + debit
    column = ["classic", "flexible"].index(mode)
    assert _row("unused time on Small")[column] == _euros(credit)
    assert _row("remaining time on Big")[column] == _euros(debit)
    assert _row("to pay now")[column] == _euros(invoice.total)
    assert invoice.lines.data[0].period.end == at("2027-05-01")
    story.go("2027-05-01T02:00")
    renewal = story.api.invoices.list({"customer": story.customer, "limit": 1}).data[0]
    assert _row("invoice of 1 May")[column] == _euros(renewal.total)
