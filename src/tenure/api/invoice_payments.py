"""/v1/invoice_payments: which payment intent collects which invoice."""

from typing import Literal

from msgspec import UNSET, UnsetType

from tenure.api.resource import Resource, Where, lists, retrieve
from tenure.domain.documents import Part
from tenure.domain.invoice_payments import InvoicePayment
from tenure.wire.lists import ListParams, Range, conditions

PATH = "/v1/invoice_payments"


class PaymentFilter(Part, frozen=True, kw_only=True):
    """Which payment."""

    payment_intent: str | UnsetType = UNSET
    type: Literal["payment_intent"]


class ListPayments(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    created: Range | UnsetType = UNSET
    invoice: str | UnsetType = UNSET
    payment: PaymentFilter | UnsetType = UNSET
    status: Literal["canceled", "open", "paid"] | UnsetType = UNSET


def _where(params: ListPayments) -> Where:
    intent = UNSET if isinstance(params.payment, UnsetType) else params.payment.payment_intent
    wanted = (("invoice", params.invoice), ("payment_intent", intent), ("status", params.status))
    named = [(column, "=", value) for column, value in wanted if value is not UNSET]
    return [*named, *conditions("created", params.created)]


RESOURCE = Resource(
    PATH,
    InvoicePayment,
    (
        retrieve(InvoicePayment, "invoice_payment"),
        lists(PATH, InvoicePayment, ListPayments, _where),
    ),
)
