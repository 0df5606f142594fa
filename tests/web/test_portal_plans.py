"""A subscription in the customer's words: price, badge, what happens next, what can be done."""

import pytest
from msgspec.structs import replace

from tenure.domain.cancellations import at_period_end, cancel_now
from tenure.domain.coupons import AppliesTo, Coupon
from tenure.domain.discounts import Discount, DiscountSource
from tenure.domain.prices import Price, Recurring
from tenure.domain.products import Product
from tenure.domain.subscriptions import PauseCollection, Status, Subscription, SubscriptionItem
from tenure.i18n.languages import language
from tenure.web.portal_plans import Catalog, Plan, plan
from tenure.web.readers import Reader

NOW = 1795348800  # 2026-11-22 12:00 UTC
END = NOW + 22 * 86400
READER = Reader(language=language("en"), time_zone="UTC", now=NOW)
MONTH, YEAR = Recurring(interval="month"), Recurring(interval="year")
QUARTER = Coupon(id="q", percent_off=25, duration="repeating", duration_in_months=3)


def price(id: str, amount: int | None, every: Recurring = MONTH, product: str = "prod_1") -> Price:
    return Price(id=id, product=product, currency="eur", unit_amount=amount, type="recurring", recurring=every)


CATALOG = Catalog(
    prices={each.id: each for each in (price("p1", 2900), price("p2", 450, product="prod_2"), price("py", 29000, YEAR))}
    | {"pu": price("pu", None)},
    products={
        "prod_1": Product(id="prod_1", name="Studio", description="Routes"),
        "prod_2": Product(id="prod_2", name="Maps", unit_label="seats"),
    },
    coupons={"q": QUARTER, "once": Coupon(id="once", amount_off=500, currency="eur", duration="once")},
)


def subscription(*prices: str, quantity: int = 1, **fields: object) -> Subscription:
    items = [
        SubscriptionItem(
            id=f"si_{number}",
            created=NOW,
            current_period_start=NOW,
            current_period_end=END,
            price=each,
            quantity=quantity,
            subscription="sub_1",
        )
        for number, each in enumerate(prices or ("p1",))
    ]
    made = Subscription(
        id="sub_1",
        billing_cycle_anchor=NOW,
        currency="eur",
        customer="cus_1",
        items=items,
        start_date=NOW,
        status=Status.ACTIVE,
    )
    return replace(made, **fields)


def discount(coupon: str, end: int | None = None) -> Discount:
    return Discount(id=f"di_{coupon}", source=DiscountSource(coupon=coupon), start=NOW, end=end)


def shown(each: Subscription, **options: bool) -> Plan:
    return plan(each, CATALOG, READER, **options)


def facts(card: Plan) -> list[str]:
    return [str(fact.text).replace("\u00a0", " ") for fact in card.facts]


def test_a_plan_has_name_price_and_renewal():
    card = shown(subscription())
    assert (card.name, card.detail, card.amount, card.per) == ("Studio", "Routes", "€29.00", "per month")
    assert facts(card) == ["Renews on <strong>December 14, 2026</strong>"]
    assert (card.badge.text, card.badge.kind) == ("Active", "ok")


def test_a_quantity_multiplies_the_price_and_is_named():
    card = shown(subscription("p2", quantity=5))
    assert (card.amount, card.detail) == ("€22.50", "5 × seats")  # 5 * 4.50
    assert shown(subscription("p1", quantity=2)).detail == "Routes · Quantity: 2"


def test_several_items_add_up_and_are_listed():
    card = shown(subscription("p1", "p2"))
    assert (card.name, card.amount) == ("Studio and Maps", "€33.50")  # 29.00 + 4.50
    assert [line.amount for line in card.lines] == ["€29.00 per month", "€4.50 per month"]


def test_items_with_several_intervals_have_no_sum():
    card = shown(subscription("p1", "py"))
    assert (card.amount, card.per) == ("", "")
    assert [line.amount for line in card.lines] == ["€29.00 per month", "€290.00 per year"]


def test_a_price_by_usage_says_so():
    card = shown(subscription("pu"))
    assert (card.amount, card.per) == ("Price varies with usage", "")


def test_a_lasting_discount_strikes_the_price_and_says_until_when():
    card = shown(subscription(discounts=[discount("q", END)]))
    assert (card.was, card.amount) == ("€29.00", "€21.75")  # 29.00 * 0.75
    assert facts(card)[-1] == "25% off until December 14, 2026"


def test_a_discount_for_one_product_is_taken_off_that_alone():
    coupons = {
        "maps": Coupon(duration="forever", id="maps", percent_off=50, applies_to=AppliesTo(products=["prod_2"])),
        "other": Coupon(duration="forever", id="other", percent_off=50, applies_to=AppliesTo(products=["prod_3"])),
        "five": Coupon(
            duration="forever", id="five", amount_off=500, currency="eur", applies_to=AppliesTo(products=["prod_2"])
        ),
    }
    catalog = Catalog(prices=CATALOG.prices, products=CATALOG.products, coupons=coupons)
    both = subscription("p1", "p2")
    for coupon, now in (("maps", "€31.25"), ("other", "€33.50"), ("five", "€29.00")):  # 29.00 + 4.50
        shown = plan(replace(both, discounts=[discount(coupon)]), catalog, READER)
        assert (shown.amount, shown.was) == (now, "" if coupon == "other" else "€33.50")


def test_a_discount_on_one_payment_leaves_the_price_as_it_is():
    card = shown(subscription(discounts=[discount("once")]))
    assert (card.was, card.amount) == ("", "€29.00")
    assert facts(card)[-1] == "€5.00 off your next payment"


def test_a_discount_that_is_over_is_not_mentioned():
    card = shown(subscription(discounts=[discount("q", NOW)]))
    assert (card.was, len(card.facts)) == ("", 1)


@pytest.mark.parametrize(
    ("fields", "text", "testid"),
    [
        ({"status": Status.PAST_DUE}, "Payment failed", ""),
        ({"status": Status.UNPAID}, "Payment failed", ""),
        ({"status": Status.TRIALING, "trial_end": END}, "Trial ends Dec 14", "trial-ending-badge"),
        ({"status": Status.PAUSED}, "Paused", ""),
        ({"pause_collection": PauseCollection(behavior="void")}, "Paused", ""),
        ({"status": Status.INCOMPLETE}, "Incomplete", ""),
        ({"cancel_at": END}, "Ends Dec 14", "subscription-cancel-at-period-end-badge"),
    ],
)
def test_a_badge_says_the_state_in_a_word(fields, text, testid):
    badge = shown(subscription(**fields)).badge
    assert (badge.text.replace("\u00a0", " "), badge.testid) == (text, testid)


def test_an_ending_plan_says_until_when_and_offers_the_way_back():
    card = shown(at_period_end(subscription(), NOW), may_cancel=True)
    assert facts(card)[0] == "You can use <strong>Studio</strong> until <strong>December 14, 2026</strong>"
    assert (card.can_cancel, card.can_renew) == (False, True)


def test_an_ended_plan_offers_nothing():
    card = shown(cancel_now(subscription(), NOW), may_cancel=True)
    assert facts(card) == ["Ended on <strong>November 22, 2026</strong>"]
    assert (card.can_cancel, card.can_renew) == (False, False)


def test_a_plan_can_be_cancelled_only_where_the_merchant_lets_it():
    assert shown(subscription(), may_cancel=True).can_cancel
    assert not shown(subscription()).can_cancel
    assert not shown(at_period_end(subscription(), NOW)).can_renew
    assert not shown(subscription(schedule="sub_sched_1"), may_cancel=True).can_cancel
    assert not shown(at_period_end(subscription(schedule="sub_sched_1"), NOW), may_cancel=True).can_renew


def test_a_name_with_tags_stays_text():
    odd = Catalog(prices=CATALOG.prices, products={"prod_1": Product(id="prod_1", name="<b>Studio")})
    card = plan(at_period_end(subscription(), NOW), odd, READER)
    assert "&lt;b&gt;Studio" in str(card.facts[0].text)


def test_a_product_that_is_gone_leaves_its_price():
    assert plan(subscription(), Catalog(prices=CATALOG.prices), READER).name == "p1"
