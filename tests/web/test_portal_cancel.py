"""The words of the cancel flow: what is offered, what is stated, in which order reasons stand."""

import pytest
from msgspec.structs import replace

from tenure.domain.cancellations import at_period_end, cancel_now
from tenure.domain.coupons import Coupon
from tenure.domain.portal import FeedbackOption
from tenure.domain.retention import CancellationSession, OfferRecord, OfferTerms, Payment, Policy
from tenure.domain.subscriptions import Status, Subscription
from tenure.i18n.languages import language
from tenure.web import portal_cancel
from tenure.web.portal_cancel import Case, Money
from tenure.web.portal_preview import sample_catalog, sample_subscription, sample_terms
from tenure.web.readers import Merchant, Reader
from tenure.web.reasons import reason_options

NOW = 1795348800  # 2026-11-22 12:00 UTC; the sample's period ends on 14 December
MERCHANT = Merchant(account="acct_1", name="Halyard")
LABELS = {
    "too_expensive": "It's too expensive",
    "missing_features": "I need more features",
    "switched_service": "I found an alternative",
    "unused": "I no longer need it",
    "customer_service": "Customer service was less than expected",
    "too_complex": "Ease of use was less than expected",
    "low_quality": "Quality was less than expected",
    "other": "Other reason",
}
POLICY = Policy(ask="after", options=tuple(LABELS))
FLOW = CancellationSession(id="cxs_1", customer="cus_1", subscription="sub_1")


def case(subscription: Subscription | None = None, *, tag: str = "en", **fields: object) -> Case:
    given = {
        "subscription": subscription or sample_subscription(NOW, "eur"),
        "catalog": sample_catalog(MERCHANT, "eur"),
        "policy": POLICY,
        "flow": FLOW,
        "reader": Reader(language=language(tag), now=NOW),
        "merchant": MERCHANT,
    }
    return Case(**(given | fields))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_the_presets_read_as_promised_in_configured_order():
    options = reason_options(POLICY, {}, language("en"))
    assert {option.value: option.label for option in options} == LABELS
    assert [option.value for option in options] == list(LABELS)


def test_custom_reasons_follow_the_presets_and_other_comes_last():
    custom = {
        "fbo_1": FeedbackOption(id="fbo_1", description="Moving abroad", descriptions={"de": "Ich ziehe um"}),
        "fbo_2": FeedbackOption(id="fbo_2", description="Gone", status="inactive"),
    }
    policy = Policy(ask="after", options=("other", "unused"), feedback_options=("fbo_2", "fbo_1", "fbo_3"))
    english = reason_options(policy, custom, language("en"))
    assert [option.value for option in english] == ["unused", "fbo_1", "other"]
    german = {option.value: option for option in reason_options(policy, custom, language("de"))}
    assert (german["fbo_1"].label, german["fbo_1"].lang) == ("Ich ziehe um", None)


@pytest.mark.parametrize(("tag", "read"), [("en-AU", "British"), ("en", "English"), ("de", "Anderer Grund")])
def test_a_preset_is_reworded_by_the_closest_language_that_has_a_label(tag, read):
    policy = replace(POLICY, labels={"other": {"en": "English", "en-GB": "British", "fr": "Français"}})
    assert {option.value: option.label for option in reason_options(policy, {}, language(tag))}["other"] == read


def test_the_confirm_page_marks_a_reason_in_another_language():
    custom = {"fbo_1": FeedbackOption(id="fbo_1", description="Moving abroad")}
    policy = replace(POLICY, ask="before", feedback_options=("fbo_1",))
    page = portal_cancel.confirm_page(
        case(tag="de", policy=policy, options=custom, flow=replace(FLOW, feedback_option="fbo_1"))
    )
    assert (page.reason, page.reason_lang) == ("Moving abroad", "en")


def test_a_custom_reason_without_a_translation_is_marked_with_the_merchants_language():
    custom = {"fbo_1": FeedbackOption(id="fbo_1", description="Moving abroad")}
    policy = Policy(ask="after", feedback_options=("fbo_1",))
    assert reason_options(policy, custom, language("de"), "en")[0].lang == "en"
    assert reason_options(policy, custom, language("en-GB"), "en")[0].lang is None


@pytest.mark.parametrize(
    ("coupon", "title", "headline", "rows"),
    [
        (
            Coupon(id="a", percent_off=25, duration="repeating", duration_in_months=3),
            "Stay for 25% less?",
            "25% off for 3 months",
            [
                ("Next 3 payments, each", "€21.75", "€29.00"),
                ("From March 14, 2027, per month", "€29.00", ""),
                ("You save in total", "€21.75", ""),  # 3 * 7.25
            ],
        ),
        (
            Coupon(id="b", amount_off=500, currency="eur", duration="once"),
            "Stay for €5.00 less?",
            "€5.00 off your next payment",
            [
                ("Next payment", "€24.00", "€29.00"),
                ("From January 14, 2027, per month", "€29.00", ""),
                ("You save in total", "€5.00", ""),
            ],
        ),
        (
            Coupon(id="c", percent_off=10, duration="forever"),
            "Stay for 10% less?",
            "10% off, for as long as you stay",
            [("Each payment, per month", "€26.10", "€29.00")],
        ),
    ],
)
def test_an_offer_spells_out_the_whole_price_path(coupon, title, headline, rows):
    made = case()
    money = sample_terms(coupon, made.subscription, now=NOW)
    page = portal_cancel.offer_page(made, coupon, money)
    assert (plain(page.title), plain(page.headline)) == (title, headline)
    assert [(plain(row.label), row.amount, row.was) for row in page.rows] == rows
    assert "December 14, 2026" in plain(page.terms)


def test_payments_of_different_amounts_have_their_dates():
    day = 86400
    lower = [Payment(at=NOW + n * day, full=full, reduced=full - 500) for n, full in enumerate((3400, 2900, 2900))]
    after = Payment(at=NOW + 3 * day, full=2900, reduced=2900)
    money = OfferTerms(coupon="a", currency="eur", payments=tuple(lower), after=after)
    page = portal_cancel.offer_page(case(), Coupon(id="a", amount_off=500, duration="repeating"), money)
    assert [(plain(row.label), row.amount, row.was) for row in page.rows] == [
        ("Payment on November 22, 2026", "€29.00", "€34.00"),
        ("2 payments from November 23, 2026, each", "€24.00", "€29.00"),
        ("From November 25, 2026, per month", "€29.00", ""),
        ("You save in total", "€15.00", ""),
    ]


def test_an_offer_takes_up_the_reason_where_it_fits():
    coupon = Coupon(id="a", percent_off=25, duration="forever")
    said = case(flow=replace(FLOW, feedback="too_expensive"))
    assert "too expensive" in portal_cancel.offer_page(said, coupon, None).lead
    assert "too expensive" not in portal_cancel.offer_page(case(), coupon, None).lead


def test_the_confirm_page_says_what_ends_when_and_how_to_undo_it():
    page = portal_cancel.confirm_page(case())
    titles = [plain(point.title) for point in page.points]
    assert titles == [
        "Halyard Studio keeps working until December 14, 2026",
        "No more payments",
        "You can undo this until December 14, 2026",
    ]
    assert not page.immediate


def test_ending_at_once_says_that_it_cannot_be_undone():
    page = portal_cancel.confirm_page(case(policy=replace(POLICY, mode="immediately")))
    assert [point.title for point in page.points] == [
        "Halyard Studio stops working now",
        "No more payments",
        "This can’t be undone",
    ]
    assert page.immediate


def test_a_failed_payment_is_mentioned_before_confirming():
    late = replace(sample_subscription(NOW, "eur"), status=Status.PAST_DUE)
    point = portal_cancel.confirm_page(case(late, money=Money(unpaid=2900))).points[1]
    assert point.text == "€29.00 of earlier invoices stays to be paid."


def test_a_last_invoice_and_what_comes_back_are_mentioned_before_confirming():
    point = portal_cancel.confirm_page(case(money=Money(credit=1210, last_bill=True))).points[1]
    assert point.title == "No more regular payments"
    assert point.text == (
        "One last invoice covers what you have used and not paid yet. "
        "€12.10 for the time that is left counts toward your next invoice."
    )


def test_the_version_changes_with_what_is_stated():
    made = sample_subscription(NOW, "eur")
    versions = {
        portal_cancel.facts_version(made, POLICY),
        portal_cancel.facts_version(made, replace(POLICY, mode="immediately")),
        portal_cancel.facts_version(at_period_end(made, NOW), POLICY),
        portal_cancel.facts_version(replace(made, status=Status.PAST_DUE), POLICY),
        portal_cancel.facts_version(replace(made, items=[replace(made.items[0], quantity=2)]), POLICY),
    }
    assert len(versions) == 5
    assert portal_cancel.facts_version(replace(made, metadata={"a": "b"}), POLICY) in versions


def test_a_receipt_has_reference_time_and_zone():
    ending = at_period_end(sample_subscription(NOW, "eur"), NOW)
    flow = replace(FLOW, confirmed_at=NOW, reference="C-ABCDEFGH")
    page = portal_cancel.canceled_page(case(ending, flow=flow))
    assert [(term, plain(text)) for term, text in page.rows] == [
        ("Ends on", "December 14, 2026"),
        ("Reference", "C-ABCDEFGH"),
        ("Received", "November 22, 2026, 12:00:00\u202fPM UTC"),
    ]
    assert page.can_undo
    ended = portal_cancel.canceled_page(case(cancel_now(sample_subscription(NOW, "eur"), NOW), flow=flow))
    assert (ended.rows[0][0], ended.can_undo) == ("Ended on", False)


def test_the_steps_are_counted_as_the_customer_meets_them():
    both = case(policy=replace(POLICY, ask="before"), offer=True)
    assert [both.step(name) for name in ("ask", "offer", "confirm")] == [(1, 3), (2, 3), (3, 3)]
    assert case(offer=True).step("confirm") == (2, 2)
    assert case().step("confirm") == (1, 1)


def test_a_reason_after_the_cancel_comes_with_what_was_done():
    flow = replace(FLOW, confirmed_at=NOW)
    page = portal_cancel.reason_page(case(at_period_end(sample_subscription(NOW, "eur"), NOW), flow=flow))
    assert page.done is not None
    assert page.done.title == "Your subscription is canceled"
    assert page.title == "Why did you cancel?"


def test_an_accepted_offer_says_that_nothing_was_cancelled():
    coupon = Coupon(id="a", percent_off=25, duration="repeating", duration_in_months=3)
    flow = replace(FLOW, offer=OfferRecord(coupon="a", shown_at=NOW, accepted_at=NOW), outcome="saved")
    page = portal_cancel.saved_page(case(flow=flow), coupon, None)
    assert page.title == "You’re staying, with 25% off"
    assert page.lead == "Nothing was canceled. 25% off for 3 months."
