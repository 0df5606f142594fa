"""The settings of billing: what is saved holds, what is wrong is said at its field, and nothing is lost."""

from typing import Any

import pytest

from tests.dashboard.visitor import Visitor, signed_in
from tests.support.server import Server

PATH = "/settings/billing"
GOOD = {"retry_days": "1, 2", "then": "unpaid", "numbering": "account", "prefix": "hal"}


@pytest.fixture
def visitor(server: Server) -> Visitor:
    return signed_in(server)


def test_what_is_saved_holds_for_the_next_invoice(visitor: Visitor, server: Server) -> None:
    assert 'value="3, 5, 7"' in visitor.shown(PATH)
    assert visitor.post(PATH, **GOOD).status_code == 303
    page = visitor.shown(PATH)
    assert 'value="1, 2"' in page and '<option value="unpaid" selected>' in page and 'value="HAL"' in page
    api = server.client().v1
    customer = api.customers.create({"name": "Ada"})
    api.invoice_items.create({"customer": customer.id, "amount": 500, "currency": "eur"})
    draft = api.invoices.create({"customer": customer.id, "pending_invoice_items_behavior": "include"})
    assert api.invoices.finalize_invoice(draft.id).number == "HAL-000001"


def test_a_payment_method_can_be_demanded(visitor: Visitor, server: Server) -> None:
    visitor.post(PATH, **GOOD, require_payment_method="on")
    api = server.client().v1
    customer = api.customers.create({"name": "Ada"})
    product = api.products.create({"name": "Sail"})
    terms: Any = {"currency": "eur", "unit_amount": 500, "recurring": {"interval": "month"}, "product": product.id}
    price = api.prices.create(terms)
    asked: Any = {"customer": customer.id, "items": [{"price": price.id}]}
    with pytest.raises(Exception, match="no attached payment source"):
        api.subscriptions.create(asked)
    visitor.post(PATH, **GOOD)
    assert api.subscriptions.create(asked).status == "active"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("retry_days", "3, soon"),
        ("retry_days", "0"),
        ("retry_days", "61"),
        ("retry_days", ",".join("1" * 8)),
        ("then", "forgive"),
        ("numbering", "moon"),
        ("prefix", "<b>"),
        ("prefix", "x" * 13),
    ],
)
def test_what_is_wrong_is_said_at_its_field(visitor: Visitor, field: str, value: str) -> None:
    answer = visitor.post(PATH, **GOOD | {field: value})
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text and f'id="{field}-error"' in answer.text
    assert "<b>" not in answer.text


def test_viewers_look_and_editors_change(server: Server) -> None:
    viewer = signed_in(server, role="viewer")
    assert "Save changes" not in viewer.shown(PATH)
    assert viewer.post(PATH, **GOOD).status_code == 403
    assert signed_in(server, role="editor").post(PATH, **GOOD).status_code == 303
