"""3-D Secure in test mode for intents of the API: where its customer goes afterwards, and which tokens open nothing."""

import pytest

BACK = "https://app.halyard.example/done?order=1"


@pytest.fixture
def intent(shop):
    """intent(return_url=…) -> a payment intent that waits for its customer"""

    def make(**given):
        wanted = {
            "amount": 1200, "currency": "eur", "payment_method": "pm_card_authenticationRequired", "confirm": True,
            "return_url": BACK,
        }  # fmt: skip
        return shop.api.payment_intents.create(wanted | given)

    return make


def path_of(action, server):
    return action["redirect_to_url"]["url"].removeprefix(server.url)


def test_the_customer_comes_back_to_the_merchant_with_the_outcome(browse, intent, server, shop):
    for answer, outcome, status in (
        ("complete", "succeeded", "succeeded"),
        ("fail", "failed", "requires_payment_method"),
    ):
        made = intent()
        visitor = browse().get(path_of(made.next_action, server))
        assert "€12.00" in visitor.text
        visitor.press(f"authenticate-{answer}", outcome=answer)
        secret = f"payment_intent_client_secret={made.client_secret}"
        told = f"{BACK}&amp;payment_intent={made.id}&amp;{secret}&amp;redirect_status={outcome}"
        assert f'href="{told}"' in visitor.page.text
        assert shop.api.payment_intents.retrieve(made.id).status == status


def test_a_setup_intent_is_answered_too(browse, server, shop):
    made = shop.api.setup_intents.create(
        {"payment_method": "pm_card_authenticationRequired", "confirm": True, "return_url": BACK}
    )
    visitor = browse().get(path_of(made.next_action, server))
    assert "Visa ending 3184" in visitor.text
    visitor.press("authenticate-complete", outcome="complete")
    assert f"setup_intent={made.id}" in visitor.page.text
    assert shop.api.setup_intents.retrieve(made.id).status == "succeeded"


def test_an_intent_that_is_done_asks_nothing(browse, intent, server):
    made = intent()
    path = path_of(made.next_action, server)
    browse().get(path).press("authenticate-complete", outcome="complete")
    assert browse().get(path).heading == "Your payment is confirmed"


def test_a_token_must_be_whole_and_of_test_mode(browse, intent, server):
    path = path_of(intent().next_action, server)
    wrong = [
        path[:-1], path + "x", path.replace(".test.", ".live."), path.replace("acct_", "acct_x"), "/i/authenticate/x",
        path.partition("_secret_")[0], path.partition("_secret_")[0] + "_secret_",
    ]  # fmt: skip
    for each in wrong:
        for visitor in (browse().get(each), browse().post(each, {"outcome": "complete"})):
            assert (visitor.status, visitor.heading) == (404, "We can’t find that page"), each
