"""Halyard, the sample merchant: a catalogue, customers with cards and invoices, and months of cancellations.

Everything is made by the same actions that the API and the portal use, at the moments when it would have happened.
"""

import asyncio
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
    invoices,
    meter_events,
    meters,
    passing,
    payment_methods,
    prices,
    products,
    retention,
    subscription_schedules,
    subscriptions,
    tax_rates,
)
from tenure.domain.documents import Scope
from tenure.domain.invoices import Invoice
from tenure.domain.periods import DAY_S, add_months
from tenure.domain.portal import Configuration, Feedback
from tenure.domain.requests import CreateSubscription, ItemGiven, UpdateSubscription
from tenure.domain.schedule_requests import CreateSchedule, PhaseChanged, PhaseItemGiven, UpdateSchedule
from tenure.domain.subscriptions import BillingMode, PauseCollection, Subscription
from tenure.store.due import Due, due
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
    ("Marco Ferreira", "marco@ferreira-cargo.example", "past_due", 1),
    ("Nadia Winter", "nadia@winter.example", "incomplete", 0),
    ("Oskar Lind", "buchhaltung@lind-spedition.example", "open_invoice", 2),
    ("Priya Raman", "priya@raman-couriers.example", "metered", 0),
    ("Quentin Maas", "quentin@maas.example", "scheduled", 2),
)
USAGE_EVENT, USAGE_CENTS = "routes_planned", 4
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
CARD, DECLINING = "pm_card_visa", "pm_card_chargeCustomerFail"
# What subscriptions in some states are made with
_MORE: dict[str, dict[str, Any]] = {
    "incomplete": {"payment_behavior": "default_incomplete"},
    "open_invoice": {"collection_method": "send_invoice", "days_until_due": 14},
}
HISTORY = 42
AT_ONCE = 12
MONTHS_BACK = 6


@dataclass
class Sample:
    """What was made: ids by name and by state."""

    customers: dict[str, str] = field(default_factory=dict)
    subscriptions: dict[str, str] = field(default_factory=dict)
    prices: list[tuple[str, str]] = field(default_factory=list)
    coupon: str = ""
    configuration: str = ""
    tax: str = ""
    usage: str = ""


@dataclass
class Past:
    """Someone of the past: when they came and left, unix seconds, with what, and how they left."""

    name: str
    email: str
    came: int
    left: int
    plan: int
    quantity: int
    taken: bool
    undone: bool
    customer: str = ""
    subscription: str = ""


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
        """Make everything in the order of time; what customers do at about the same time is done together."""
        await self.catalogue(add_months(self.now, -MONTHS_BACK - 8))
        past = sorted([self.somebody(number) for number in range(HISTORY)], key=lambda each: each.left)
        await asyncio.gather(*map(self.come, past), *(self.person(*each) for each in PEOPLE))
        for each in past:
            await self.advance(each.left)
            await self.leave(each.left, each.subscription, each.customer, taken=each.taken, undone=each.undone)
        await self.advance(self.now - 3 * DAY_S)
        for name, _, state, _ in PEOPLE:
            await self.bring(state, self.made.subscriptions[state], self.made.customers[name])
        await self.advance(self.now)
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
        rate = {"display_name": "USt.", "percentage": 19.0, "inclusive": True, "country": "DE", "jurisdiction": "DE"}
        self.made.tax = (await self.at(start, partial(tax_rates.create, fields=rate))).id
        self.made.usage = await self.at(start, _usage_price)
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
            "features": {
                "invoice_history": {"enabled": True},
                "payment_method_update": {"enabled": True},
                "subscription_cancel": cancel,
            },
            "business_profile": profile,
            "default_return_url": "https://halyard.example/",
        }
        return configurations.update(tx, config.id, fields).id

    async def subscribe(
        self, when: int, customer: str, price: str, *, quantity: int = 1, mode: BillingKind = "flexible",
        trial_days: int = 0, **more: Any,
    ) -> Subscription:  # fmt: skip
        """A subscription that began at that moment, brought to its next due moment after it."""
        item = ItemGiven(price=price) if price == self.made.usage else ItemGiven(price=price, quantity=quantity)
        asked = CreateSubscription(
            customer=customer, items=[item], billing_mode=BillingMode(type=mode), trial_period_days=trial_days,
            default_tax_rates=[self.made.tax], **more,
        )  # fmt: skip
        return await self.at(when, lambda tx: subscriptions.create(tx, asked))

    async def customer(self, when: int, name: str, email: str, *, language: str = "", card: str = CARD) -> str:
        """A customer with a card."""
        fields = {"name": name, "email": email, "preferred_locales": [language] if language else []}

        def make(tx: Tx) -> str:
            id = customers.create(tx, fields).id
            _give(tx, id, card)
            return id

        return await self.at(when, make)

    async def advance(self, to: int) -> None:
        """Let time pass: everything that is due happens at its moment, renewals and invoices alike."""
        while True:
            found = await self.app.store.system_read(lambda tx: due(tx, to, AT_ONCE), now=to)
            if not found:
                return
            await asyncio.gather(*map(self._step, found))

    async def _step(self, found: Due) -> None:
        await self.at(found.at, lambda tx: passing.step(tx, found, now=found.at))

    def somebody(self, number: int) -> Past:
        """Someone who came and, most of them, left in the last months."""
        pick = self.random
        name = f"{pick.choice(FIRST)} {pick.choice(LAST)}"
        left = self.now - pick.randrange(3 * DAY_S, MONTHS_BACK * 30 * DAY_S)
        return Past(
            name=name,
            email=f"{name.lower().replace(' ', '.')}.{number}@example.com",
            came=left - pick.randrange(20, 160) * DAY_S,
            left=left,
            plan=pick.randrange(len(PLANS)),
            quantity=pick.choice((1, 1, 2, 5)),
            taken=number % 5 == 0,
            undone=number % 11 == 3,
        )

    async def come(self, past: Past) -> None:
        """They subscribe."""
        past.customer = await self.customer(past.came, past.name, past.email)
        price = self.made.prices[past.plan][0]
        past.subscription = (await self.subscribe(past.came, past.customer, price, quantity=past.quantity)).id

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
        """One of the named customers, with a subscription in the state that they stand for."""
        began = self._began(state)
        customer = await self.customer(began, name, email, language="de" if "Haas" in name else "")
        monthly, yearly = self.made.prices[plan]
        price = {"yearly": yearly, "metered": self.made.usage}.get(state, monthly)
        subscription = await self.subscribe(
            began,
            customer,
            price,
            quantity=5 if plan else 1,
            mode="classic" if state == "classic" else "flexible",
            trial_days=14 if state == "trialing" else 0,
            **_MORE.get(state, {}),
        )
        self.made.customers[name] = customer
        self.made.subscriptions[state] = subscription.id

    def _began(self, state: str) -> int:
        """When the subscription began: long enough ago for what is to be seen of it now."""
        match state:
            case "trialing":
                return self.now - 5 * DAY_S
            case "incomplete":
                return self.now - 3600
            case "past_due" | "open_invoice":
                return add_months(self.now - 2 * DAY_S, -3)
            case _:
                return add_months(self.now, -3) - self.random.randrange(20 * DAY_S)

    async def bring(self, state: str, id: str, customer: str) -> None:
        """Bring a subscription into a state."""
        ago, until, end = self.now - 3 * DAY_S, self.now + 45 * DAY_S, self.now + 40 * DAY_S
        if state in ("ending", "saved", "undone"):
            await self.leave(ago, id, customer, taken=state == "saved", undone=state == "undone")
            return
        if state == "metered":
            await self.use(customer)
            return
        pause = PauseCollection(behavior="void", resumes_at=until)
        verbs: dict[str, Callable[[Tx], object]] = {
            "canceled": lambda tx: subscriptions.cancel(tx, id),
            "paused": lambda tx: subscriptions.pause(tx, id),
            "collection_paused": lambda tx: subscriptions.update(tx, id, UpdateSubscription(pause_collection=pause)),
            "ending_on_date": lambda tx: subscriptions.update(tx, id, UpdateSubscription(cancel_at=end)),
            "open_invoice": lambda tx: _paid_by_transfer(tx, id),
            "past_due": lambda tx: _give(tx, customer, DECLINING),
            "scheduled": lambda tx: _downgrade(tx, id, self.made.prices[1][0]),
        }
        if state in verbs:
            await self.at(ago, verbs[state])

    async def use(self, customer: str) -> None:
        """A few weeks of metered use."""
        for day in range(21, 3, -3):
            payload = {"stripe_customer_id": customer, "value": str(self.random.randrange(40, 220))}
            fields = {"event_name": USAGE_EVENT, "payload": payload}
            await self.at(self.now - day * DAY_S, lambda tx, fields=fields: meter_events.create(tx, fields))  # type: ignore[misc]


def _usage_price(tx: Tx) -> str:
    """A product that is billed by what a meter counts."""
    meter = meters.create(
        tx,
        {"display_name": "Routes planned", "event_name": USAGE_EVENT, "default_aggregation": {"formula": "sum"}},
    )
    product = products.create(tx, {"name": "Halyard Pay as you go", "unit_label": "route"})
    recurring = {"interval": "month", "usage_type": "metered", "meter": meter.id}
    fields = {"product": product.id, "currency": "eur", "unit_amount": USAGE_CENTS, "recurring": recurring}
    return prices.create(tx, fields).id


def _give(tx: Tx, customer: str, card: str) -> None:
    """Save a card as the customer's default."""
    method = payment_methods.attach(tx, card, customer)
    customers.update(tx, customer, {"invoice_settings": {"default_payment_method": method.id}})


def _paid_by_transfer(tx: Tx, id: str) -> None:
    """The money for every open invoice of a subscription has come by bank transfer."""
    for each in tx.page(Invoice, [("subscription", "=", id), ("status", "=", "open")]).items:
        invoices.pay(tx, each.id, paid_out_of_band=True)


def _downgrade(tx: Tx, id: str, price: str) -> None:
    """A smaller plan from the next period on."""
    schedule = subscription_schedules.create(tx, CreateSchedule(from_subscription=id))
    now = schedule.phases[0]
    kept = [PhaseItemGiven(price=each.price, quantity=each.quantity or 1) for each in now.items]
    phases = [
        PhaseChanged(items=kept, start_date=now.start_date, end_date=now.end_date),
        PhaseChanged(items=[PhaseItemGiven(price=price, quantity=2)]),
    ]
    subscription_schedules.update(tx, schedule.id, UpdateSchedule(phases=phases, proration_behavior="none"))
