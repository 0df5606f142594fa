"""The cancel flow over HTTP: every order of steps, every deep link, every thing that can stand in the way."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.portal.visitors import RETURN

IMMEDIATELY = {"mode": "immediately"}


def offer(coupon):
    return {"type": "coupon_offer", "coupon_offer": {"coupon": coupon.id}}


@pytest.fixture
def ada(shop):
    return shop.customer()


@pytest.fixture
def subscription(shop, ada):
    return shop.subscription(ada)


def flows(server, client, subscription):
    """The cancellation sessions of a subscription, newest first."""
    answer = client.raw_request("get", "/v1/cancellation_sessions", subscription=subscription.id)
    return client.deserialize(answer, api_mode="V1").data


def test_the_reason_is_asked_after_the_cancel_by_default(browse, shop, ada, subscription):
    visitor = browse().open(shop.link(ada, shop.configuration()))
    visitor.press("cancel-subscription")
    assert visitor.heading == "Confirm your cancellation"
    assert shop.now(subscription).cancel_at is None
    visitor.press("confirm")
    assert visitor.path.endswith("/cancel/reason")
    canceled = shop.now(subscription)
    assert canceled.cancel_at == canceled["items"].data[0].current_period_end
    assert canceled.cancellation_details.reason == "cancellation_requested"
    assert canceled.cancellation_details.feedback is None
    visitor.press("cancellation_reason_submit", feedback="unused", comment="Dear <b>team</b>\r\nbye")
    assert visitor.path.endswith("/cancel/done")
    details = shop.now(subscription).cancellation_details
    assert (details.feedback, details.comment) == ("unused", "Dear <b>team</b>\nbye")
    assert [event.type for event in shop.events(subscription)] == [
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.updated",
    ]


def test_the_reason_can_be_asked_before_and_changed(browse, shop, ada, subscription):
    visitor = browse().open(shop.link(ada, shop.configuration(ask="before")))
    visitor.press("cancel-subscription")
    assert visitor.heading == "Why are you canceling?"
    visitor.press("cancellation_reason_submit", feedback="too_complex")
    assert "Ease of use was less than expected" in visitor.text
    visitor.get(f"/p/subscriptions/{subscription.id}/cancel/reason")
    assert 'value="too_complex" checked' in visitor.page.text
    visitor.press("cancellation_reason_submit", feedback="low_quality").press("confirm")
    assert visitor.path.endswith("/cancel/done")
    assert shop.now(subscription).cancellation_details.feedback == "low_quality"
    assert len(shop.events(subscription)) == 2


@pytest.mark.parametrize("ask", ["before", "after"])
def test_the_reason_can_always_be_skipped(browse, shop, ada, subscription, ask):
    visitor = browse().open(shop.link(ada, shop.configuration(ask=ask))).press("cancel-subscription")
    if ask == "before":
        visitor.press("cancellation_reason_cancel", comment="not to be kept").press("confirm")
    else:
        visitor.press("confirm").press("cancellation_reason_cancel", comment="not to be kept")
    assert visitor.heading == "Your subscription is canceled"
    details = shop.now(subscription).cancellation_details
    assert (details.reason, details.feedback, details.comment) == ("cancellation_requested", None, None)


def test_without_reasons_there_is_no_question(browse, shop, ada, subscription):
    visitor = browse().open(shop.link(ada, shop.configuration(ask=None)))
    visitor.press("cancel-subscription").press("confirm")
    assert visitor.path.endswith("/cancel/done")


def test_the_receipt_has_reference_time_and_the_way_back(browse, shop, ada, subscription):
    visitor = browse().open(shop.link(ada, shop.configuration(ask=None)))
    visitor.press("cancel-subscription").press("confirm")
    assert "Reference C-" in visitor.text
    assert " UTC" in visitor.text
    visitor.press("renew-subscription")
    assert visitor.path == f"/p/?renewed={subscription.id}"
    renewed = shop.now(subscription)
    assert (renewed.cancel_at, renewed.canceled_at, renewed.cancellation_details.reason) == (None, None, None)


def test_cancelling_at_once_says_so_and_ends_it(browse, shop, ada, subscription):
    visitor = browse().open(shop.link(ada, shop.configuration(**IMMEDIATELY))).press("cancel-subscription")
    assert "Studio stops working now" in visitor.text and "Cancel now" in visitor.text
    visitor.press("confirm")
    assert shop.now(subscription).status == "canceled"
    visitor.press("cancellation_reason_submit", feedback="other", comment="Bye")
    assert "renew-subscription" not in visitor.page.text
    assert shop.now(subscription).cancellation_details.comment == "Bye"


def test_an_offer_is_shown_with_its_price_path_and_can_be_declined(browse, shop, ada, subscription):
    coupon = shop.coupon()
    visitor = browse().open(shop.link(ada, shop.configuration(retention=offer(coupon)))).press("cancel-subscription")
    assert visitor.heading == "Stay for 25% less?"
    for words in ("25% off for 3 months", "payments, each", "€21.75", "You save in total"):
        assert words in visitor.text
    visitor.press("retention-decline")
    assert visitor.heading == "Confirm your cancellation"
    visitor.get(f"/p/subscriptions/{subscription.id}/cancel/offer")
    assert visitor.heading == "Confirm your cancellation"
    visitor.press("confirm")
    assert shop.now(subscription).cancel_at is not None
    assert shop.api.coupons.retrieve(coupon.id).times_redeemed == 0


def test_an_offer_is_never_made_twice_in_one_visit(browse, shop, ada, subscription):
    coupon = shop.coupon()
    visitor = browse().open(shop.link(ada, shop.configuration(retention=offer(coupon))))
    visitor.press("cancel-subscription").press("retention-decline").press("cancel").press("cancel-subscription")
    assert visitor.heading == "Confirm your cancellation"


def test_an_accepted_offer_puts_the_coupon_on_and_cancels_nothing(browse, shop, ada, subscription):
    coupon = shop.coupon()
    config = shop.configuration(retention=offer(coupon), ask="before")
    visitor = browse().open(shop.link(ada, config)).press("cancel-subscription")
    visitor.press("cancellation_reason_submit", feedback="too_expensive")
    assert "You said it’s too expensive" in visitor.text
    visitor.press("retention-accept")
    assert visitor.heading == "You’re staying, with 25% off"
    kept = shop.now(subscription)
    assert kept.cancel_at is None
    assert len(kept.discounts) == 1
    assert shop.api.coupons.retrieve(coupon.id).times_redeemed == 1
    visitor.get("/p/")
    assert "€21.75 per month" in visitor.text
    visitor.press("cancel-subscription").press("cancellation_reason_cancel")
    assert visitor.heading == "Confirm your cancellation"


def test_an_offer_clicked_many_times_counts_once(browse, shop, ada, subscription):
    coupon = shop.coupon()
    visitor = browse().open(shop.link(ada, shop.configuration(retention=offer(coupon)))).press("cancel-subscription")
    path = f"{visitor.base}/p/subscriptions/{subscription.id}/cancel/offer"
    cookies = visitor.http.cookies.get_dict()

    def click(_):
        return visitor.http.post(path, {"choice": "accept"}, cookies=cookies, allow_redirects=False).status_code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(click, range(6))) == {303}
    assert shop.api.coupons.retrieve(coupon.id).times_redeemed == 1
    assert len(shop.now(subscription).discounts) == 1


def test_an_offer_that_is_gone_leaves_the_way_out_open(browse, shop, ada, subscription):
    coupon = shop.coupon(max_redemptions=1)
    visitor = browse().open(shop.link(ada, shop.configuration(retention=offer(coupon)))).press("cancel-subscription")
    other = shop.subscription(shop.customer())
    shop.api.subscriptions.update(other.id, {"discounts": [{"coupon": coupon.id}]})
    visitor.press("retention-accept")
    assert visitor.heading == "Confirm your cancellation"
    assert "The offer is no longer available" in visitor.text
    visitor.press("confirm")
    assert shop.now(subscription).cancel_at is not None


def test_a_coupon_that_does_not_fit_is_not_offered(browse, shop, ada, subscription):
    wrong = shop.coupon(max_redemptions=1)
    shop.api.subscriptions.update(shop.subscription(shop.customer()).id, {"discounts": [{"coupon": wrong.id}]})
    visitor = browse().open(shop.link(ada, shop.configuration(retention=offer(wrong)))).press("cancel-subscription")
    assert visitor.heading == "Confirm your cancellation"


def test_reasons_stand_in_configured_order_with_custom_ones_before_other(browse, shop, ada, subscription, client):
    answer = client.raw_request("post", "/v1/billing/feedback_options", description="Moving <abroad>")
    custom = client.deserialize(answer, api_mode="V1")
    reason = {
        "enabled": True,
        "options": ["other", "unused", "low_quality"],
        "feedback_options": [custom.id],
        "ask": "before",
    }
    config = shop.configuration(cancellation_reason=reason)
    visitor = browse().open(shop.link(ada, config)).press("cancel-subscription")
    places = [
        visitor.page.text.index(f'cancel-reason-opt-{value}"')
        for value in ("unused", "low_quality", custom.id, "other")
    ]
    assert places == sorted(places)
    assert "Moving &lt;abroad&gt;" in visitor.page.text
    visitor.press("cancellation_reason_submit", feedback=custom.id).press("confirm")
    details = shop.now(subscription).cancellation_details
    assert (details.feedback, details.feedback_option) == (None, custom.id)


def test_a_reason_that_was_not_offered_is_not_kept(browse, shop, ada, subscription):
    visitor = browse().open(shop.link(ada, shop.configuration(ask="before"))).press("cancel-subscription")
    visitor.press("cancellation_reason_submit", feedback="hacked").press("confirm")
    assert shop.now(subscription).cancellation_details.feedback is None


def test_a_comment_over_the_limit_is_explained_and_not_cut(browse, shop, ada, subscription):
    visitor = browse().open(shop.link(ada, shop.configuration())).press("cancel-subscription").press("confirm")
    long = "é" * 5001
    visitor.press("cancellation_reason_submit", feedback="other", comment=long)
    assert visitor.status == 422
    assert "Shorten your note to 5,000 characters or fewer" in visitor.text
    assert long in visitor.page.text and 'value="other" checked' in visitor.page.text
    assert "<title>Error: " in visitor.page.text
    visitor.press("cancellation_reason_submit", feedback="other", comment="\r\n" * 2500 + "é" * 2500)
    assert visitor.path.endswith("/cancel/done")
    assert shop.now(subscription).cancellation_details.comment == "é" * 2500


def test_keeping_the_subscription_changes_nothing(browse, shop, ada, subscription, client, server):
    visitor = browse().open(shop.link(ada, shop.configuration())).press("cancel-subscription").press("cancel")
    assert visitor.path == "/p/"
    assert shop.now(subscription).cancel_at is None
    assert len(shop.events(subscription)) == 1
    assert flows(server, client, subscription)[0].outcome == "aborted"


def test_pages_out_of_order_lead_to_the_step_at_hand(browse, shop, ada, subscription):
    base = f"/p/subscriptions/{subscription.id}/cancel"
    visitor = browse().open(shop.link(ada, shop.configuration(ask="before")))
    for page in ("", "/reason", "/offer", "/confirm", "/done"):
        assert visitor.get(base + page).path == "/p/", page
    visitor.press("cancel-subscription")
    for page in ("", "/offer", "/confirm", "/done"):
        assert visitor.get(base + page).path == f"{base}/reason", page
    visitor.get(f"{base}/reason").press("cancellation_reason_cancel")
    for page in ("", "/offer", "/done"):
        assert visitor.get(base + page).path == f"{base}/confirm", page
    visitor.get(f"{base}/confirm").press("confirm")
    for page in ("", "/reason", "/offer", "/confirm"):
        assert visitor.get(base + page).path == f"{base}/done", page


def test_reading_pages_changes_nothing(browse, shop, ada, subscription):
    base = f"/p/subscriptions/{subscription.id}/cancel"
    visitor = browse().open(shop.link(ada, shop.configuration())).press("cancel-subscription")
    for page in ("", "/reason", "/offer", "/confirm", "/done", "/keep"):
        visitor.get(base + page)
    assert len(shop.events(subscription)) == 1


def test_confirming_twice_cancels_once(browse, shop, ada, subscription):
    visitor = browse().open(shop.link(ada, shop.configuration())).press("cancel-subscription")
    form = visitor.forms()[-2] if visitor.forms()[-1].action == "/p/language" else visitor.forms()[-1]
    visitor.submit(form)
    visitor.submit(form)
    assert visitor.path.endswith("/cancel/reason")
    assert len(shop.events(subscription)) == 2


def test_a_subscription_that_changed_meanwhile_is_confirmed_again(browse, shop, ada, subscription):
    visitor = browse().open(shop.link(ada, shop.configuration(ask=None))).press("cancel-subscription")
    item = subscription["items"].data[0].id
    shop.api.subscription_items.update(item, {"quantity": 3})
    visitor.press("confirm")
    assert visitor.status == 409
    assert "This subscription changed while you were here" in visitor.text
    assert shop.now(subscription).cancel_at is None
    visitor.press("confirm")
    assert shop.now(subscription).cancel_at is not None


def test_a_subscription_that_is_ending_or_ended_meanwhile_is_told_calmly(browse, shop, ada, subscription):
    visitor = browse().open(shop.link(ada, shop.configuration(ask=None))).press("cancel-subscription")
    form = next(form for form in visitor.forms() if form.action.endswith("/confirm"))
    shop.api.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    visitor.submit(form)
    assert (visitor.status, visitor.heading) == (409, "This subscription is already set to be canceled")
    shop.api.subscriptions.cancel(subscription.id)
    visitor.submit(form)
    assert (visitor.status, visitor.heading) == (409, "This subscription has already ended")
    visitor.post(f"/p/subscriptions/{subscription.id}/cancel")
    assert visitor.heading == "This subscription has already ended"


def test_every_flow_leaves_its_record(browse, shop, ada, subscription, client, server):
    coupon = shop.coupon()
    config = shop.configuration(retention=offer(coupon), ask="before")
    visitor = browse(language="de").open(shop.link(ada, config)).press("cancel-subscription")
    visitor.press("cancellation_reason_submit", feedback="too_expensive", comment="Zu teuer")
    visitor.press("retention-decline").press("confirm")
    (flow,) = flows(server, client, subscription)
    assert (flow.outcome, flow.source, flow.locale) == ("cancelled", "portal", "de")
    assert (flow.feedback, flow.comment) == ("too_expensive", "Zu teuer")
    assert flow.offer.coupon == coupon.id
    assert flow.offer.declined_at and not flow.offer.accepted_at
    assert flow.reference in visitor.text
    visitor.press("renew-subscription")
    assert flows(server, client, subscription)[0].undone_at


# Deep links


def test_a_deep_link_shows_its_task_alone(browse, shop, ada, subscription):
    visitor = browse().open(shop.deep_link(subscription, shop.configuration()))
    assert visitor.heading == "Confirm your cancellation"
    assert 'href="/p/"' not in visitor.page.text
    assert f'href="{RETURN}"' in visitor.page.text
    assert visitor.get("/p/").heading == "Confirm your cancellation"
    visitor.press("cancel")
    assert visitor.heading == "Your subscription continues"
    assert 'href="/p/"' not in visitor.page.text and f'href="{RETURN}"' in visitor.page.text
    assert shop.now(subscription).cancel_at is None


def test_a_deep_link_ends_on_a_confirmation_in_the_merchants_words(browse, shop, ada, subscription):
    said = {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": "Farewell, <b>friend</b>"}}
    visitor = browse().open(shop.deep_link(subscription, shop.configuration(ask=None), after_completion=said))
    visitor.press("confirm")
    assert visitor.heading == "Your subscription is canceled"
    assert "Farewell, &lt;b&gt;friend&lt;/b&gt;" in visitor.page.text
    visitor.press("renew-subscription")
    assert visitor.heading == "Your subscription continues"


def test_a_deep_link_ends_with_the_way_to_the_merchant(browse, shop, ada, subscription):
    to = {"type": "redirect", "redirect": {"return_url": "https://app.halyard.example/bye?a=1&b=2"}}
    visitor = browse().open(shop.deep_link(subscription, shop.configuration(), after_completion=to))
    visitor.press("confirm")
    assert visitor.heading == "Why did you cancel?"
    visitor.press("cancellation_reason_cancel")
    assert 'http-equiv="refresh" content="0;url=https://app.halyard.example/bye?a=1&amp;b=2"' in visitor.page.text
    assert 'href="https://app.halyard.example/bye?a=1&amp;b=2"' in visitor.page.text


def test_a_deep_link_ends_at_home(browse, shop, ada, subscription):
    home = {"type": "portal_homepage"}
    visitor = browse().open(shop.deep_link(subscription, shop.configuration(ask=None), after_completion=home))
    assert visitor.get("/p/").heading == "Confirm your cancellation"
    visitor.press("confirm")
    assert visitor.path == f"/p/?canceled={subscription.id}"
    assert "Your subscription is canceled" in visitor.text
    assert "renew-subscription" in visitor.page.text


def test_a_deep_link_may_bring_its_own_offer(browse, shop, ada, subscription, client, server):
    coupon = shop.coupon(percent_off=50)
    visitor = browse().open(shop.deep_link(subscription, shop.configuration(), retention=offer(coupon)))
    assert visitor.heading == "Stay for 50% less?"
    visitor.press("retention-accept")
    assert visitor.heading == "You’re staying, with 50% off"
    assert flows(server, client, subscription)[0].source == "portal_flow"


def test_a_deep_link_to_what_ended_meanwhile_says_so(browse, shop, ada, subscription):
    link = shop.deep_link(subscription, shop.configuration())
    shop.api.subscriptions.cancel(subscription.id)
    visitor = browse().open(link)
    assert visitor.heading == "This subscription has already ended"
    assert f'href="{RETURN}"' in visitor.page.text


def test_a_test_clock_decides_what_time_it_is(browse, shop):
    clock = shop.api.test_helpers.test_clocks.create({"frozen_time": 1861920000})  # 2029-01-01
    ada = shop.customer(test_clock=clock.id)
    subscription = shop.subscription(ada)
    visitor = browse().open(shop.link(ada, shop.configuration(ask=None))).press("cancel-subscription")
    assert "February 1, 2029" in visitor.text
    visitor.press("confirm")
    assert shop.now(subscription).canceled_at == 1861920000
    assert "January 1, 2029" in visitor.text
