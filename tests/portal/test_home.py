"""The portal's home over HTTP: what a customer sees of their subscriptions."""

import re


def test_current_subscriptions_have_cards_and_past_ones_are_folded(browse, shop):
    ada = shop.customer(address={"line1": "Lindenweg 4", "city": "Berlin"})
    shop.subscription(ada)
    ended = shop.subscription(ada)
    shop.api.subscriptions.cancel(ended.id)
    visitor = browse().open(shop.link(ada))
    assert visitor.page.text.count('data-testid="cancel-subscription"') == 1
    assert "€29.00 per month" in visitor.text
    assert "<details" in visitor.page.text and "Past subscriptions" in visitor.text
    assert "ada@moreau.example" in visitor.text and "Lindenweg 4, Berlin" in visitor.text
    for later in ("Payment method", "Invoice", "update-subscription"):
        assert later not in visitor.page.text


def test_the_amounts_of_many_subscriptions_are_told_page_by_page(browse, shop):
    ada = shop.customer()
    for _ in range(11):
        shop.subscription(ada)
    visitor = browse().open(shop.link(ada))
    assert (visitor.page.text.count('data-testid="cancel-subscription"'), visitor.text.count("Next payment")) == (
        10,
        10,
    )
    older = re.search(r'href="(/p/\?after=sub_\w+)', visitor.page.text)
    assert older is not None and "Show older subscriptions" in visitor.text
    visitor.get(older[1])
    assert (visitor.page.text.count('data-testid="cancel-subscription"'), visitor.text.count("Next payment")) == (1, 1)
    assert "Newest subscriptions" in visitor.text and "Show older subscriptions" not in visitor.text
    foreign = shop.subscription(shop.customer())
    assert visitor.get(f"/p/?after={foreign.id}").path == "/p/"


def test_a_customer_without_a_subscription_is_told_so(browse, shop):
    assert "You don’t have a subscription right now." in browse().open(shop.link(shop.customer())).text


def test_an_ending_subscription_can_be_taken_back(browse, shop):
    ada = shop.customer()
    subscription = shop.subscription(ada, cancel_at_period_end=True)
    visitor = browse().open(shop.link(ada))
    assert 'data-testid="subscription-cancel-at-period-end-badge"' in visitor.page.text
    assert 'data-testid="cancel-subscription"' not in visitor.page.text
    visitor.press("renew-subscription")
    assert visitor.path == f"/p/?renewed={subscription.id}"
    assert "Your subscription continues" in visitor.text
    assert shop.now(subscription).cancel_at is None
    again = visitor.post(f"/p/subscriptions/{subscription.id}/renew")
    assert again.path == f"/p/?renewed={subscription.id}"


def test_a_notice_in_the_address_is_shown_only_when_it_is_true(browse, shop):
    ada = shop.customer()
    subscription = shop.subscription(ada, cancel_at_period_end=True)
    visitor = browse().open(shop.link(ada))
    assert "Your subscription continues" not in visitor.get(f"/p/?renewed={subscription.id}").text
    assert "Your subscription is canceled" in visitor.get(f"/p/?canceled={subscription.id}").text
    assert "canceled" not in visitor.get("/p/?canceled=sub_other").text


def test_a_trial_has_its_badge(browse, shop):
    ada = shop.customer()
    shop.subscription(ada, trial_period_days=14)
    visitor = browse().open(shop.link(ada))
    assert 'data-testid="trial-ending-badge"' in visitor.page.text
    assert "Your trial ends on" in visitor.text


def test_a_merchant_who_turns_cancelling_off_shows_no_button(browse, shop):
    ada = shop.customer()
    subscription = shop.subscription(ada)
    config = shop.configuration()
    off = {"subscription_cancel": {"enabled": False}}
    visitor = browse().open(shop.link(ada, config))
    shop.api.billing_portal.configurations.update(config.id, {"features": off})
    assert "cancel-subscription" not in visitor.get("/p/").page.text
    visitor.post(f"/p/subscriptions/{subscription.id}/cancel")
    assert (visitor.status, visitor.heading) == (403, "Subscriptions can’t be canceled on this page")
    assert shop.now(subscription).cancel_at is None


def test_the_way_back_is_the_links_own_or_the_configurations(browse, shop):
    ada = shop.customer()
    visitor = browse().open(shop.link(ada, return_url="https://app.halyard.example/me"))
    assert 'href="https://app.halyard.example/me"' in visitor.page.text
    assert 'data-testid="return-to-business-link"' in visitor.page.text
    assert "return-to-business-link" not in browse().open(shop.link(ada)).page.text


def test_the_merchants_words_stand_in_the_rail(browse, shop):
    config = shop.configuration()
    profile = {
        "headline": "<i>Manage</i> it",
        "terms_of_service_url": "https://halyard.example/terms",
        "privacy_policy_url": "https://halyard.example/privacy",
    }
    shop.api.billing_portal.configurations.update(config.id, {"business_profile": profile})
    page = browse().open(shop.link(shop.customer(), config)).page.text
    assert "&lt;i&gt;Manage&lt;/i&gt; it" in page
    assert 'href="https://halyard.example/terms"' in page and 'href="https://halyard.example/privacy"' in page


def test_a_name_with_tags_is_shown_as_text(browse, shop):
    ada = shop.customer(name="<script>alert(1)</script>", email='"x"@example.com')
    page = browse().open(shop.link(ada)).page.text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_german_reads_german(browse, shop):
    ada = shop.customer()
    shop.subscription(ada)
    visitor = browse(language="de-DE").open(shop.link(ada))
    assert "Abo kündigen" in visitor.text and "29,00 € pro Monat" in visitor.text
