"""Parameters that the SDK could send, and worse: right ones, and now and then one that no sane caller would give.

Caller(Random(7), pool, wild=0.1).parameters(fields, known)
    ─▶   {"customer": "cus_…", "items": [{"price": "price_…", "quantity": "99999999999"}]}     pairs(it)
    ─▶   customer=cus_…&items%5B0%5D%5Bprice%5D=…
"""

import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal
from urllib.parse import quote_from_bytes

import typing_extensions
from stripe._stripe_object import UntypedStripeObject

from tests.security.declared_params import Fields, fields_of

NOUNS = {
    "billing.feedback_option": "feedback_options",
    "billing.meter": "meters",
    "billing_portal.configuration": "configurations",
    "customer_balance_transaction": "balance_transactions",
    "entitlements.feature": "features",
    "invoiceitem": "invoiceitems",
    "line_item": "lines",
    "product_feature": "product_features",
    "test_helpers.test_clock": "test_clocks",
}
MEANT = {
    "configuration": "configurations",
    "customer": "customers",
    "default_payment_method": "payment_methods",
    "default_price": "prices",
    "default_tax_rates": "tax_rates",
    "ending_before": "",
    "entitlement_feature": "features",
    "feedback_option": "feedback_options",
    "from_subscription": "subscriptions",
    "id": "",
    "meter": "meters",
    "starting_after": "",
    "tax_rates": "tax_rates",
    "test_clock": "test_clocks",
}
KINDS = ("coupon", "promotion_code", "invoice", "invoice_item", "invoice_line_item", "payment_intent", "payment_method")
MEANT |= {name: f"{name}s" for name in (*KINDS, "price", "plan", "product", "subscription", "subscription_item")}
MEANT |= {"invoice_item": "invoiceitems", "invoice_line_item": "lines", "schedule": "subscription_schedules"}

TEXTS = ("Studio", "charts", "calls", "a", "DE136695976", "https://example.com/", "ada@example.com")
SENSIBLE = {
    "billing_scheme": ("per_unit", "per_unit", "tiered"),
    "country": ("DE", "US"),
    "currency": ("eur", "eur", "eur", "usd", "jpy", "kwd"),
    "cvc": ("123",),
    "default_payment_method": ("pm_card_visa",),
    "duration": ("once", "forever", "repeating"),
    "email": ("ada@example.com",),
    "event_name": ("calls", "calls", "rides"),
    "exp_month": ("12", "13"),
    "exp_year": ("2032", "2001"),
    "interval": ("month", "year", "week", "day"),
    "interval_count": ("1", "2", "3"),
    "number": ("4242424242424242", "4000000000000002", "4000002500003155"),
    "payment_method": ("pm_card_visa", "pm_card_chargeDeclined", "pm_card_authenticationRequired", "pm_card_visa"),
    "quantity": ("1", "2", "3", "0", "250"),
    "query": ("created>1", "email:'ada@example.com'", "-status:'active'", "metadata['a']:null"),
    "return_url": ("https://example.com/",),
    "stripe_customer_id": ("",),
    "type": ("card", "coupon", "eu_vat", "cancel", "invoice_line_item"),
    "url": ("https://example.com/hook",),
    "value": ("DE136695976", "1"),
}
TIMES = ("_at", "_end", "_start", "_date", "anchor", "timestamp", "frozen_time", "end", "start", "created", "gte", "lt")
WORST = (
    "",
    "0",
    "-1",
    "NaN",
    "1e400",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "99999999999999999999999999",
    "0.0000000000001",
    "9999999999999.999999999999",
    "253402300800",
    "true",
    "null",
    "[]",
    "a\0b",
    "\ud800",
    "\u202e\uffff",
    "'; drop table customers; --",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "%s%n{0}",
    "x" * 6000,
    "ß" * 600,
    "🛶" * 40,
    "1795386748",
)
NUMBERS = ("1", "2", "3", "7", "100", "2900", "2900", "1000000", "99999999", "0", "-500")
MOMENTS = ("1795386748", "1796000000", "1797978748", "1800000100", "1830000000", "1893456000", "1700000000")
FRACTIONS = ("1", "19", "25", "100", "0.5", "12.345", "33.333333", "0")
SHAPES: tuple[Any, ...] = (["1"], [["1"]], {"0": "1"}, {"a": {"b": {"c": "d"}}}, ["1", "2"], [{"id": "1"}], [])


PRICED = {"currency": "eur", "unit_amount": "2900", "product": ":products"}
PHASE = {"items": [{"price": ":prices"}], "duration": {"interval": "month", "interval_count": "2"}}
WORKS: dict[str, Any] = {
    "POST /v1/billing/meter_events": {
        "event_name": "calls",
        "payload": {"stripe_customer_id": ":customers", "value": "3"},
    },
    "POST /v1/coupons": {"percent_off": "25", "duration": "once"},
    "POST /v1/credit_notes": {"invoice": ":invoices", "amount": "100", "credit_amount": "100"},
    "POST /v1/customers/{}/balance_transactions": {"amount": "-500", "currency": "eur"},
    "POST /v1/customers/{}/tax_ids": {"type": "eu_vat", "value": "DE136695976"},
    "POST /v1/invoiceitems": {"customer": ":customers", "amount": "700", "currency": "eur"},
    "POST /v1/invoices": {"customer": ":customers", "pending_invoice_items_behavior": "include"},
    "POST /v1/invoices/create_preview": {"customer": ":customers", "subscription": ":subscriptions"},
    "POST /v1/invoices/{}/pay": {"payment_method": ":payment_methods"},
    "POST /v1/payment_intents": {"amount": "1000", "currency": "eur", "customer": ":customers"},
    "POST /v1/payment_intents/{}/confirm": {"payment_method": "pm_card_visa", "return_url": "https://example.com/"},
    "POST /v1/payment_methods/{}/attach": {"customer": ":customers"},
    "POST /v1/prices": {**PRICED, "recurring": {"interval": "month"}},
    "POST /v1/promotion_codes": {"promotion": {"type": "coupon", "coupon": ":coupons"}},
    "POST /v1/setup_intents": {"customer": ":customers"},
    "POST /v1/setup_intents/{}/confirm": {"payment_method": "pm_card_visa", "return_url": "https://example.com/"},
    "POST /v1/subscription_items": {"subscription": ":subscriptions", "price": ":prices"},
    "POST /v1/subscription_schedules": {"customer": ":customers", "start_date": "now", "phases": [PHASE]},
    "POST /v1/subscriptions": {"customer": ":customers", "items": [{"price": ":prices"}]},
    "POST /v1/tax_rates": {"display_name": "VAT", "percentage": "19", "inclusive": "false"},
}


@dataclass
class Pool:
    """Ids by noun: those of the caller, which grow as things are made, and those of others."""

    own: dict[str, list[str]]
    foreign: list[str]
    all: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.all = [each for ids in self.own.values() for each in ids]

    def learn(self, shape: dict[str, Any]) -> None:
        """Objects in an answer are there for later requests."""
        kind, id = shape.get("object"), shape.get("id")
        if isinstance(kind, str) and isinstance(id, str):
            known = self.own.setdefault(NOUNS.get(kind, f"{kind}s"), [])
            if id not in known:
                known.append(id)
                self.all.append(id)
        for each in shape.values():
            for inner in each.get("data", []) if isinstance(each, dict) and each.get("object") == "list" else []:
                self.learn(inner)


@dataclass
class Caller:
    """Somebody who sends what the SDK could send; each value is a wild one with the probability `wild`."""

    random: Random
    pool: Pool
    wild: float

    def request(self, name: str, fields: Fields, known: frozenset[str]) -> dict[str, Any]:
        """The parameters of an operation; mostly what is known to work, and something added."""
        tree = self.parameters(fields, known)
        works = WORKS.get(name)
        return (
            tree
            if works is None or self.random.random() < 0.3
            else {**tree, **{each: self._filled(works[each]) for each in works}}
        )

    def _filled(self, node: Any) -> Any:
        """What works, with ids where it names a noun."""
        if self._wild():
            return self.random.choice((*WORST, *SHAPES))
        if isinstance(node, dict):
            return {name: self._filled(each) for name, each in node.items()}
        if isinstance(node, list):
            return [self._filled(each) for each in node]
        return self.id(node[1:]) if node.startswith(":") else node

    def parameters(self, fields: Fields, known: frozenset[str] | None) -> dict[str, Any]:
        """The required, some of the others; of the top level mostly what Tenure knows."""
        optional = [
            name
            for name in fields
            if not fields[name].required
            and (known is None or name in known or self._wild())
            and (name != "expand" or self._wild())
        ]
        chosen = self.random.sample(optional, min(self.random.choice((0, 1, 2, 2, 3, 5)), len(optional)))
        needed = [name for name in fields if fields[name].required and not self._wild()]
        tree = {name: self._value(fields[name].hint, name) for name in [*needed, *chosen]}
        if self._wild():
            tree[self.random.choice(WORST) or "expand"] = self.random.choice(WORST)
        return tree

    def id(self, noun: str) -> str:
        """Most often an id of the kind that is meant, and of those most often a new one."""
        if self._wild():
            return self.random.choice(self.random.choice((self.pool.foreign, self.pool.all, WORST)))
        ids = self.pool.own.get(noun) or self.pool.all
        return self.random.choice(self.random.choice((ids, ids[-3:])))

    def _wild(self) -> bool:
        return self.random.random() < self.wild

    def _value(self, hint: Any, name: str) -> Any:
        if self._wild():
            return self.random.choice((*WORST, *SHAPES))
        origin, inner = typing.get_origin(hint), typing.get_args(hint)
        if origin is Literal:
            wanted = [each for each in SENSIBLE.get(name, ()) if each in inner]
            return self.random.choice(wanted or inner)
        if origin is list:
            return [self._value(inner[0], name) for _ in range(self.random.choice((1, 1, 1, 2, 3, 0)))]
        if origin in (dict, UntypedStripeObject):
            return {self.random.choice(("a", "plan", "1", "stripe_customer_id", "value")): self._value(inner[-1], name)}
        if inner:
            closed = any(typing.get_origin(arm) is Literal and arm != Literal[""] for arm in inner)
            idle = (type(None), Literal[""], str if closed else None)
            arms = [arm for arm in inner if arm not in idle]
            return self._value(self.random.choice(arms or inner), name)
        if typing_extensions.is_typeddict(hint):
            return self.parameters(fields_of(hint), None)
        return self._scalar(hint, name)

    def _scalar(self, hint: Any, name: str) -> str:
        if hint is bool:
            return self.random.choice(("true", "false"))
        if name in MEANT and self.random.random() < 0.9:
            return self.id(MEANT[name])
        if name in SENSIBLE:
            return self.random.choice(SENSIBLE[name])
        if hint is int:
            return self.random.choice(MOMENTS if name.endswith(TIMES) else NUMBERS)
        return self.random.choice(TEXTS if hint is str else FRACTIONS)


def pairs(tree: Any) -> str:
    """The tree as a form; what is no UTF-8 is sent all the same."""
    return "&".join(f"{quoted(name)}={quoted(value)}" for name, value in _flat(tree, ""))


def quoted(text: str) -> str:
    """Percent-encoded, lone surrogates too."""
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="")


def _flat(node: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict | list):
        entries = node.items() if isinstance(node, dict) else enumerate(node)
        for key, each in entries:
            yield from _flat(each, f"{path}[{key}]" if path else str(key))
    else:
        yield path, str(node)
