"""Payment methods in the portal: a test card is added, made the default and removed; nobody else's is reachable."""

import pytest
import stripe

GOOD = {"number": "4242 4242 4242 4242", "expiry": "08 / 40", "cvc": "123"}
MASTERCARD = GOOD | {"number": "5555 5555 5555 4444"}
PATH = "/p/payment-methods"


@pytest.fixture(scope="module")
def config(shop):
    made = shop.configuration()
    features = {"payment_method_update": {"enabled": True}}
    return shop.api.billing_portal.configurations.update(made.id, {"features": features})


@pytest.fixture
def ada(shop):
    return shop.customer()


@pytest.fixture
def visitor(browse, shop, ada, config):
    return browse().open(shop.link(ada, config))


def default_of(shop, customer):
    return shop.api.customers.retrieve(customer.id).invoice_settings.default_payment_method


def saved(shop, customer):
    return [each.card.last4 for each in shop.api.payment_methods.list({"customer": customer.id}).data]


def test_the_first_card_pays_and_another_can_take_its_place(visitor, shop, ada):
    assert f'href="{PATH}"' in visitor.page.text
    assert "There are no payment methods yet." in visitor.get(PATH).text
    visitor.press("add-card", **GOOD)
    assert "Your card was saved" in visitor.text and "Visa ending 4242" in visitor.text
    first = default_of(shop, ada)
    visitor.press("add-card", **MASTERCARD)
    assert default_of(shop, ada) == first
    visitor.press("make-default")
    assert "Your default payment method was changed" in visitor.text
    assert default_of(shop, ada) != first
    assert sorted(saved(shop, ada)) == ["4242", "4444"]


def test_removing_asks_first_and_tells(visitor, shop, ada):
    visitor.get(PATH).press("add-card", **GOOD)
    method = default_of(shop, ada)
    visitor.get(f"{PATH}/{method}/remove")
    assert visitor.heading == "Remove Visa ending 4242?"
    assert saved(shop, ada) == ["4242"]
    visitor.press("confirm-removal")
    assert "The payment method was removed" in visitor.text
    assert saved(shop, ada) == [] and default_of(shop, ada) is None


def test_the_last_one_stays_while_a_subscription_is_charged_to_it(visitor, shop, ada):
    visitor.get(PATH).press("add-card", **GOOD)
    subscription = shop.subscription(ada)
    path = f"{PATH}/{default_of(shop, ada)}/remove"
    assert "Add another payment method first" in visitor.get(path).text
    assert "Add another payment method first" in visitor.post(path).text
    assert saved(shop, ada) == ["4242"]
    shop.api.subscriptions.cancel(subscription.id)
    visitor.post(path)
    assert saved(shop, ada) == []


def test_the_one_that_pays_stays_until_another_is_the_default(visitor, shop, ada):
    visitor.get(PATH).press("add-card", **GOOD)
    pays = default_of(shop, ada)
    visitor.press("add-card", **MASTERCARD)
    shop.subscription(ada)
    path = f"{PATH}/{pays}/remove"
    assert "Make another one the default first" in visitor.get(path).text
    assert "Make another one the default first" in visitor.post(path).text
    assert sorted(saved(shop, ada)) == ["4242", "4444"] and default_of(shop, ada) == pays
    visitor.press("make-default")
    assert "The payment method was removed" in visitor.post(path).text
    assert saved(shop, ada) == ["4444"] and default_of(shop, ada) is not None


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"number": ""}, 422, "Check the card number."),
        ({"expiry": "soon"}, 422, "Check the expiry date"),
        ({"cvc": ""}, 422, "Check the security code."),
        ({"number": "4242 4242 4242 4241"}, 402, "Check the card number."),
        ({"number": "4000 0000 0000 0002"}, 402, "Your bank declined"),
    ],
)
def test_a_card_that_is_no_good_says_so_and_is_not_shown_again(visitor, shop, ada, given, status, said):
    card = GOOD | given
    visitor.get(PATH).press("add-card", **card)
    assert (visitor.status, said in visitor.text) == (status, True)
    assert "There is a problem" in visitor.text and saved(shop, ada) == []
    assert 'id="number" name="number" type="text" value=""' in visitor.page.text
    assert given.get("number", "none") == "" or f'value="{card["number"]}"' not in visitor.page.text


def test_a_method_of_another_customer_does_not_exist(visitor, browse, shop, config):
    eve = shop.customer(name="Eve")
    browse().open(shop.link(eve, config)).get(PATH).press("add-card", **GOOD)
    theirs = default_of(shop, eve)
    for path in (f"{PATH}/{theirs}/default", f"{PATH}/{theirs}/remove"):
        assert visitor.post(path).status == 404
    assert visitor.get(f"{PATH}/{theirs}/remove").status == 404
    assert saved(shop, eve) == ["4242"]


def test_there_is_no_page_unless_the_configuration_has_it(browse, shop, ada):
    visitor = browse().open(shop.link(ada, shop.configuration()))
    assert PATH not in visitor.page.text
    assert visitor.get(PATH).status == 404


def test_a_deep_link_leads_to_its_task_alone(browse, shop, ada, config):
    visitor = browse().open(shop.deep_link(shop.subscription(ada), config))
    assert "/cancel" in visitor.get(PATH).path


def test_it_speaks_german(browse, shop, ada, config):
    page = browse(language="de").open(shop.link(ada, config)).get(PATH)
    assert page.heading == "Zahlungsmethoden"
    assert "Karte hinzufügen" in page.press("add-card", **GOOD).text


def test_what_is_saved_pays_the_next_subscription(visitor, shop, ada):
    visitor.get(PATH).press("add-card", **GOOD)
    made: stripe.Subscription = shop.subscription(ada)
    assert made.status == "active"
