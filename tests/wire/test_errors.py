"""Every kind of refusal has its status and Stripe's error object; unexpected errors say nothing of themselves."""

import json

import pytest
import stripe

from tenure.domain import errors
from tenure.domain.errors import Invalid, Refused
from tenure.wire.errors import envelope


def test_a_refusal_becomes_the_error_object() -> None:
    refused = Invalid("Missing required param: customer.", code="parameter_missing", param="customer")
    assert envelope(refused, request_id="req_1", request_log_url="https://example.com/dashboard/logs/req_1") == (
        400,
        {
            "error": {
                "code": "parameter_missing",
                "doc_url": "https://stripe.com/docs/error-codes/parameter-missing",
                "message": "Missing required param: customer.",
                "param": "customer",
                "request_log_url": "https://example.com/dashboard/logs/req_1",
                "type": "invalid_request_error",
            }
        },
    )


def test_attributes_without_a_value_are_left_out() -> None:
    assert envelope(Invalid("No.")) == (400, {"error": {"message": "No.", "type": "invalid_request_error"}})


@pytest.mark.parametrize("kind", [Refused, *Refused.__subclasses__()])
def test_each_kind_has_its_own_status_and_one_of_the_four_types(kind: type[Refused]) -> None:
    status, body = envelope(kind("No."))
    assert status == kind.status
    assert body["error"]["type"] in {"api_error", "card_error", "idempotency_error", "invalid_request_error"}


@pytest.mark.parametrize("request_id", [None, "req_1"])
def test_an_unexpected_error_tells_nothing_of_itself(request_id: str | None) -> None:
    status, body = envelope(KeyError("password=hunter2"), request_id=request_id)
    assert status == 500
    assert body["error"]["type"] == "api_error"
    assert "hunter2" not in json.dumps(body)
    assert (request_id or "retried") in body["error"]["message"]


@pytest.mark.parametrize(
    ("refused", "kind"),
    [
        (errors.Invalid("No."), stripe.InvalidRequestError),
        (errors.NotFound("No."), stripe.InvalidRequestError),
        (errors.IdempotencyMismatch("No."), stripe.IdempotencyError),
        (errors.Unauthenticated("No."), stripe.AuthenticationError),
        (errors.Declined("No."), stripe.CardError),
        (errors.Forbidden("No."), stripe.PermissionError),
        (errors.TooMany("No."), stripe.RateLimitError),
        (errors.Unavailable("No."), stripe.APIError),
        (ValueError("No."), stripe.APIError),
    ],
)
def test_the_official_sdk_raises_the_matching_exception(refused: Exception, kind: type[Exception]) -> None:
    status, body = envelope(refused)
    requestor = stripe.StripeClient("sk_test_x")._requestor
    with pytest.raises(kind) as raised:
        requestor._interpret_response(json.dumps(body), status, {}, "V1")
    assert type(raised.value) is kind
