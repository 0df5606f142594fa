"""Coupons, products and prices."""

import re

import pytest
import stripe

from tests.dashboard.visitor import Visitor, signed_in
from tests.support.server import Server


@pytest.fixture(scope="module")
def visitor(server: Server) -> Visitor:
    return signed_in(server, role="editor")


def test_the_coupon_form_says_in_money_what_the_coupon_does(visitor: Visitor):
    form = {"type": "percent", "percent_off": "25", "duration": "repeating", "duration_in_months": "3"}
    answer = visitor.post("/coupons/new", action="preview", **form)
    assert "A €29.00 invoice becomes €21.75 for 3 months." in answer.text  # 29.00 * 0.75
    assert 'value="25"' in answer.text


def test_a_coupon_is_made_with_its_limits_and_code(visitor: Visitor, client: stripe.StripeClient):
    answer = visitor.post(
        "/coupons/new", action="create", name="Stay", id="STAY-10", type="amount", amount_off="10,50", currency="eur",
        duration="once", limit_count="on", max_redemptions="7", limit_date="on", redeem_by="2027-06-30",
        code_active="on", code="STAY", code_first="on", code_minimum="20",
    )  # fmt: skip
    assert answer.headers["location"] == "/dashboard/coupons/STAY-10?done=created"
    coupon = client.v1.coupons.retrieve("STAY-10")
    assert (coupon.amount_off, coupon.currency, coupon.duration, coupon.max_redemptions) == (1050, "eur", "once", 7)
    code = client.v1.promotion_codes.list({"coupon": "STAY-10"}).data[0]
    assert (code.code, code.restrictions.minimum_amount, code.restrictions.first_time_transaction) == (
        "STAY",
        2000,
        True,
    )
    page = visitor.shown("/coupons/STAY-10")
    assert "€10.50 off once" in page
    assert "0 of 7" in page


LATE = {"type": "percent", "percent_off": "5", "duration": "once", "limit_date": "on", "redeem_by": "2020-01-01"}


@pytest.mark.parametrize(
    ("field", "form"),
    [
        ("percent_off", {"type": "percent", "percent_off": "101", "duration": "once"}),
        ("percent_off", {"type": "percent", "percent_off": "nan", "duration": "once"}),
        ("amount_off", {"type": "amount", "amount_off": "1.005", "currency": "eur", "duration": "once"}),
        ("amount_off", {"type": "amount", "amount_off": "0.5", "currency": "jpy", "duration": "once"}),
        ("duration_in_months", {"type": "percent", "percent_off": "5", "duration": "repeating"}),
        ("id", {"type": "percent", "percent_off": "5", "duration": "once", "id": "a/b"}),
        ("products", {"type": "percent", "percent_off": "5", "duration": "once", "limit_products": "on"}),
        (
            "redeem_by",
            LATE,
        ),
        ("code", {"type": "percent", "percent_off": "5", "duration": "once", "code_active": "on", "code": "a b"}),
    ],
)
def test_a_wrong_coupon_is_given_back_with_the_place_to_mend(visitor: Visitor, field: str, form: dict[str, str]):
    answer = visitor.post("/coupons/new", action="create", **form)
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text


def test_an_id_that_is_taken_is_said_at_its_field(visitor: Visitor):
    form = {"type": "percent", "percent_off": "5", "duration": "once", "id": "TWICE"}
    assert visitor.post("/coupons/new", action="create", **form).status_code == 303
    again = visitor.post("/coupons/new", action="create", **form)
    assert again.status_code == 422
    assert "already exists" in again.text


def test_a_deleted_coupon_is_still_shown_where_it_was_given(visitor: Visitor, client: stripe.StripeClient):
    coupon = client.v1.coupons.create({"percent_off": 5, "duration": "once", "name": "Gone"})
    assert visitor.post(f"/coupons/{coupon.id}").status_code == 303
    assert visitor.post(f"/coupons/{coupon.id}/delete").status_code == 303
    assert coupon.id not in visitor.shown("/coupons")
    page = visitor.shown(f"/coupons/{coupon.id}")
    assert "Deleted" in page
    assert "/delete" not in page
    assert visitor.post(f"/coupons/{coupon.id}/delete").status_code == 404


def test_a_product_gets_prices_and_goes_into_the_archive(visitor: Visitor, client: stripe.StripeClient):
    assert visitor.post("/products/new", name="", amount="x").status_code == 422
    made = visitor.post("/products/new", name="Maps", amount="29", currency="eur", interval="month")
    found = re.search(r"/dashboard/products/(prod_\w+)", made.headers["location"])
    assert found is not None
    id = found[1]
    assert visitor.post(f"/products/{id}/prices", amount="1.234", currency="eur", interval="year").status_code == 422
    assert visitor.post(f"/products/{id}/prices", amount="290", currency="eur", interval="year").status_code == 303
    page = visitor.shown(f"/products/{id}")
    assert "€29.00 per month" in page
    assert "€290.00 per year" in page
    price = client.v1.prices.list({"product": id}).data[0]
    visitor.post(f"/prices/{price.id}", active="false")
    assert client.v1.prices.retrieve(price.id).active is False
    visitor.post(f"/products/{id}", active="false")
    assert client.v1.products.retrieve(id).active is False
    assert "Archived" in visitor.shown(f"/products/{id}")
