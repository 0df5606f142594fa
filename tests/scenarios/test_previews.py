"""Whatever is changed: what a preview says is what the next real invoice says, to the cent, and it writes nothing.

Random changes of one subscription on a clock, in both modes; after each, time goes on by itself to the next invoice.
"""

from typing import Any

import pytest
import stripe
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.scenarios.ledger import Ledger

DAY = 86400
KINDS = ("price", "quantity", "coupon", "uncoupon", "end", "stay", "tax", "add", "drop", "item")
STEP = st.tuples(
    st.integers(1, 40 * DAY),  # how long nothing happens before it
    st.sampled_from(KINDS),
    st.integers(1, 6),
    st.sampled_from(["create_prorations", "always_invoice", "none"]),
)


def _lines(invoice: Any) -> list[tuple[int, str]]:
    return sorted((line.amount, line.description) for line in invoice.lines.data)


def _coming(story: Ledger, **change: Any) -> Any | None:
    try:
        return story.preview(**change)
    except stripe.InvalidRequestError as none:
        assert none.code == "invoice_upcoming_none"
        return None


def _wish(story: Ledger, shelf: dict[str, Any], kind: str, number: int, now: int) -> dict[str, Any]:
    items = story.now()["items"].data
    if kind in ("add", "drop") and (len(items) == 1) is not (kind == "add"):
        return {}
    coupons = [shelf["coupons"][(number + more) % 3] for more in (0, 1)]
    wishes: dict[str, dict[str, Any]] = {
        "add": {"items": [{"price": shelf["other"], "quantity": number}]},
        "coupon": {"discounts": coupons},
        "drop": {"items": [{"id": items[-1].id, "deleted": True}]},
        "end": {"cancel_at": now + number * 9 * DAY},
        "price": {"items": [{"id": items[0].id, "price": shelf["prices"][number % 2]}]},
        "quantity": {"items": [{"id": items[0].id, "quantity": number}]},
        "stay": {"cancel_at": ""},
        "tax": {"default_tax_rates": [shelf["rate"]]},
        "uncoupon": {"discounts": []},
    }
    return wishes.get(kind, {})


def _play(story: Ledger, shelf: dict[str, Any], step: tuple[int, str, int, str]) -> None:
    wait, kind, number, behavior = step
    now = story.clock_at() + wait
    story.wait_until(now)
    if story.now().status == "canceled":
        return
    if kind == "item":
        story.api.invoice_items.create({"customer": story.customer, "currency": "eur", "amount": number * 111})
    change = _wish(story, shelf, kind, number, now)
    before, events = len(story.invoices()), story.events()
    if change:
        details = {name: value for name, value in change.items() if name != "discounts"}
        said = {"discounts": change["discounts"]} if "discounts" in change else {}
        shown = _coming(story, subscription_details=details | {"proration_behavior": behavior}, **said)
        assert (len(story.invoices()), story.events()) == (before, events)  # nothing was written
        story.change(**change, proration_behavior=behavior)
        if len(story.invoices()) > before:
            assert shown is not None and (_lines(shown), shown.total) == (_lines(story.last()), story.last().total)
            return
    _next(story)


def _next(story: Ledger) -> None:
    """Go on to the next invoice, if there is one: the preview of now said what it says."""
    shown, before = _coming(story), len(story.invoices())
    ends = [item.current_period_end for item in story.now()["items"].data]
    story.wait_until(min(ends))
    if shown is None:
        assert len(story.invoices()) == before
        return
    invoice = story.invoices()[before]
    assert (_lines(shown), shown.total, shown.subtotal) == (_lines(invoice), invoice.total, invoice.subtotal)
    assert [tax.amount for tax in shown.total_taxes or []] == [tax.amount for tax in invoice.total_taxes or []]


@pytest.mark.parametrize("mode", ["classic", "flexible"])
@settings(
    max_examples=8, deadline=None, derandomize=True, phases=(Phase.generate,), suppress_health_check=list(HealthCheck)
)
@given(steps=st.lists(STEP, min_size=2, max_size=6))
def test_a_preview_is_the_next_invoice(
    client: stripe.StripeClient, mode: str, steps: list[tuple[int, str, int, str]]
) -> None:
    story = Ledger(client, "2027-01-31T10:30")
    story.card()
    rate = {"display_name": "VAT", "percentage": 19, "inclusive": False}
    shelf: dict[str, Any] = {
        "prices": [story.price(amount=1000), story.price(amount=2999)],
        "other": story.price(amount=333),
        "coupons": [
            story.coupon(percent_off=33),
            story.coupon(amount_off=250, duration="once"),
            story.coupon(amount_off=99),
        ],
        "rate": story.api.tax_rates.create(rate).id,
    }
    story.subscribe(shelf["prices"][0], mode=mode)
    for step in steps:
        _play(story, shelf, step)
