"""A customer session: a client secret with which a merchant's app opens the portal for one customer, once."""

from tenure.domain.documents import Part
from tenure.domain.errors import Invalid

COMPONENTS = (
    "active_entitlements",
    "buy_button",
    "customer_portal",
    "customer_sheet",
    "mobile_payment_element",
    "payment_element",
    "pricing_table",
)
OFFERED = "customer_portal"


class Component(Part, frozen=True, kw_only=True):
    """Whether the secret opens it."""

    enabled: bool = False


class Featured(Component, frozen=True, kw_only=True):
    """One that would have options of its own."""

    features: None = None


class Components(Part, frozen=True, kw_only=True):
    """What the secret opens."""

    active_entitlements: Component = Component()
    buy_button: Component = Component()
    customer_portal: Component = Component()
    customer_sheet: Featured = Featured()
    mobile_payment_element: Featured = Featured()
    payment_element: Featured = Featured()
    pricing_table: Component = Component()


class CustomerSession(Part, frozen=True, kw_only=True):
    """As the wire shows it; what is kept is the portal session that the secret opens. Times in unix seconds."""

    object: str = "customer_session"
    client_secret: str
    components: Components
    created: int
    customer: str
    customer_account: str | None = None
    expires_at: int
    livemode: bool


def check_components(components: Components) -> None:
    """Refuse a session that opens nothing, or what is not offered here. Raises Invalid."""
    for name in COMPONENTS:
        if name != OFFERED and getattr(components, name).enabled:
            raise Invalid(
                f"The parameter `components[{name}]` is not supported by Tenure.",
                code="parameter_unsupported",
                param=f"components[{name}]",
            )
    if not components.customer_portal.enabled:
        raise Invalid("At least one component must be enabled.", param="components")
