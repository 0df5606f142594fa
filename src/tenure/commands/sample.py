"""Halyard, the sample merchant: a catalogue, customers, and a few months of cancellations with their reasons.

Everything is made by the same actions that the API and the portal use, at the moments when it would have happened.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, Literal, TypeVar

from tenure.actions import (
    configurations,
    coupons,
    customers,
    feedback_options,
    prices,
    products,
    retention,
    subscriptions,
)
from tenure.domain.documents import Scope
from tenure.domain.periods import DAY_S, add_months
from tenure.domain.portal import Configuration, Feedback
from tenure.domain.requests import CreateSubscription, ItemGiven, UpdateSubscription
from tenure.domain.subscriptions import BillingMode, PauseCollection, Subscription
from tenure.store.tx import Tx
from tenure.web.context import App

T = TypeVar("T")
BillingKind = Literal["classic", "flexible"]
SETTINGS: dict[str, object] = {
    "business_name": "Halyard",
    "brand_color": "#0e7c6b",
    "support_email": "help@halyard.example",
    "time_zone": "Europe/Berlin",
    "default_currency": "eur",
    "country": "DE",
    "address": "Hafenstraße 12\n20457 Hamburg\nGermany",
}
PLANS = (("Halyard Starter", 900, 9000), ("Halyard Studio", 2900, 29000), ("Halyard Team", 7900, 79000))
PEOPLE = (
    ("Ada Moreau", "ada@moreau-kartografie.example", "active", 1),
    ("Ben Okafor", "ben@okafor-freight.example", "active", 2),
    ("Chiara Lindqvist", "chiara@lindqvist.example", "trialing", 1),
    ("Dmitri Haas", "dmitri@haas-logistik.example", "ending", 1),
    ("Elif Tanaka", "elif@tanaka-routes.example", "ending_on_date", 0),
    ("Farid Nowak", "farid@nowak.example", "paused", 1),
    ("Greta Solberg", "greta@solberg-marine.example", "collection_paused", 2),
    ("Hugo Castellan", "hugo@castellan.example", "canceled", 0),
    ("Ines Abara", "ines@abara.example", "saved", 1),
    ("Jonas Petrov", "jonas@petrov-tours.example", "classic", 0),
    ("Keiko Braun", "keiko@braun.example", "undone", 2),
    ("Lena Whitlock", "lena@whitlock.example", "yearly", 1),
)
FIRST = ("Amara", "Bruno", "Carla", "Dario", "Emil", "Freya", "Goran", "Hanna", "Ivo", "Jana", "Kofi", "Luca", "Mira")
LAST = ("Adler", "Bonnet", "Costa", "Dahl", "Eriksen", "Ferrari", "Gallo", "Huber", "Ito", "Jansen", "Kovacs")
REASONS: tuple[tuple[Feedback, int, tuple[str, ...]], ...] = (
    ("too_expensive", 9, ("We only plan routes in summer. A seasonal plan would bring us back.", "Price rose twice.")),
    ("missing_features", 6, ("I need offline maps for our field teams.",)),
    ("unused", 6, ()),
    ("switched_service", 4, ("Our carrier bundles a planner.",)),
    ("too_complex", 3, ("The dispatch screen is hard to learn for new drivers.",)),
    ("customer_service", 2, ()),
    ("low_quality", 2, ("Arrival times were off by an hour in the Alps.",)),
    ("other", 2, ("We are closing the business.",)),
)
HISTORY = 42
MONTHS_BACK = 6


@dataclass
class Sample:
    """What was made: ids by name and by state."""

    customers: dict[str, str] = field(default_factory=dict)
    subscriptions: dict[str, str] = field(default_factory=dict)
    prices: list[tuple[str, str]] = field(default_factory=list)
    coupon: str = ""
    configuration: str = ""


class Seeder:
    """Runs actions at moments of the past, each in its own transaction."""

    def __init__(self, app: App, scope: Scope) -> None:
        self.app, self.scope, self.random = app, scope, Random(7)
        self.now = app.clock()
        self.made = Sample()

    async def at(self, when: int, fn: Callable[[Tx], T]) -> T:
        """Do something at that moment, unix seconds."""
        return await self.app.store.write(self.scope, fn, now=when)

    async def run(self) -> Sample:
        """Make everything."""
        start = add_months(self.now, -MONTHS_BACK - 8)
        await self.catalogue(start)
        for number in range(HISTORY):
            await self.past_customer(number)
        for name, email, state, plan in PEOPLE:
            await self.person(name, email, state, plan)
        return self.made

    async def catalogue(self, start: int) -> None:
        """Products, prices, the retention coupon, and the portal's settings."""
        for name, monthly, yearly in PLANS:
            product = await self.at(start, partial(products.create, fields={"name": name, "unit_label": "seat"}))
            ids = []
            for amount, interval in ((monthly, "month"), (yearly, "year")):
                fields = {
                    "product": product.id,
                    "currency": "eur",
                    "unit_amount": amount,
                    "recurring": {"interval": interval},
                    "lookup_key": f"{name.split()[-1].lower()}_{interval}ly",
                }
                ids.append((await self.at(start, partial(prices.create, fields=fields))).id)
            self.made.prices.append((ids[0], ids[1]))
        terms = {"name": "25% off for 3 months", "percent_off": 25, "duration": "repeating", "duration_in_months": 3}
        self.made.coupon = (await self.at(start, lambda tx: coupons.create(tx, terms, id="STAY25"))).id
        option = await self.at(start, lambda tx: feedback_options.create(tx, description="Our season is over"))
        self.made.configuration = await self.at(start, lambda tx: self._configure(tx, option.id))

    def _configure(self, tx: Tx, option: str) -> str:
        config = configurations.default(tx)
        assert config is not None
        cancel = {
            "cancellation_reason": {
                "enabled": True,
                "ask": "before",
                "options": list(configurations.PRESETS),
                "feedback_options": [option],
            },
            "retention": {"type": "coupon_offer", "coupon_offer": {"coupon": self.made.coupon}},
        }
        profile = {
            "headline": "Manage your Halyard plan.",
            "privacy_policy_url": "https://halyard.example/privacy",
            "terms_of_service_url": "https://halyard.example/terms",
        }
        fields: dict[str, Any] = {
            "features": {"subscription_cancel": cancel},
            "business_profile": profile,
            "default_return_url": "https://halyard.example/",
        }
        return configurations.update(tx, config.id, fields).id

    async def subscribe(
        self, when: int, customer: str, price: str, *, quantity: int = 1, mode: BillingKind = "flexible",
        trial_days: int = 0,
    ) -> Subscription:  # fmt: skip
        """A subscription that began at that moment, brought to its next due moment after it."""
        asked = CreateSubscription(
            customer=customer, items=[ItemGiven(price=price, quantity=quantity)], billing_mode=BillingMode(type=mode),
            trial_period_days=trial_days,
        )  # fmt: skip
        return await self.at(when, lambda tx: subscriptions.create(tx, asked))

    async def advance(self, id: str, to: int) -> None:
        """Let time pass for one subscription: everything happens at the moment when it was due."""
        while True:
            known = await self.app.store.read(self.scope, lambda tx: tx.need(Subscription, id), now=to)
            due = subscriptions.due_at(known)
            if due > to:
                return
            await self.at(due, partial(subscriptions.step, id=id, now=due))

    async def past_customer(self, number: int) -> None:
        """Someone who came and, most of them, left in the last months."""
        pick = self.random
        name = f"{pick.choice(FIRST)} {pick.choice(LAST)}"
        address = f"{name.lower().replace(' ', '.')}.{number}@example.com"
        left = self.now - pick.randrange(3 * DAY_S, MONTHS_BACK * 30 * DAY_S)
        came = left - pick.randrange(20, 220) * DAY_S
        customer = await self.at(came, lambda tx: customers.create(tx, {"name": name, "email": address}))
        monthly, _ = pick.choice(self.made.prices)
        subscription = await self.subscribe(came, customer.id, monthly, quantity=pick.choice((1, 1, 2, 5)))
        await self.advance(subscription.id, left)
        await self.leave(left, subscription.id, customer.id, taken=number % 5 == 0, undone=number % 11 == 3)
        await self.advance(subscription.id, self.now)

    async def leave(self, when: int, id: str, customer: str, *, taken: bool = False, undone: bool = False) -> None:
        """One flow through the cancel pages: reason, offer, and what came of it."""
        feedback, comment = self.reason()

        def begin(tx: Tx) -> str:
            config = tx.need(Configuration, self.made.configuration)
            flow = retention.start(tx, id, customer=customer, configuration=config, locale="en")
            return retention.answer(tx, flow.id, customer=customer, feedback=feedback, comment=comment).id

        flow = await self.at(when, begin)
        if taken:
            await self.at(when + 40, lambda tx: retention.accept(tx, flow, customer=customer))
            return
        await self.at(when + 40, lambda tx: retention.decline(tx, flow, customer=customer))
        await self.at(when + 65, lambda tx: retention.confirm(tx, flow, customer=customer))
        if undone:
            await self.at(when + 7200, lambda tx: retention.undo(tx, id, customer=customer))

    def reason(self) -> tuple[Feedback | None, str | None]:
        """A reason as often as people give it, with words now and then; one in eight says nothing."""
        if self.random.random() < 0.125:
            return None, None
        feedback, _, words = self.random.choices(REASONS, weights=[weight for _, weight, _ in REASONS])[0]
        return feedback, self.random.choice(words) if words and self.random.random() < 0.6 else None

    async def person(self, name: str, email: str, state: str, plan: int) -> None:
        """One of the dozen customers, with a subscription in the state that they stand for."""
        came = add_months(self.now, -3) - self.random.randrange(20 * DAY_S)
        fields = {"name": name, "email": email, "preferred_locales": ["de"] if "Haas" in name else []}
        customer = await self.at(came, lambda tx: customers.create(tx, fields))
        monthly, yearly = self.made.prices[plan]
        trial = state == "trialing"
        began = self.now - 5 * DAY_S if trial else came
        subscription = await self.subscribe(
            began,
            customer.id,
            yearly if state == "yearly" else monthly,
            quantity=5 if plan else 1,
            mode="classic" if state == "classic" else "flexible",
            trial_days=14 if trial else 0,
        )
        await self.advance(subscription.id, self.now - 4 * DAY_S)
        await self.bring(state, subscription.id, customer.id)
        await self.advance(subscription.id, self.now)
        self.made.customers[name] = customer.id
        self.made.subscriptions[state] = subscription.id

    async def bring(self, state: str, id: str, customer: str) -> None:
        """Bring a subscription into a state."""
        ago = self.now - 3 * DAY_S
        match state:
            case "ending" | "saved" | "undone":
                await self.leave(ago, id, customer, taken=state == "saved", undone=state == "undone")
            case "canceled":
                await self.at(ago, lambda tx: subscriptions.cancel(tx, id))
            case "paused":
                await self.at(ago, lambda tx: subscriptions.pause(tx, id))
            case "collection_paused":
                until = self.now + 45 * DAY_S
                pause = PauseCollection(behavior="void", resumes_at=until)
                await self.at(ago, lambda tx: subscriptions.update(tx, id, UpdateSubscription(pause_collection=pause)))
            case "ending_on_date":
                end = self.now + 40 * DAY_S
                await self.at(ago, lambda tx: subscriptions.update(tx, id, UpdateSubscription(cancel_at=end)))
            case _:
                return
