"""Hostile requests to every operation: nothing fails, nobody's things are seen or changed, the books are right after.

the SDK's types ─▶ parameters, right and wrong ─▶ a real server on each database ─▶ 200, or Stripe's error object
then: every object is read again, held against what the SDK declares, and the sums are checked

TENURE_FUZZ=50000 python -m pytest tests/security/test_fuzz.py     as many requests as that, and other ones each time
"""

import http.client
import json
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from random import Random
from typing import Any

import pytest
from msgspec import structs

from tenure.api import RESOURCES
from tenure.api.resource import Operation
from tenure.wire import versions
from tests.conformance.declared import faults
from tests.security.declared_params import declared, fields_of
from tests.security.hostile import Caller, Pool, pairs, quoted
from tests.security.strangers import Merchant, merchants, new_key
from tests.support.server import Server

ASKED = int(os.environ.get("TENURE_FUZZ", "0"))
REQUESTS = ASKED or 3000
FIRST = time.time_ns() if ASKED else 0
OPERATIONS = [(resource.path, operation) for resource in RESOURCES for operation in resource.operations]
WRITES = [each for each in OPERATIONS if each[1].verb == "POST"]
MAKES = [each for each in WRITES if "}" not in each[1].path]
TYPES = {"invalid_request_error", "card_error", "idempotency_error", "api_error"}
HOLES = re.compile(r"{\w+}")


class Wire:
    """One connection that stays open; an answer that does not come within ten seconds is a failure."""

    def __init__(self, url: str, key: str) -> None:
        self.host, self.key = url.removeprefix("http://"), key
        self.connection = http.client.HTTPConnection(self.host, timeout=10)

    def close(self) -> None:
        self.connection.close()

    def send(self, verb: str, path: str, body: str = "", **headers: str) -> tuple[int, Any]:
        given = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/x-www-form-urlencoded"} | headers
        self.connection.request(verb, path, body=body or None, headers=given)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def every(self, path: str) -> Iterator[dict[str, Any]]:
        """All the objects of a list."""
        after = ""
        while True:
            status, page = self.send("GET", f"{path}{'&' if '?' in path else '?'}limit=100{after}")
            assert status == 200, page
            yield from page["data"]
            if not page["has_more"]:
                return
            after = f"&starting_after={page['data'][-1]['id']}"


@pytest.fixture(scope="module")
def server(each_server: Server) -> Server:
    return each_server


@pytest.fixture(scope="module")
def both(server: Server) -> tuple[Merchant, Merchant]:
    return merchants(server)


@pytest.fixture(scope="module")
def pool(server: Server, both: tuple[Merchant, Merchant]) -> Pool:
    """Ids of the caller's own, of another account, and of its own live mode."""
    halyard, brig = both
    with closing(Wire(server.url, new_key(halyard.owner, "secret", live=True))) as live:
        theirs = [live.send("POST", f"/v1/{path}", body)[1]["id"] for path, body in LIVE]
    hidden = [id for noun, id in brig.ids.items() if noun not in ("keys", "sessions", "saved")]
    own = {noun: [id] for noun, id in halyard.ids.items() if noun not in ("keys", "sessions", "saved")}
    return Pool(own, [*hidden, *theirs])


def _known(operation: Operation) -> frozenset[str]:
    return frozenset(info.encode_name for info in structs.fields(operation.params))


def test_no_request_breaks_anything(server: Server, both: tuple[Merchant, Merchant], pool: Pool):
    halyard, brig = both
    with closing(Wire(server.url, brig.key)) as other:
        before = _everything(other)
    with closing(Wire(server.url, halyard.key)) as wire, closing(Wire(server.url, brig.key)) as other:
        wrong = _explore(wire, pool)
        failed = [line for line in server.log.splitlines() if "request failed" in line]
        assert not (wrong or failed), "\n".join([*wrong, *failed])
        after = _everything(other)
        assert {path: after[path] for path in before if path not in MOVING} == {
            path: before[path] for path in before if path not in MOVING
        }
        _check_books(wire, server)


def _explore(wire: Wire, pool: Pool) -> list[str]:
    """What went wrong, once for each operation."""
    wrong: dict[str, str] = {}
    calls = declared()
    for number in range(REQUESTS):
        random = Random(FIRST + number)
        caller = Caller(random, pool, wild=random.choice((0.0, 0.02, 0.15)))
        base, operation = random.choice(random.choice((OPERATIONS, WRITES, WRITES, MAKES)))
        template = base + operation.path
        name = f"{operation.verb} {HOLES.sub('{}', template)}"
        tree = caller.request(name, fields_of(calls.get(name)), _known(operation))
        path = _path(caller, template)
        version = random.choice((versions.CURRENT, versions.CURRENT, *versions.SUPPORTED))
        fault = _ask(wire, pool, operation.verb, path, pairs(tree), version)
        if fault is not None:
            wrong.setdefault(name, f"{number}: {fault}")
    return list(wrong.values())


def _path(caller: Caller, template: str) -> str:
    return HOLES.sub(lambda hole: quoted(caller.id(template[: hole.start() - 1].rpartition("/")[2])), template)


def _ask(wire: Wire, pool: Pool, verb: str, path: str, form: str, version: str) -> str | None:
    """What is wrong with the answer."""
    where = (path, form) if verb == "POST" else (f"{path}?{form}", "")
    status, shape = wire.send(verb, *where, **{"Stripe-Version": version})
    if f"&id={shape.get('id')}&" in f"&{form}&" and shape["id"] in pool.foreign:
        pool.foreign.remove(shape["id"])  # the caller's own now has the same id, which it chose
    fault = _success(shape, pool) if status == 200 else _refusal(status, shape)
    return fault and f"{fault}: {verb} {path} {form[:600]} ({version}): {status} {json.dumps(shape)[:300]}"


def _success(shape: Any, pool: Pool) -> str | None:
    text = json.dumps(shape)
    if any(f'"{id}"' in text for id in pool.foreign):
        return "it shows what belongs to somebody else"
    if not shape.get("deleted"):
        pool.learn(shape)
    return None


def _refusal(status: int, shape: Any) -> str | None:
    error = shape["error"]
    if not 400 <= status < 500:
        return "it failed"
    if error["type"] not in TYPES or not error["message"]:
        return "it is not an error object"
    if str(error.get("code", "")).startswith("parameter_") and not error.get("param"):
        return "it names no parameter"
    return None


def _everything(wire: Wire) -> dict[str, Any]:
    """All that can be listed without parameters."""
    paths = {
        base for base, operation in OPERATIONS if operation.verb == "GET" and not operation.path and "{" not in base
    }
    return {path: list(wire.every(path)) for path in sorted(paths - NEED) if path not in ONE}


ONE = {"/v1/account"}
NEED = {"/v1/entitlements/active_entitlements", "/v1/subscription_items", "/v1/payment_methods"}
LIVE = (
    ("customers", "name=Live"),
    ("products", "name=Live"),
    ("coupons", "percent_off=5&duration=once"),
    ("prices", "currency=eur&unit_amount=100&product_data[name]=Live"),
)


def _check_books(wire: Wire, server: Server) -> None:
    """Whatever was done, every object is readable, is what the SDK expects, and the sums are right."""
    found = _everything(wire) | {"/v1/subscriptions": list(wire.every("/v1/subscriptions?status=all"))}
    wrong = [
        f"{path} {each['id']}: {fault}"
        for path, all in found.items()
        if path not in OURS
        for each in all
        for fault in faults(each)
    ]
    assert wrong == []
    for check in CHECKS:
        check(wire, found)
    if "TENURE_DATABASE" in server.env:
        return
    with closing(sqlite3.connect(server.data / "tenure.db")) as database:
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]


MOVING = {"/v1/events", "/v1/tax_ids"}  # a tax id is looked up later, by itself, and events say so
OURS = {"/v1/cancellation_sessions"}


def _invoices_add_up(wire: Wire, found: dict[str, Any]) -> None:
    for invoice in found["/v1/invoices"]:
        lines = list(wire.every(f"/v1/invoices/{invoice['id']}/lines"))
        assert sum(line["amount"] for line in lines) == invoice["subtotal"], invoice
        off = sum(each["amount"] for each in invoice["total_discount_amounts"] or [])
        added = sum(each["amount"] for each in invoice["total_taxes"] or [] if each["tax_behavior"] == "exclusive")
        assert invoice["total"] == invoice["subtotal"] - off + added, invoice
        assert invoice["amount_remaining"] >= 0 and invoice["amount_paid"] >= 0, invoice
        if invoice["status"] == "paid":
            assert invoice["amount_remaining"] == 0, invoice


def _balances_are_the_sum_of_their_transactions(wire: Wire, found: dict[str, Any]) -> None:
    for customer in found["/v1/customers"]:
        moved = wire.every(f"/v1/customers/{customer['id']}/balance_transactions")
        assert sum(each["amount"] for each in moved) == customer["balance"], customer


def _notes_credit_at_most_the_invoice(wire: Wire, found: dict[str, Any]) -> None:
    totals = {invoice["id"]: invoice["total"] for invoice in found["/v1/invoices"]}
    credited: dict[str, int] = {}
    for note in found["/v1/credit_notes"]:
        if note["status"] == "issued":
            credited[note["invoice"]] = credited.get(note["invoice"], 0) + note["total"]
    assert {id: amount for id, amount in credited.items() if amount > totals[id]} == {}


def _nothing_is_redeemed_too_often(wire: Wire, found: dict[str, Any]) -> None:
    for each in [*found["/v1/coupons"], *found["/v1/promotion_codes"]]:
        assert each["max_redemptions"] is None or each["times_redeemed"] <= each["max_redemptions"], each


def _nothing_is_received_beyond_what_was_asked(wire: Wire, found: dict[str, Any]) -> None:
    for intent in found["/v1/payment_intents"]:
        assert 0 <= intent["amount_received"] <= intent["amount"], intent


CHECKS: tuple[Callable[[Wire, dict[str, Any]], None], ...] = (
    _invoices_add_up,
    _balances_are_the_sum_of_their_transactions,
    _notes_credit_at_most_the_invoice,
    _nothing_is_redeemed_too_often,
    _nothing_is_received_beyond_what_was_asked,
)
