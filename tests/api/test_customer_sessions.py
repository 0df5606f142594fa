"""Customer sessions: a secret that opens the portal for one customer, once."""

from typing import Any

import pytest
import stripe

from tests.conformance.declared import body, faults
from tests.conformance.shop import Shop
from tests.portal.visitors import Visitor
from tests.support.server import Server

PORTAL = {"customer_portal": {"enabled": True}}


def session(shop: Shop, components: dict[str, Any], **fields: Any) -> Any:
    return shop.api.customer_sessions.create({"customer": shop.customer().id, "components": components, **fields})


def test_its_secret_opens_the_portal_once(each_shop: Shop, each_server: Server):
    made = session(each_shop, PORTAL)
    shown = body(made)
    assert shown["components"]["customer_portal"] == {"enabled": True}
    assert shown["components"]["payment_element"] == {"enabled": False, "features": None}
    assert (shown["expires_at"] - shown["created"], faults(shown)) == (300, [])
    link = f"{each_server.url}/p/session/{made.client_secret}"
    first = Visitor(each_server.url)
    first.open(link)
    assert "ada@example.com" in first.page.text or "Ada" in first.page.text
    second = Visitor(each_server.url)
    second.get(f"/p/session/{made.client_secret}")
    assert second.page.status_code == 410 or "expired" in second.page.text.lower()


def test_a_customer_can_be_expanded(each_shop: Shop):
    made = body(session(each_shop, PORTAL, expand=["customer"]))
    assert made["customer"]["object"] == "customer"


@pytest.mark.parametrize(
    ("components", "code", "param"),
    [
        ({"customer_portal": {"enabled": False}}, None, "components"),
        ({"buy_button": {"enabled": False}}, None, "components"),
        ({**PORTAL, "pricing_table": {"enabled": True}}, "parameter_unsupported", "components[pricing_table]"),
        ({"customer_portal": {}}, "parameter_missing", None),
    ],
)
def test_what_opens_nothing_or_what_is_not_here_is_refused(
    each_shop: Shop, components: dict[str, Any], code: str | None, param: str | None
):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        session(each_shop, components)
    assert refused.value.code == code and (param is None or refused.value.param == param)


def test_the_customer_must_exist(each_shop: Shop):
    with pytest.raises(stripe.InvalidRequestError) as missing:
        session(each_shop, PORTAL, customer="cus_x")
    assert (missing.value.code, missing.value.param) == ("resource_missing", "customer")
