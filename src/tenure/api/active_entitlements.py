"""/v1/entitlements/active_entitlements: what a customer may use now."""

from tenure.api.resource import Call, Operation, Resource, Shape, page_shape, retrieve
from tenure.domain.customers import Customer
from tenure.domain.entitlements import ActiveEntitlement
from tenure.wire.lists import ListParams

PATH = "/v1/entitlements/active_entitlements"


class ListEntitlements(ListParams, frozen=True, kw_only=True):
    """Whose entitlements."""

    customer: str


def _list(call: Call) -> Shape:
    customer = call.tx.need(Customer, call.params.customer, param="customer")
    page = call.tx.page(ActiveEntitlement, [("customer", "=", customer.id)], **call.params.window())
    return page_shape(call, page, PATH)


RESOURCE = Resource(
    PATH, ActiveEntitlement, (Operation("GET", "", ListEntitlements, _list), retrieve(ActiveEntitlement))
)
