"""Versions: which are spoken, and how answers and parameters are turned between them."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest
import stripe

from tenure.domain.errors import Invalid
from tenure.domain.events import difference
from tenure.wire import forms, versions
from tenure.wire.expand import expand
from tenure.wire.versions import BETWEEN, CURRENT, SUPPORTED, UNDONE, check
from tenure.wire.versions.edges import FIELDS, suffix
from tenure.wire.versions.walking import overlaid

OLDEST, ACACIA, BASIL, CLOVER = "2024-06-20", "2024-10-28.acacia", "2025-03-31.basil", "2025-09-30.clover"
Shape = dict[str, Any]
COUPON = {"id": "25OFF", "object": "coupon", "percent_off": 25.0}
PRICE = {"id": "price_1", "object": "price", "recurring": {"interval": "month"}}
PLAN = {"id": "price_1", "object": "plan", "interval": "month"}
RATE = {"id": "txr_1", "object": "tax_rate", "flat_amount": None, "rate_type": "percentage", "percentage": 19.0}
DISCOUNT = {"id": "di_1", "object": "discount", "source": {"type": "coupon", "coupon": "25OFF"}}
KNOWN: dict[tuple[str, str], Shape] = {
    ("coupon", "25OFF"): COUPON,
    ("price", "price_1"): PRICE,
    ("plan", "price_1"): PLAN,
    ("tax_rate", "txr_1"): RATE,
    ("subscription.discount", "sub_1 di_1"): DISCOUNT,
    ("invoice.discount", "in_1 di_1"): DISCOUNT,
    ("invoice.collection", "in_1"): {"payment_intent": "pi_1", "charge": "ch_1", "paid_out_of_band": False},
    ("payment_intent.invoice", "pi_1"): {"invoice": "in_1"},
}


class Loads:
    """Knows what KNOWN has, and writes down each load."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, list[str]]] = []

    def __call__(self, kind: str, ids: list[str]) -> Mapping[str, Shape]:
        self.seen.append((kind, ids))
        return {id: deepcopy(KNOWN[kind, id]) for id in ids if (kind, id) in KNOWN}


def item(start: int, end: int) -> Shape:
    periods = {"current_period_start": start, "current_period_end": end}
    return {"id": f"si_{end}", "object": "subscription_item", "price": dict(PRICE), "plan": dict(PLAN), **periods}


def subscription(**fields: Any) -> Shape:
    base = {
        "id": "sub_1",
        "object": "subscription",
        "automatic_tax": {"enabled": False, "disabled_reason": None},
        "billing_mode": {"type": "classic"},
        "discounts": ["di_1"],
        "items": {"object": "list", "data": [item(1, 9), item(2, 5)]},
        "metadata": {"object": "discount", "source": "newsletter"},
    }
    return base | fields


TAX = {
    "amount": 190,
    "tax_behavior": "inclusive",
    "tax_rate_details": {"tax_rate": "txr_1"},
    "taxability_reason": "standard_rated",
    "taxable_amount": 1000,
}


def line(parent: Shape) -> Shape:
    return {
        "id": "il_1",
        "object": "line_item",
        "amount": 1190,
        "quantity": 2,
        "parent": parent,
        "pricing": {"price_details": {"price": "price_1", "product": "prod_1"}, "unit_amount_decimal": "595"},
        "pretax_credit_amounts": [],
        "taxes": [TAX],
    }


def invoice(*lines: Shape, **fields: Any) -> Shape:
    details = {"subscription": "sub_1", "metadata": {"ship": "Halyard"}, "subscription_proration_date": 7}
    base = {
        "id": "in_1",
        "object": "invoice",
        "status": "paid",
        "discounts": ["di_1"],
        "lines": {"object": "list", "data": list(lines)},
        "parent": {"type": "subscription_details", "subscription_details": details, "quote_details": None},
        "total_taxes": [TAX],
    }
    return base | fields


FROM_SUBSCRIPTION = {
    "type": "subscription_item_details",
    "subscription_item_details": {"subscription": "sub_1", "subscription_item": "si_9", "proration": False},
    "invoice_item_details": None,
}
FROM_ITEM = {
    "type": "invoice_item_details",
    "invoice_item_details": {"invoice_item": "ii_1", "subscription": None, "proration": True},
    "subscription_item_details": None,
}


def older(version: str, shape: Shape) -> Shape:
    return versions.older(version, shape, Loads())


def test_without_a_header_the_current_version_answers() -> None:
    assert check(None) is CURRENT
    assert CURRENT == "2026-10-28.endive"


def test_the_official_sdk_speaks_the_current_version() -> None:
    assert check(stripe.api_version) is CURRENT
    assert check("".join(CURRENT)) is CURRENT


@pytest.mark.parametrize("version", [*SUPPORTED, *BETWEEN])
def test_older_versions_are_spoken_too(version: str) -> None:
    assert check(version) == version


@pytest.mark.parametrize(
    "header", ["2025-08-28.basil", "2023-10-16", "2026-10-28", "2026-10-28.preview", "", "x" * 5000]
)
def test_other_versions_are_refused_by_name(header: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(header)
    assert refused.value.message == f"Invalid Stripe API version: {header[:100]}"


def test_versions_undo_what_came_after_them_and_the_newest_undoes_nothing() -> None:
    assert [len(UNDONE[version]) for version in SUPPORTED] == list(range(len(SUPPORTED)))
    assert list(SUPPORTED) == sorted(SUPPORTED, reverse=True)


def test_the_answer_itself_is_left_as_it_is() -> None:
    newest = subscription()
    kept = deepcopy(newest)
    older(OLDEST, newest)
    assert newest == kept


def test_a_subscription_before_basil_has_the_period_that_ends_first_and_one_discount() -> None:
    shape = older(ACACIA, subscription())
    assert (shape["current_period_start"], shape["current_period_end"]) == (2, 5)
    assert shape["discounts"] == ["di_1"]
    assert shape["discount"] == {"id": "di_1", "object": "discount", "coupon": COUPON}
    assert shape["automatic_tax"] == {"enabled": False}
    assert shape["metadata"] == {"object": "discount", "source": "newsletter"}
    first = shape["items"]["data"][0]
    assert "current_period_end" not in first and first["billing_thresholds"] is None
    assert first["price"]["recurring"]["aggregate_usage"] is None
    assert first["plan"]["aggregate_usage"] is None
    assert "billing_mode" not in shape


def test_expanded_discounts_embed_their_coupon_before_clover() -> None:
    shape = older(BASIL, subscription(discounts=[DISCOUNT]))
    assert shape["discounts"] == [{"id": "di_1", "object": "discount", "coupon": COUPON}]
    assert "current_period_end" in shape["items"]["data"][0]
    assert older(CLOVER, subscription(discounts=[DISCOUNT]))["discounts"] == [DISCOUNT]


def test_a_coupon_that_no_longer_exists_anywhere_is_null() -> None:
    lost = {**DISCOUNT, "source": {"type": "coupon", "coupon": "gone"}}
    assert older(BASIL, lost)["coupon"] is None


def test_an_invoice_before_basil() -> None:
    shape = older(ACACIA, invoice())
    assert (shape["subscription"], shape["payment_intent"], shape["charge"]) == ("sub_1", "pi_1", "ch_1")
    assert shape["subscription_details"] == {"metadata": {"ship": "Halyard"}}
    assert (shape["paid"], shape["paid_out_of_band"], shape["tax"]) == (True, False, 190)
    assert shape["subscription_proration_date"] == 7
    assert shape["discount"]["coupon"] == COUPON
    assert shape["total_tax_amounts"] == [
        {
            "amount": 190,
            "inclusive": True,
            "tax_rate": "txr_1",
            "taxability_reason": "standard_rated",
            "taxable_amount": 1000,
        }
    ]
    assert not {"parent", "total_taxes", "payments"} & shape.keys()


def test_an_invoice_of_nothing_before_basil() -> None:
    shape = older(OLDEST, invoice(status="open", parent=None, discounts=[], total_taxes=[]))
    assert (shape["paid"], shape["subscription"], shape["subscription_details"]) == (False, None, None)
    assert (shape["discount"], shape["tax"], shape["total_tax_amounts"]) == (None, None, [])
    assert "subscription_proration_date" not in shape


def test_lines_before_basil_show_price_plan_and_tax_rates_whole() -> None:
    shape = older(OLDEST, invoice(line(FROM_SUBSCRIPTION), line(FROM_ITEM)))
    first, second = shape["lines"]["data"]
    assert (first["type"], first["subscription_item"], first["invoice_item"]) == ("subscription", "si_9", None)
    assert (second["type"], second["subscription_item"], second["invoice_item"]) == ("invoiceitem", None, "ii_1")
    assert (first["proration"], second["proration"]) == (False, True)
    assert (first["amount_excluding_tax"], first["unit_amount_excluding_tax"]) == (1000, "500")
    assert first["price"]["id"] == first["plan"]["id"] == "price_1"
    assert first["tax_rates"] == [{"id": "txr_1", "object": "tax_rate", "percentage": 19.0}]
    assert not {"parent", "pricing", "taxes", "pretax_credit_amounts"} & first.keys()
    assert "pretax_credit_amounts" in older(ACACIA, line(FROM_ITEM))


def test_what_many_objects_need_is_loaded_once_for_each_kind() -> None:
    loads = Loads()
    listed = {"object": "list", "data": [invoice(line(FROM_ITEM), line(FROM_SUBSCRIPTION), id="in_1")] * 3}
    versions.older(OLDEST, listed, loads)
    assert sorted(kind for kind, _ in loads.seen) == sorted(
        ["invoice.collection", "invoice.discount", "price", "plan", "tax_rate", "coupon"]
    )


def test_an_invoice_item_before_basil() -> None:
    shape = older(
        ACACIA,
        {
            "id": "ii_1",
            "object": "invoiceitem",
            "amount": 990,
            "parent": {"subscription_details": {"subscription": "sub_1", "subscription_item": "si_1"}},
            "pricing": {"price_details": {"price": "price_1"}, "unit_amount_decimal": "49.5"},
        },
    )
    assert (shape["subscription"], shape["subscription_item"]) == ("sub_1", "si_1")
    assert (shape["unit_amount"], shape["unit_amount_decimal"]) == (None, "49.5")
    assert shape["price"]["id"] == "price_1"


def test_a_credit_note_and_an_intent_before_basil() -> None:
    lines = {"object": "list", "data": [{"object": "credit_note_line_item", "amount": 10, "quantity": 4, "taxes": []}]}
    note = {"id": "cn_1", "object": "credit_note", "refunds": [{"refund": "re_1"}], "total_taxes": [], "type": "mixed"}
    shape = older(ACACIA, {**note, "lines": lines})
    assert (shape["refund"], shape["tax_amounts"], shape["type"]) == ("re_1", [], "post_payment")
    assert shape["lines"]["data"][0]["unit_amount_excluding_tax"] == "2.5"
    assert older(ACACIA, {"id": "pi_1", "object": "payment_intent"})["invoice"] == "in_1"


def test_a_schedule_before_basil_has_one_coupon_a_phase() -> None:
    phases = [{"discounts": [{"coupon": "25OFF"}], "items": [{}]}, {"discounts": [], "items": []}]
    shape = older(ACACIA, {"id": "sub_sched_1", "object": "subscription_schedule", "phases": phases})
    assert [phase["coupon"] for phase in shape["phases"]] == ["25OFF", None]


def test_a_deleted_object_is_shown_as_ever() -> None:
    gone = {"id": "sub_1", "object": "subscription", "deleted": True}
    assert older(OLDEST, gone) == gone


def test_the_reason_that_dahlia_brought_is_told_as_a_request() -> None:
    ended = subscription(cancellation_details={"reason": "canceled_by_retention_policy", "feedback_option": None})
    assert older(CLOVER, ended)["cancellation_details"] == {"reason": "cancellation_requested"}
    assert older("2026-03-25.dahlia", ended)["cancellation_details"]["reason"] == "canceled_by_retention_policy"


def test_overlaying_is_the_inverse_of_the_difference() -> None:
    before: Shape = {"a": 1, "b": {"c": [1], "d": None}, "e": None, "f": {"g": 1}}
    after: Shape = {"a": 2, "b": {"c": [1, 2], "d": 5}, "e": {"x": 1}, "f": None}
    assert overlaid(after, difference(before, after)) == before


def test_an_event_says_what_was_before_in_the_older_version() -> None:
    after, before = subscription(), subscription(items={"object": "list", "data": [item(1, 4), item(2, 5)]})
    data = {"object": after, "previous_attributes": difference(before, after)}
    event = {"id": "evt_1", "object": "event", "api_version": CURRENT, "context": None, "data": data}
    shape = versions.older_event(ACACIA, event, Loads())
    assert shape["api_version"] == ACACIA
    assert "context" not in shape
    assert shape["data"]["object"]["current_period_end"] == 5
    assert shape["data"]["previous_attributes"]["current_period_end"] == 4
    assert event["data"] is data and data["object"] == subscription()


def test_events_in_answers_keep_their_own_version() -> None:
    event = {"id": "evt_1", "object": "event", "api_version": CURRENT, "data": {"object": subscription()}}
    assert older(OLDEST, event)["data"]["object"] == subscription()


@pytest.mark.parametrize(
    ("version", "operation", "given", "newest"),
    [
        (OLDEST, "POST /v1/subscriptions/{id}", "coupon=25OFF", "discounts[][coupon]=25OFF"),
        (OLDEST, "POST /v1/subscriptions/{id}", "promotion_code=promo_1", "discounts[][promotion_code]=promo_1"),
        (OLDEST, "POST /v1/subscriptions/{id}", "coupon=", "discounts="),
        (OLDEST, "POST /v1/subscriptions", "coupon=A", "discounts[][coupon]=A&billing_mode[type]=classic"),
        (BASIL, "POST /v1/subscriptions", "billing_mode[type]=flexible", "billing_mode[type]=flexible"),
        (CLOVER, "POST /v1/subscriptions", "customer=cus_1", "customer=cus_1"),
        (BASIL, "POST /v1/promotion_codes", "coupon=A", "promotion[type]=coupon&promotion[coupon]=A"),
        (OLDEST, "POST /v1/invoiceitems", "price=p&quantity=2", "pricing[price]=p&quantity=2"),
        (OLDEST, "POST /v1/invoiceitems", "unit_amount=5", "unit_amount_decimal=5"),
        (
            OLDEST,
            "POST /v1/invoices/{id}/add_lines",
            "lines[0][price]=p&lines[1][amount]=5",
            "lines[0][pricing][price]=p&lines[1][amount]=5",
        ),
        (OLDEST, "POST /v1/credit_notes", "refund=re_1", "refunds[][refund]=re_1"),
        (
            OLDEST,
            "POST /v1/subscription_schedules/{id}",
            "phases[][coupon]=A",
            "phases[][discounts][][coupon]=A",
        ),
        (
            OLDEST,
            "POST /v1/invoices/create_preview",
            "subscription=sub_1&subscription_items[0][price]=p&subscription_proration_date=7&coupon=A&limit=3",
            "subscription=sub_1&subscription_details[items][0][price]=p&subscription_details[proration_date]=7"
            "&discounts[][coupon]=A",
        ),
    ],
)
def test_older_parameters_become_the_newest(version: str, operation: str, given: str, newest: str) -> None:
    tree = forms.decode(given)
    versions.newer(version, operation, tree)
    assert tree == forms.decode(newest)


def test_errors_can_blame_the_names_that_the_caller_used() -> None:
    tree = forms.decode("coupon=A")
    assert versions.newer(OLDEST, "POST /v1/subscriptions/{id}", tree) == {"discounts[0][coupon]": "coupon"}
    listed = forms.decode("discounts[][coupon]=A")
    assert versions.newer(OLDEST, "POST /v1/subscriptions/{id}", listed) == {}


@pytest.mark.parametrize("given", ["coupon=A&promotion_code=B", "coupon=A&discounts[][coupon]=B"])
def test_two_ways_to_say_the_same_exclude_each_other(given: str) -> None:
    with pytest.raises(Invalid, match="You may only specify one of these parameters"):
        versions.newer(OLDEST, "POST /v1/subscriptions", forms.decode(given))


def test_upcoming_invoices_were_got_before_basil() -> None:
    preview = "POST /v1/invoices/create_preview"
    assert versions.moved(ACACIA, "GET /v1/invoices/{id}", "upcoming") == preview
    assert versions.moved(ACACIA, "GET /v1/invoices/{id}/lines", "upcoming") == preview
    assert versions.moved(ACACIA, "GET /v1/invoices/{id}", "in_1") is None
    assert versions.moved(BASIL, "GET /v1/invoices/{id}", "upcoming") is None


def test_what_can_be_expanded_is_what_the_version_has() -> None:
    end = suffix(OLDEST)
    assert {"payment_intent", "charge", "discount"} <= FIELDS["invoice" + end].keys()
    assert not {"payments", "parent"} & FIELDS["invoice" + end].keys()
    shape = {"id": "in_1", "object": "invoice", "payment_intent": "pi_1", "charge": "ch_1"}
    whole = {"id": "pi_1", "object": "payment_intent", "latest_charge": "ch_1"}
    seen: list[str] = []

    def load(kind: str, ids: list[str]) -> Mapping[str, Shape]:
        seen.append(kind)
        return {"pi_1": whole}

    assert expand(shape, ["payment_intent"], load, version=end)["payment_intent"] == whole
    assert seen == ["payment_intent" + end]
    with pytest.raises(Invalid, match="cannot be expanded"):
        expand(shape, ["payments"], load, version=end)
