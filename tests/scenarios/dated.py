"""Stories with dates: a customer on a test clock, told through /v1 by the official SDK.

story = Story(client, "2027-01-31")
story.subscribe(price, …)         story.go("2027-02-28")         story.period() == ("2027-02-28", "2027-03-31")
"""

from datetime import UTC, datetime
from typing import Any

import stripe

from tests.support.wait import until


def at(date: str) -> int:
    """2027-01-31 or 2027-01-31T12:30, UTC, in unix seconds."""
    return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp())


def on(moment: int | None) -> str | None:
    """The other way round; the time is left out at midnight."""
    if moment is None:
        return None
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M").removesuffix("T00:00")


class Story:
    """One customer on a clock of their own, with at most one subscription."""

    def __init__(self, client: stripe.StripeClient, start: str) -> None:
        self.api: Any = client.v1
        self.clock = self.api.test_helpers.test_clocks.create({"frozen_time": at(start)}).id
        self.customer = self.api.customers.create({"name": "Ada Löw", "test_clock": self.clock}).id
        self.id = ""

    def price(self, interval: str = "month", amount: int = 1000, **fields: Any) -> str:
        product = self.api.products.create({"name": f"Each {interval}"}).id
        recurring = {"interval": interval} | fields.pop("recurring", {})
        made = {"product": product, "currency": "eur", "unit_amount": amount, "recurring": recurring}
        return str(self.api.prices.create(made | fields).id)

    def subscribe(self, *prices: str, mode: str = "flexible", **fields: Any) -> Any:
        items = [{"price": price} for price in prices or (self.price(),)]
        given = {"customer": self.customer, "items": items, "billing_mode": {"type": mode}} | fields
        made = self.api.subscriptions.create(given)
        self.id = made.id
        return made

    def change(self, **fields: Any) -> Any:
        return self.api.subscriptions.update(self.id, fields)

    def now(self) -> Any:
        return self.api.subscriptions.retrieve(self.id)

    def go(self, date: str) -> Any:
        """Time passes until `date`; the subscription as it is then."""
        clocks = self.api.test_helpers.test_clocks
        clocks.advance(self.clock, {"frozen_time": at(date)})
        until(lambda: clocks.retrieve(self.clock).status == "ready", 30, every=0.05)
        assert clocks.retrieve(self.clock).frozen_time == at(date)
        return self.now()

    def period(self, number: int = 0) -> tuple[str | None, str | None]:
        """Start and end of an item's period."""
        item = self.now()["items"].data[number]
        return on(item.current_period_start), on(item.current_period_end)

    def news(self) -> list[str]:
        """What was told of the subscription and its discounts, oldest first, without `customer.`."""
        found = list(self.api.events.list({"limit": 100}).auto_paging_iter())[::-1]
        about = [(each.type.removeprefix("customer."), each.data.object) for each in found]
        return [type for type, told in about if self.id in (told.id, getattr(told, "subscription", ""))]
