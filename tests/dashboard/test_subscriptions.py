"""The list, the detail page and what a merchant does there."""

import csv
import io
from dataclasses import dataclass

import pytest
import stripe

from tests.dashboard.visitor import Visitor, signed_in
from tests.support.server import Server

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
FORMULA = '=HYPERLINK("https://evil.example","x")'


@dataclass
class Shop:
    """A visitor as owner, and what was sold."""

    visitor: Visitor
    client: stripe.StripeClient
    price: str

    def subscribe(
        self, name: str = "Ada Moreau", email: str = "ada@example.com", **more: object
    ) -> stripe.Subscription:
        customer = self.client.v1.customers.create({"name": name, "email": email})
        return self.client.v1.subscriptions.create(
            {"customer": customer.id, "items": [{"price": self.price, "quantity": 5}], **more}
        )


@pytest.fixture(scope="module")
def shop(server: Server, client: stripe.StripeClient) -> Shop:
    product = client.v1.products.create({"name": "Studio", "unit_label": "seat"})
    recurring = {"interval": "month"}
    price = client.v1.prices.create(
        {"product": product.id, "currency": "eur", "unit_amount": 580, "recurring": recurring}
    )
    return Shop(signed_in(server), client, price.id)


def test_a_subscription_shows_its_price_in_words(shop: Shop):
    page = shop.visitor.shown(f"/subscriptions/{shop.subscribe().id}")
    assert "€29.00 per month" in page  # 5 * 5.80
    assert "Ada Moreau" in page
    assert "Subscription started" in page
    assert "Cancelled by" not in page


def test_cancelling_on_behalf_shows_who_why_and_when(shop: Shop):
    sub = shop.subscribe()
    answer = shop.visitor.post(
        f"/subscriptions/{sub.id}/cancel", mode="at_period_end", feedback="too_expensive", comment="Only in <summer>."
    )
    assert answer.headers["location"].endswith("?done=cancelled")
    after = shop.client.v1.subscriptions.retrieve(sub.id)
    assert (after.cancel_at_period_end, after.status) == (True, "active")
    assert after.cancellation_details.feedback == "too_expensive"
    page = shop.visitor.shown(f"/subscriptions/{sub.id}")
    assert "Cancelled by you" in page
    assert "in the dashboard" in page
    assert "It&#39;s too expensive" in page
    assert "Only in &lt;summer&gt;." in page
    assert "Cancellation scheduled" in page
    assert shop.visitor.post(f"/subscriptions/{sub.id}/cancel", mode="at_period_end").status_code == 400


def test_a_cancellation_can_be_taken_back_and_its_answer_is_kept(shop: Shop):
    sub = shop.subscribe()
    shop.visitor.post(f"/subscriptions/{sub.id}/cancel", mode="at_period_end", feedback="unused")
    assert shop.visitor.post(f"/subscriptions/{sub.id}/undo").status_code == 303
    assert shop.client.v1.subscriptions.retrieve(sub.id).cancel_at is None
    page = shop.visitor.shown(f"/subscriptions/{sub.id}")
    assert "Cancelled by you" not in page
    assert "Taken back" in page
    assert "Cancellation taken back" in page


def test_ending_at_once_ends_it(shop: Shop):
    sub = shop.subscribe()
    assert shop.visitor.post(f"/subscriptions/{sub.id}/cancel", mode="immediately").status_code == 303
    assert shop.client.v1.subscriptions.retrieve(sub.id).status == "canceled"
    page = shop.visitor.shown(f"/subscriptions/{sub.id}")
    assert "Ended" in page
    assert "/undo" not in page


def test_a_comment_that_is_too_long_is_given_back(shop: Shop):
    sub = shop.subscribe()
    answer = shop.visitor.post(f"/subscriptions/{sub.id}/cancel", mode="at_period_end", comment="x" * 5001)
    assert answer.status_code == 422
    assert "x" * 5001 in answer.text
    assert shop.client.v1.subscriptions.retrieve(sub.id).cancel_at is None


def test_a_coupon_is_applied_and_shown(shop: Shop):
    sub = shop.subscribe()
    coupon = shop.client.v1.coupons.create({"percent_off": 25, "duration": "repeating", "duration_in_months": 3})
    assert shop.visitor.post(f"/subscriptions/{sub.id}/coupon", coupon=coupon.id).status_code == 303
    assert len(shop.client.v1.subscriptions.retrieve(sub.id).discounts) == 1
    assert "25% off for 3 months" in shop.visitor.shown(f"/subscriptions/{sub.id}")
    assert sub.id in shop.visitor.shown(f"/coupons/{coupon.id}")
    assert sub.id in shop.visitor.shown(f"/subscriptions?coupon={coupon.id}")


def test_collection_is_paused_and_goes_on(shop: Shop):
    sub = shop.subscribe()
    shop.visitor.post(f"/subscriptions/{sub.id}/collection", to="pause")
    assert shop.client.v1.subscriptions.retrieve(sub.id).pause_collection is not None
    shop.visitor.post(f"/subscriptions/{sub.id}/collection", to="resume")
    assert shop.client.v1.subscriptions.retrieve(sub.id).pause_collection is None


def test_a_portal_link_is_shown_once_and_opens(shop: Shop):
    sub = shop.subscribe()
    answer = shop.visitor.post(f"/customers/{sub.customer}/portal-link", subscription=sub.id)
    assert answer.status_code == 200
    assert f"{shop.visitor.server.url}/p/session/" in answer.text
    assert "/p/session/" not in shop.visitor.shown(f"/subscriptions/{sub.id}")


def test_customers_texts_are_text(shop: Shop):
    sub = shop.subscribe(name=HOSTILE, metadata={HOSTILE[:40]: HOSTILE})
    shop.visitor.post(f"/subscriptions/{sub.id}/cancel", mode="at_period_end", comment=HOSTILE)
    for path in (
        f"/subscriptions/{sub.id}",
        f"/customers/{sub.customer}",
        "/subscriptions",
        "/customers",
        "",
        "/search?q=alert",
    ):
        page = shop.visitor.shown(path)
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
    for event in shop.client.v1.events.list({"limit": 5}).data:
        assert "<img src=x" not in shop.visitor.shown(f"/events/{event.id}")


def test_tabs_part_the_list_and_count_it(shop: Shop):
    ending, active = shop.subscribe(name="Ending Soon"), shop.subscribe(name="Staying On")
    shop.visitor.post(f"/subscriptions/{ending.id}/cancel", mode="at_period_end")
    assert ending.id in shop.visitor.shown("/subscriptions?tab=ending")
    assert ending.id not in shop.visitor.shown("/subscriptions?tab=active")
    assert active.id in shop.visitor.shown("/subscriptions?tab=active")
    assert shop.visitor.get("/subscriptions?tab=nonsense").status_code == 404


def test_filters_find_by_email_reason_and_date(shop: Shop):
    found = shop.subscribe(name="Findable", email="findable.person@example.com")
    shop.visitor.post(f"/subscriptions/{found.id}/cancel", mode="immediately", feedback="low_quality")
    for query in ("q=findable.person", "reason=low_quality", "created_from=2020-01-01&q=FINDABLE.person"):
        assert found.id in shop.visitor.shown(f"/subscriptions?{query}"), query
    for query in ("q=somebody.else", "reason=too_complex", "created_to=2020-01-01", "offer=accepted"):
        page = shop.visitor.shown(f"/subscriptions?{query}")
        assert found.id not in page, query
        assert "Nothing matches these filters." in page
    assert "Enter a date" in shop.visitor.shown("/subscriptions?created_from=soon")


def test_pages_of_fifty_lead_back_and_forth(shop: Shop):
    customer = shop.client.v1.customers.create({"name": "Many"})
    for _ in range(52):
        shop.client.v1.subscriptions.create({"customer": customer.id, "items": [{"price": shop.price}]})
    first = shop.visitor.shown(f"/subscriptions?q={customer.id}")
    assert first.count('class="row"') == 50
    older = first.split('rel="next" href="/dashboard')[1].split('"')[0].replace("&amp;", "&")
    second = shop.visitor.shown(older)
    assert second.count('class="row"') == 2
    newer = second.split('rel="prev" href="/dashboard')[1].split('"')[0].replace("&amp;", "&")
    assert shop.visitor.shown(newer).count('class="row"') == 50
    assert shop.visitor.shown("/subscriptions?after=sub_unknown").count('class="row"') == 50


def test_a_spreadsheet_runs_nothing_of_an_export(shop: Shop):
    shop.subscribe(name=FORMULA, email="formula@example.com")
    answer = shop.visitor.get("/subscriptions.csv?q=formula@example.com")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["customer_name"] if "customer_name" in row else row["email"] for row in rows]
    names = list(csv.DictReader(io.StringIO(shop.visitor.get("/customers.csv?q=formula@example.com").text)))
    assert names[0]["name"] == "'" + FORMULA
    assert rows[0]["amount"] == "2900"
