"""The story: a merchant sets up with the official SDK, a customer cancels in a real browser, the merchant sees why.

SDK ─▶ portal link ─▶ Chromium ─▶ events ─▶ verified webhooks ─▶ dashboard ─▶ SQL ─▶ the period's end
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.receiver import Receiver
from tests.support.server import Server
from tests.support.wait import until

MONTH_S = 32 * 86400
UPDATED, DELETED = "customer.subscription.updated", "customer.subscription.deleted"
REASONS = ["too_expensive", "missing_features", "switched_service", "unused"]
REASONS += ["customer_service", "too_complex", "low_quality", "other"]
COMMENT = "We only plan routes in summer. <b>A seasonal plan</b> would bring us back."


@dataclass
class Story:
    """What the merchant's own code makes with the official SDK before a customer comes."""

    server: Server
    api: Any
    customer: Any
    subscription: Any
    coupon: Any
    clock: Any
    secret: str
    key: str

    def configuration(self, **cancel: Any) -> Any:
        reason = {"enabled": True, "options": REASONS} | cancel.pop("reason", {})
        features = {"subscription_cancel": {"enabled": True, "cancellation_reason": reason} | cancel}
        return self.api.billing_portal.configurations.create({"features": features})

    def link(self, *, flow: dict[str, Any] | None = None, **cancel: Any) -> str:
        asked: dict[str, Any] = {"customer": self.customer.id, "configuration": self.configuration(**cancel).id}
        asked["return_url"] = f"{self.server.url}/healthz"
        if flow is not None:
            target = {"subscription": self.subscription.id} | flow.pop("subscription_cancel", {})
            asked["flow_data"] = {"type": "subscription_cancel", "subscription_cancel": target} | flow
        return str(self.api.billing_portal.sessions.create(asked).url)

    def now(self) -> Any:
        return self.api.subscriptions.retrieve(self.subscription.id)

    def records(self) -> list[dict[str, Any]]:
        path = f"/v1/cancellation_sessions?subscription={self.subscription.id}"
        answer = self.server.client(self.key).raw_request("get", path)
        found: list[dict[str, Any]] = json.loads(answer.body)["data"]
        return found


@pytest.fixture
def story(each_server: Server, receiver: Receiver) -> Iterator[Story]:
    key = each_server.key()
    api = each_server.client(key).v1
    product = api.products.create({"name": "Halyard Studio"})
    price = api.prices.create(
        {"product": product.id, "currency": "eur", "unit_amount": 2900, "recurring": {"interval": "month"}}
    )
    coupon = api.coupons.create({"percent_off": 25, "duration": "repeating", "duration_in_months": 3})
    clock = api.test_helpers.test_clocks.create({"frozen_time": int(time.time())})
    customer = api.customers.create({"name": "Ada Moreau", "email": "ada@example.com", "test_clock": clock.id})
    subscription = api.subscriptions.create({"customer": customer.id, "items": [{"price": price.id}]})
    endpoint = api.webhook_endpoints.create({"url": receiver.url, "enabled_events": [UPDATED, DELETED]})
    made = Story(each_server, api, customer, subscription, coupon, clock, endpoint.secret, key)
    yield made
    api.webhook_endpoints.delete(endpoint.id)


def enter(page: Page, url: str) -> None:
    """Open a portal link as a customer does, with or without JavaScript."""
    page.goto(url)
    button = page.get_by_role("button", name="Continue")
    if "/p/session" in page.url and button.count() and page.evaluate("true") is not None:
        try:
            page.wait_for_url(lambda now: "/p/session" not in now, timeout=1500)
        except Exception:
            button.click()
    page.wait_for_url(lambda now: "/p/session" not in now)


def confirm(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm your cancellation")
    page.get_by_test_id("confirm").click()


def give_reason(page: Page, code: str, comment: str | None = None) -> None:
    page.get_by_test_id(f"cancel-reason-opt-{code}").check()
    if comment is not None:
        page.locator("textarea").fill(comment)
    page.get_by_test_id("cancellation_reason_submit").click()


def sign_in(page: Page, server: Server) -> None:
    user = server.user()
    page.goto(f"{server.url}/dashboard")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(user.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no_javascript"])
def test_a_customer_cancels_and_the_merchant_learns_why(
    story: Story, receiver: Receiver, new_page: Callable[..., Page], javascript: bool
) -> None:
    page = new_page(java_script_enabled=javascript)
    enter(page, story.link())
    page.get_by_test_id("cancel-subscription").click()
    confirm(page)
    give_reason(page, "other", COMMENT)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your subscription is canceled")

    first, second = [each.json for each in receiver.wait(2)]
    details = first["data"]["object"]["cancellation_details"]
    assert [first["type"], second["type"]] == [UPDATED, UPDATED]
    assert details == {
        "comment": None, "feedback": None, "feedback_option": None, "reason": "cancellation_requested",
    }  # fmt: skip
    before = first["data"]["previous_attributes"]
    assert before == {"cancel_at": None, "canceled_at": None, "cancellation_details": {"reason": None}}
    assert second["data"]["object"]["cancellation_details"]["feedback"] == "other"
    assert second["data"]["previous_attributes"] == {"cancellation_details": {"comment": None, "feedback": None}}
    assert [event.type for event in receiver.events(story.secret)] == [UPDATED, UPDATED]

    ending = story.now()
    assert (ending.status, ending.cancel_at_period_end) == ("active", False)  # flexible mode sets the date alone
    assert ending.cancel_at == story.subscription["items"].data[0].current_period_end
    assert ending.cancellation_details.comment == COMMENT
    (record,) = story.records()
    assert (record["outcome"], record["feedback"], record["comment"]) == ("cancelled", "other", COMMENT)

    merchant = new_page()
    sign_in(merchant, story.server)
    merchant.goto(f"{story.server.url}/dashboard/subscriptions/{story.subscription.id}")
    expect(merchant.get_by_text("Other reason").first).to_be_visible()
    expect(merchant.get_by_text(COMMENT).first).to_be_visible()

    target = story.clock.frozen_time + MONTH_S
    story.api.test_helpers.test_clocks.advance(story.clock.id, {"frozen_time": target})
    gone = receiver.wait_for(DELETED)[0].json["data"]["object"]
    assert (gone["status"], gone["ended_at"]) == ("canceled", ending.cancel_at)


def test_the_sql_template_counts_the_reason(story: Story, new_page: Callable[..., Page]) -> None:
    page = new_page()
    enter(page, story.link())
    page.get_by_test_id("cancel-subscription").click()
    confirm(page)
    give_reason(page, "low_quality")
    merchant = new_page()
    sign_in(merchant, story.server)
    merchant.goto(f"{story.server.url}/dashboard/sql")

    def counted() -> bool:
        merchant.goto(f"{story.server.url}/dashboard/sql")
        merchant.get_by_role("link", name="Cancellations by reason").click()
        merchant.get_by_role("button", name="Run").click()
        merchant.wait_for_load_state()
        return merchant.get_by_role("cell", name="low_quality").count() > 0

    until(counted, 75)


def test_a_customer_takes_the_offer_and_nothing_is_cancelled(
    story: Story, receiver: Receiver, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    retention = {"type": "coupon_offer", "coupon_offer": {"coupon": story.coupon.id}}
    enter(page, story.link(retention=retention))
    page.get_by_test_id("cancel-subscription").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Stay for 25% less?")
    page.get_by_role("button", name="Stay with 25% off").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("staying")

    kept = story.api.subscriptions.retrieve(story.subscription.id, {"expand": ["discounts"]})
    assert (kept.status, kept.cancel_at, kept.canceled_at) == ("active", None, None)
    assert [each.source.coupon for each in kept.discounts] == [story.coupon.id]
    assert story.api.coupons.retrieve(story.coupon.id).times_redeemed == 1
    (event,) = [each.json for each in receiver.wait(1)]
    assert event["data"]["previous_attributes"] == {"discounts": []}
    (record,) = story.records()
    assert record["outcome"] == "saved" and record["offer"]["accepted_at"] is not None

    page.goto(f"{story.server.url}/p/")
    page.get_by_test_id("cancel-subscription").click()  # once in 365 days: this time there is no offer
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm your cancellation")


def test_an_offer_of_the_session_is_declined_and_the_cancel_goes_on(
    story: Story, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    offer = {"retention": {"type": "coupon_offer", "coupon_offer": {"coupon": story.coupon.id}}}
    enter(page, story.link(flow={"subscription_cancel": offer}))
    page.get_by_role("button", name="No thanks, continue canceling").click()
    confirm(page)
    page.get_by_test_id("cancellation_reason_cancel").click()
    (record,) = story.records()
    assert record["offer"]["declined_at"] is not None and record["feedback"] is None
    assert story.now().cancellation_details.reason == "cancellation_requested"


@pytest.mark.parametrize("after", ["redirect", "hosted_confirmation", "portal_homepage"])
def test_a_deep_link_ends_as_after_completion_says(story: Story, new_page: Callable[..., Page], after: str) -> None:
    page = new_page()
    goal = f"{story.server.url}/healthz?done=1"
    options: dict[str, Any] = {
        "redirect": {"redirect": {"return_url": goal}},
        "hosted_confirmation": {"hosted_confirmation": {"custom_message": "Thank you for sailing with us."}},
        "portal_homepage": {},
    }
    enter(page, story.link(flow={"after_completion": {"type": after} | options[after]}))
    confirm(page)
    page.get_by_test_id("cancellation_reason_cancel").click()
    match after:
        case "redirect":
            page.wait_for_url(goal)
        case "hosted_confirmation":
            expect(page.get_by_text("Thank you for sailing with us.")).to_be_visible()
        case _:
            expect(page.get_by_test_id("subscription-cancel-at-period-end-badge")).to_be_visible()
    assert story.now().cancel_at is not None


def test_a_customer_changes_their_mind_before_the_end(
    story: Story, receiver: Receiver, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    enter(page, story.link())
    page.get_by_test_id("cancel-subscription").click()
    confirm(page)
    give_reason(page, "unused")
    page.goto(f"{story.server.url}/p/")
    page.get_by_test_id("renew-subscription").click()
    expect(page.get_by_test_id("cancel-subscription")).to_be_visible()
    going_on = story.now()
    assert (going_on.cancel_at, going_on.canceled_at, going_on.cancellation_details.feedback) == (None, None, None)
    (record,) = story.records()
    assert record["undone_at"] is not None and record["feedback"] == "unused"
    last = receiver.wait(3)[2].json["data"]["previous_attributes"]
    assert last["cancellation_details"] == {"feedback": "unused", "reason": "cancellation_requested"}


def test_asking_before_sends_one_event_with_the_reason(
    story: Story, receiver: Receiver, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    enter(page, story.link(reason={"ask": "before"}))
    page.get_by_test_id("cancel-subscription").click()
    give_reason(page, "missing_features")
    confirm(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your subscription is canceled")
    (event,) = [each.json for each in receiver.wait(1)]
    assert event["data"]["object"]["cancellation_details"]["feedback"] == "missing_features"


def test_a_link_opens_once_and_only_in_the_browser_that_opened_it(story: Story, new_page: Callable[..., Page]) -> None:
    url = story.link()
    enter(new_page(), url)
    stranger = new_page(allow_errors=True)
    stranger.goto(url)
    stranger.wait_for_timeout(300)
    expect(stranger.get_by_role("heading", level=1)).to_contain_text(re.compile("expired|link", re.IGNORECASE))
    assert stranger.get_by_test_id("cancel-subscription").count() == 0
