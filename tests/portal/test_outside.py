"""Cancellations outside of the portal's pages: what is kept of them, and of a confirmation that comes too late."""

from typing import Any

import pytest


@pytest.fixture
def flows(client) -> Any:
    """flows(subscription) -> its cancellation sessions, the newest first"""

    def read(subscription: Any) -> Any:
        answer = client.raw_request("get", "/v1/cancellation_sessions", subscription=subscription.id)
        return client.deserialize(answer, api_mode="V1").data

    return read


def test_a_cancellation_through_the_api_leaves_a_session_with_its_answer(shop, flows):
    subscription = shop.subscription(shop.customer())
    said = {"feedback": "too_expensive", "comment": "Half would do"}
    shop.api.subscriptions.cancel(subscription.id, {"cancellation_details": said})
    (kept,) = flows(subscription)
    assert (kept.source, kept.outcome, kept.mode, kept.offer) == ("api", "cancelled", "immediately", None)
    assert (kept.feedback, kept.comment) == ("too_expensive", "Half would do")
    assert kept.effective_at == shop.now(subscription).ended_at and kept.reference.startswith("C-")


@pytest.mark.parametrize("end", [{"cancel_at_period_end": True}, {"cancel_at": "max_period_end"}])
def test_an_end_set_through_the_api_is_kept_once_and_can_be_taken_back(shop, flows, end):
    subscription = shop.subscription(shop.customer())
    shop.api.subscriptions.update(subscription.id, {"metadata": {"a": "b"}})
    assert flows(subscription) == []
    ending = shop.api.subscriptions.update(subscription.id, end)
    shop.api.subscriptions.update(subscription.id, {"metadata": {"a": "c"}})
    (kept,) = flows(subscription)
    assert (kept.mode, kept.effective_at, kept.undone_at) == ("at_period_end", ending.cancel_at, None)
    shop.api.subscriptions.update(subscription.id, {"cancel_at_period_end": False, "cancel_at": ""})
    (kept,) = flows(subscription)
    assert kept.outcome == "cancelled" and kept.undone_at is not None
    shop.api.subscriptions.cancel(subscription.id)
    assert [each.mode for each in flows(subscription)] == ["immediately", "at_period_end"]


def test_an_end_that_comes_earlier_is_the_same_cancellation(shop, flows):
    subscription = shop.subscription(shop.customer())
    shop.api.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    shop.api.subscriptions.cancel(subscription.id)
    assert [each.mode for each in flows(subscription)] == ["at_period_end"]


def test_a_confirmation_that_comes_too_late_ends_its_flow_as_an_error(browse, shop, flows):
    ada = shop.customer()
    subscription = shop.subscription(ada)
    visitor = browse().open(shop.link(ada, shop.configuration()))
    visitor.press("cancel-subscription")
    shop.api.subscriptions.cancel(subscription.id)
    visitor.press("confirm")
    assert (visitor.status, visitor.heading) == (409, "This subscription has already ended")
    assert [(each.source, each.outcome) for each in flows(subscription)] == [("api", "cancelled"), ("portal", "error")]
    again = visitor.get(f"/p/subscriptions/{subscription.id}/cancel/confirm")
    assert (again.status, again.heading) == (409, "This subscription has already ended")
