"""What Tenure has none of, and says so: lists without an element, for clients that read every kind there is.

GET /v1/charges         {"object": "list", "data": [], …}        GET /v1/charges/ch_1    404 No such charge: 'ch_1'
POST /v1/charges        404 Unrecognized request URL (POST: /v1/charges). Tenure does not support it: …

A program that copies all of an account stops at the first kind that is refused; that there is none is the truth.
"""

from typing import Any

from msgspec import UNSET, UnsetType

from tenure.api.resource import Call, Nothing, Operation, Resource
from tenure.domain.documents import Document
from tenure.domain.errors import NotFound
from tenure.wire.lists import ListParams, Range, listing

NOUNS = {
    "/v1/application_fees": "application fee",
    "/v1/balance_transactions": "balance transaction",
    "/v1/charges": "charge",
    "/v1/checkout/sessions": "checkout session",
    "/v1/disputes": "dispute",
    "/v1/files": "file upload",
    "/v1/payment_links": "payment link",
    "/v1/payouts": "payout",
    "/v1/quotes": "quote",
    "/v1/radar/early_fraud_warnings": "early fraud warning",
    "/v1/reviews": "review",
    "/v1/shipping_rates": "shipping rate",
    "/v1/topups": "topup",
    "/v1/transfers": "transfer",
}


class ListNone(ListParams, frozen=True, kw_only=True):
    """The filters of all of them; nothing passes any."""

    active: bool | UnsetType = UNSET
    arrival_date: Range | UnsetType = UNSET
    charge: str | UnsetType = UNSET
    created: Range | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    customer: str | UnsetType = UNSET
    destination: str | UnsetType = UNSET
    payment_intent: str | UnsetType = UNSET
    payout: str | UnsetType = UNSET
    purpose: str | UnsetType = UNSET
    source: str | UnsetType = UNSET
    status: str | UnsetType = UNSET
    subscription: str | UnsetType = UNSET
    transfer_group: str | UnsetType = UNSET
    type: str | UnsetType = UNSET


def _resource(path: str, noun: str) -> Resource:
    def none(call: Call) -> dict[str, Any]:
        return listing([], False, path)

    def missing(call: Call) -> dict[str, Any]:
        raise NotFound(f"No such {noun}: '{call.id}'", code="resource_missing", param="id")

    operations = (Operation("GET", "", ListNone, none), Operation("GET", "/{id}", Nothing, missing))
    return Resource(path, Document, operations)


ABSENT = tuple(_resource(path, noun) for path, noun in NOUNS.items())
