"""What a merchant makes with the official SDK before the thing that a test is about; each call makes a new one."""

import time
import uuid
from typing import Any

import stripe

MONTHLY = {"currency": "eur", "unit_amount": 2900, "recurring": {"interval": "month"}}


class Shop:
    """Makes objects with sensible fields; `api` is the SDK's v1."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self.client = client
        self.api: Any = client.v1

    def customer(self, **fields: Any) -> Any:
        return self.api.customers.create({"email": "ada@example.com", "name": "Ada Löw", **fields})

    def product(self, **fields: Any) -> Any:
        return self.api.products.create({"name": "Halyard Team", **fields})

    def price(self, **fields: Any) -> Any:
        owner = {} if "product" in fields else {"product": self.product().id}
        return self.api.prices.create({**MONTHLY, **owner, **fields})

    def coupon(self, **fields: Any) -> Any:
        terms = {} if "amount_off" in fields else {"percent_off": 25}
        return self.api.coupons.create({"duration": "once", **terms, **fields})

    def promotion_code(self, **fields: Any) -> Any:
        promotion = {"type": "coupon", "coupon": self.coupon().id}
        return self.api.promotion_codes.create({"promotion": promotion, **fields})

    def clock(self, at: int | None = None) -> Any:
        return self.api.test_helpers.test_clocks.create({"frozen_time": at or int(time.time())})

    def subscription(self, **fields: Any) -> Any:
        owner = {} if "customer" in fields else {"customer": self.customer().id}
        items = {} if "items" in fields else {"items": [{"price": self.price().id}]}
        return self.api.subscriptions.create({**owner, **items, **fields})

    def configuration(self, **cancel: Any) -> Any:
        return self.api.billing_portal.configurations.create(
            {"features": {"subscription_cancel": {"enabled": True} | cancel}}
        )

    def feedback_option(self) -> Any:
        return self.client.v1.billing.feedback_options.create({"description": "We only sail in summer."})

    def endpoint(self) -> Any:
        return self.api.webhook_endpoints.create({"url": "https://example.com/hook", "enabled_events": ["*"]})

    def word(self) -> str:
        """A word that nothing else in this account contains."""
        return f"w{uuid.uuid4().hex}"
