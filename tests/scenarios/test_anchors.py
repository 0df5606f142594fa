"""Stories of anchors: days that short months do not have, dates that are too late, a trial before the anchor."""

from typing import Any

import pytest
import stripe

from tests.scenarios.dated import at, on
from tests.scenarios.ledger import Ledger


def _begun(client: stripe.StripeClient, start: str) -> Ledger:
    story = Ledger(client, start)
    story.card()
    return story


def _billed_on(story: Ledger) -> list[str | None]:
    return [on(invoice.created) for invoice in story.invoices()]


@pytest.mark.parametrize(
    ("start", "every", "dates"),
    [
        ("2027-02-10", {}, ["2027-02-28", "2027-03-31", "2027-04-30"]),
        ("2027-01-31", {}, ["2027-02-28", "2027-03-31", "2027-04-30"]),
        ("2027-02-10", {"interval_count": 3}, ["2027-02-28", "2027-05-31", "2027-08-31"]),
    ],
)
def test_the_31st_is_the_last_day_of_every_month(
    client: stripe.StripeClient, start: str, every: dict[str, int], dates: list[str]
):
    story = _begun(client, start)
    story.subscribe(story.price(recurring=every), billing_cycle_anchor_config={"day_of_month": 31})
    story.go(dates[-1])
    assert _billed_on(story) == [start, *dates]


def test_the_29th_of_february_is_kept_over_the_years(client: stripe.StripeClient):
    story = _begun(client, "2027-02-10")
    story.subscribe(story.price("year", 36500), billing_cycle_anchor_config={"day_of_month": 31, "month": 2})
    assert story.totals() == [1800]  # 18 of 365 days
    story.go("2028-03-01")
    assert _billed_on(story) == ["2027-02-10", "2027-02-28", "2028-02-29"]


def test_a_start_on_the_day_itself_is_a_whole_period(client: stripe.StripeClient):
    story = _begun(client, "2027-04-15T10:30")
    story.subscribe(billing_cycle_anchor_config={"day_of_month": 15})
    assert (story.totals(), story.period()) == ([1000], ("2027-04-15T10:30", "2027-05-15T10:30"))


def test_a_trial_that_ends_before_the_anchor_is_followed_by_a_part_of_a_period(client: stripe.StripeClient):
    story = _begun(client, "2027-04-01")
    story.subscribe(trial_period_days=10, billing_cycle_anchor=at("2027-04-16"))
    assert story.preview().total == 161  # 5 of the 31 days from 16 March
    story.go("2027-04-16T02:00")
    assert (story.totals(), story.period()) == ([0, 161, 1000], ("2027-04-16", "2027-05-16"))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"billing_cycle_anchor": at("2027-05-02")}, r"next natural billing date \(1809129600\)"),
        (
            {"billing_cycle_anchor": at("2027-04-02"), "billing_cycle_anchor_config": {"day_of_month": 1}},
            "only specify one",
        ),
        ({"billing_cycle_anchor_config": {"day_of_month": 32}}, "less than or equal to 31"),
        ({"billing_cycle_anchor_config": {"day_of_month": 1, "hour": 24}}, "less than or equal to 23"),
    ],
)
def test_an_anchor_that_cannot_be_is_refused(client: stripe.StripeClient, asked: dict[str, Any], words: str):
    with pytest.raises(stripe.InvalidRequestError, match=words):
        _begun(client, "2027-04-01").subscribe(**asked)


def test_a_week_has_no_day_of_the_month(client: stripe.StripeClient):
    story = _begun(client, "2027-04-01")
    with pytest.raises(stripe.InvalidRequestError, match="monthly or yearly"):
        story.subscribe(story.price("week"), billing_cycle_anchor_config={"day_of_month": 1})
