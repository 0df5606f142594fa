"""Usage on both databases: what was reported is added up exactly, once, and only for its customer and time."""

import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tenure.actions import customers, meter_events, meters, test_clocks
from tenure.domain.documents import Change, Scope
from tenure.domain.errors import Conflict, Invalid, NotFound, Refused
from tenure.domain.events import Event
from tenure.domain.meters import Formula, Meter, TimeWindow, check_window
from tenure.store.meter_events import Span
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.support.stores import OTHER_ACCOUNT, OTHER_MODE, SCOPE

HOUR_S, DAY_S = 3600, 86400
NOON = 1_790_035_200 - 1_790_035_200 % DAY_S + 12 * HOUR_S
numbers = itertools.count()


def meter(tx: Tx, formula: Formula = "sum", **fields: Any) -> Meter:
    name = fields.pop("event_name", f"calls_{next(numbers)}")
    return meters.create(
        tx, {"display_name": "Calls", "event_name": name, "default_aggregation": {"formula": formula}, **fields}
    )


def report(tx: Tx, counted: Meter, customer: str, value: str = "1", **fields: Any) -> str:
    payload = {"stripe_customer_id": customer, "value": value}
    return meter_events.create(tx, {"event_name": counted.event_name, "payload": payload, **fields}).identifier


def used(tx: Tx, counted: Meter, customer: str) -> Decimal:
    return meters.usage(tx, counted.id, customer, NOON - DAY_S, NOON + DAY_S)


@pytest.mark.parametrize(("formula", "expected"), [("count", "3"), ("sum", "4.75"), ("last", "2")])
async def test_each_formula_adds_up_its_way(store: Store, formula: Formula, expected: str) -> None:
    def work(tx: Tx) -> Decimal:
        counted, ada, bob = meter(tx, formula), customers.create(tx, {}).id, customers.create(tx, {}).id
        for value, at in (("2", NOON - 5), ("0.25", NOON - 60), ("2.50", NOON - 7)):
            report(tx, counted, ada, value, timestamp=at)
        report(tx, counted, bob, "1000")
        return used(tx, counted, ada)

    assert await store.write(SCOPE, work, now=NOON) == Decimal(expected)


async def test_a_period_has_its_start_and_not_its_end(store: Store) -> None:
    def work(tx: Tx) -> list[Decimal]:
        counted, ada = meter(tx), customers.create(tx, {}).id
        for at, value in ((NOON - 60, "1"), (NOON - 30, "10"), (NOON, "100")):
            report(tx, counted, ada, value, timestamp=at)
        return [meters.usage(tx, counted.id, ada, start, start + 60) for start in (NOON - 60, NOON - 59, NOON)]

    assert await store.write(SCOPE, work, now=NOON) == [11, 110, 100]


async def test_the_newest_of_one_moment_is_the_one_that_came_in_last(store: Store) -> None:
    def work(tx: Tx) -> Decimal:
        counted, ada = meter(tx, "last"), customers.create(tx, {}).id
        for value in ("9", "3", "5"):
            report(tx, counted, ada, value, timestamp=NOON)
        return used(tx, counted, ada)

    assert await store.write(SCOPE, work, now=NOON) == 5


async def test_usage_that_is_billed_never_falls_below_zero(store: Store) -> None:
    def work(tx: Tx) -> tuple[Decimal, Decimal]:
        counted, ada = meter(tx), customers.create(tx, {}).id
        report(tx, counted, ada, "-2")
        return used(tx, counted, ada), meters.aggregate(tx, counted, Span(counted.id, ada, 0, NOON + 1))

    assert await store.write(SCOPE, work, now=NOON) == (0, -2)


async def test_an_identifier_counts_once_in_its_account_and_mode(store: Store) -> None:
    def first(tx: Tx) -> Decimal:
        counted, ada = meter(tx, event_name="calls"), customers.create(tx, {}).id
        assert report(tx, counted, ada, identifier="once") == "once"
        assert report(tx, counted, ada).startswith("mtrevt_")
        with pytest.raises(Conflict) as refused:
            report(tx, counted, ada, "5", identifier="once")
        assert refused.value.message == "An event already exists with identifier once."
        return used(tx, counted, ada)

    assert await store.write(SCOPE, first, now=NOON) == 2
    for other in (OTHER_ACCOUNT, OTHER_MODE):
        await store.write(
            other,
            lambda tx: report(tx, meter(tx, event_name="calls"), customers.create(tx, {}).id, identifier="once"),
            now=NOON,
        )


async def test_a_canceled_event_counts_no_more_and_keeps_its_identifier(store: Store) -> None:
    def work(tx: Tx) -> list[Decimal]:
        counted, ada = meter(tx), customers.create(tx, {}).id
        report(tx, counted, ada, "7", identifier="wrong")
        report(tx, counted, ada, "1")
        before = used(tx, counted, ada)
        cancel = {"event_name": counted.event_name, "type": "cancel", "cancel": {"identifier": "wrong"}}
        assert meter_events.adjust(tx, cancel) == meter_events.adjust(tx, cancel)
        with pytest.raises(Conflict):
            report(tx, counted, ada, "7", identifier="wrong")
        return [before, used(tx, counted, ada)]

    assert await store.write(SCOPE, work, now=NOON) == [8, 1]


async def test_only_a_known_event_of_the_last_day_can_be_canceled(store: Store) -> None:
    names: dict[str, str] = {}

    def prepare(tx: Tx) -> None:
        counted, other = meter(tx), meter(tx)
        report(tx, counted, customers.create(tx, {}).id, identifier="old")
        names.update(own=counted.event_name, other=other.event_name)

    def cancel(tx: Tx, name: str, identifier: str | None) -> None:
        meter_events.adjust(tx, {"event_name": name, "type": "cancel", "cancel": {"identifier": identifier}})

    await store.write(SCOPE, prepare, now=NOON)
    for name, identifier, later_s, kind in (
        ("own", "old", DAY_S + 1, Conflict),
        ("own", "unknown", 0, NotFound),
        ("other", "old", 0, NotFound),
        ("own", None, 0, Invalid),
    ):
        with pytest.raises(kind):
            await store.write(SCOPE, lambda tx, n=names[name], i=identifier: cancel(tx, n, i), now=NOON + later_s)
    await store.write(SCOPE, lambda tx: cancel(tx, names["own"], "old"), now=NOON + DAY_S)


async def test_a_meter_that_is_off_hears_nothing_and_frees_its_name(store: Store) -> None:
    def work(tx: Tx) -> list[str]:
        counted, ada = meter(tx, event_name="calls"), customers.create(tx, {}).id
        with pytest.raises(Conflict):
            meter(tx, event_name="calls")
        off = meters.deactivate(tx, counted.id)
        assert (off.status, off.status_transitions.deactivated_at) == ("inactive", NOON)
        with pytest.raises(NotFound) as refused:
            report(tx, counted, ada)
        assert refused.value.message == 'No active meter found for event name "calls".'
        second = meter(tx, event_name="calls")
        with pytest.raises(Conflict):
            meters.reactivate(tx, counted.id)
        with pytest.raises(Conflict):
            meters.deactivate(tx, counted.id)
        meters.deactivate(tx, second.id)
        on = meters.reactivate(tx, counted.id)
        assert (on.status, on.status_transitions.deactivated_at) == ("active", None)
        meters.update(tx, counted.id, {"display_name": "API calls"})
        meters.update(tx, counted.id, {"display_name": "API calls"})
        report(tx, counted, ada)
        return [event.type for event in tx.page(Event, limit=20).items if "meter" in event.type]

    assert await store.write(SCOPE, work, now=NOON) == [
        "billing.meter.updated",
        "billing.meter.reactivated",
        "billing.meter.deactivated",
        "billing.meter.created",
        "billing.meter.deactivated",
        "billing.meter.created",
    ]


async def test_the_database_itself_refuses_two_active_meters_of_one_name(store: Store) -> None:
    def work(tx: Tx) -> None:
        first, second = meter(tx, event_name="a"), meter(tx, event_name="b")
        tx.save(_renamed(second, first.event_name))

    with pytest.raises(Refused) as refused:
        await store.write(SCOPE, work, now=NOON)
    assert refused.value.code == "resource_already_exists"


def _renamed(doc: Meter, name: str) -> Any:
    return Change(after=(replace(doc, event_name=name),))


async def test_a_customer_on_a_test_clock_reports_in_the_clocks_time(store: Store) -> None:
    def work(tx: Tx) -> Decimal:
        at = NOON + 400 * DAY_S
        clock = test_clocks.create(tx, frozen_time=at).id
        counted, ada = meter(tx), customers.create(tx, {"test_clock": clock}).id
        report(tx, counted, ada, "3")
        with pytest.raises(Invalid):
            report(tx, counted, ada, "3", timestamp=NOON)
        return meters.usage(tx, counted.id, ada, at, at + 1)

    assert await store.write(SCOPE, work, now=NOON) == 3


async def test_summaries_show_the_windows_that_have_events_newest_first(store: Store) -> None:
    def work(tx: Tx) -> Any:
        counted, ada = meter(tx), customers.create(tx, {}).id
        for hours, value in ((5, "1"), (5, "2.5"), (3, "4"), (1, "8")):
            report(tx, counted, ada, value, timestamp=NOON - hours * HOUR_S + 100)
        span = Span(counted.id, ada, NOON - 6 * HOUR_S, NOON)

        def look(grouping: TimeWindow | None = "hour", **window: Any) -> Any:
            step = check_window(span.start, span.end, grouping)
            found = meters.summaries(tx, counted, span, step=step, **{"limit": 10, **window})
            ids.update({each.start_time: each.id for each in found.data})
            return [((NOON - s.start_time) // HOUR_S, s.aggregated_value) for s in found.data], found.has_more

        ids: dict[int, str] = {}
        newest, middle, oldest = (1, Decimal(8)), (3, Decimal(4)), (5, Decimal("3.5"))
        assert look() == ([newest, middle, oldest], False)
        assert look(limit=2) == ([newest, middle], True)
        at = {hours: ids[NOON - hours * HOUR_S] for hours in (1, 3, 5)}
        assert look(limit=1, starting_after=at[1]) == ([middle], True)
        assert look(starting_after=at[3]) == ([oldest], False)
        assert look(limit=1, ending_before=at[5]) == ([middle], True)
        assert look(ending_before=at[3]) == ([newest], False)
        assert look(None) == ([(6, Decimal("15.5"))], False)
        with pytest.raises(NotFound):
            look(starting_after="mtrusg_unknown")
        other = customers.create(tx, {}).id
        return meters.summaries(tx, counted, span._replace(customer=other), step=6 * HOUR_S, limit=10).data

    (empty,) = await store.write(SCOPE, work, now=NOON)
    assert empty.aggregated_value == 0


values = st.decimals(min_value=-(10**6), max_value=10**6, places=6, allow_nan=False)
reports = st.lists(st.tuples(values, st.integers(0, 2 * DAY_S - 1), st.booleans()), max_size=12)


@pytest.mark.parametrize("formula", ["sum", "count", "last"])
def test_usage_is_what_a_plain_list_says(store: Store, run: Any, formula: Formula) -> None:
    """Whatever is reported and canceled: the aggregate is that of a list, and parts add up to the whole."""

    @settings(max_examples=25)
    @given(reports)
    def holds(given_: list[tuple[Decimal, int, bool]]) -> None:
        scope = Scope(f"acct_{next(numbers)}", livemode=False)

        def work(tx: Tx) -> None:
            counted, ada = meter(tx, formula), customers.create(tx, {}).id
            kept: list[tuple[int, int, Decimal]] = []
            for order, (value, ago, wrong) in enumerate(given_):
                identifier = report(tx, counted, ada, f"{value:f}", timestamp=NOON - ago)
                if wrong:
                    given_name = {"event_name": counted.event_name, "cancel": {"identifier": identifier}}
                    meter_events.adjust(tx, given_name)
                else:
                    kept.append((NOON - ago, order, value))
            span = Span(counted.id, ada, NOON - 2 * DAY_S, NOON + 1)
            expected = {
                "sum": sum((value for _, _, value in kept), Decimal(0)),
                "count": Decimal(len(kept)),
                "last": max(kept)[2] if kept else Decimal(0),
            }
            assert meters.aggregate(tx, counted, span) == expected[formula]
            if formula != "last":
                cut = NOON - DAY_S
                parts = [span._replace(end=cut), span._replace(start=cut)]
                assert sum(meters.aggregate(tx, counted, each) for each in parts) == expected[formula]

        run(store.write(scope, work, now=NOON))

    holds()
