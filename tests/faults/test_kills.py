"""What a crash may cost: nothing that was answered, nothing twice, and no event untold.

clients ──cancel, with an idempotency key, again until answered──▶ server ──kill -9, start──▶ server …
afterwards: every subscription is canceled, by one event, which arrived; the database is sound

A run prints its seed; FAULT_SEED repeats its choices (not its timing, which is the machine's).
"""

import contextlib
import http.client
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

import apsw
import pytest
import stripe

from tests.support.receiver import Receiver
from tests.support.server import Server
from tests.support.wait import until

pytestmark = pytest.mark.faults

CANCELS = 1000
KILLS = 10
CLIENTS = 8
SEED = int(os.environ.get("FAULT_SEED", random.SystemRandom().randrange(10**6)))
UPDATED, DELETED = "customer.subscription.updated", "customer.subscription.deleted"
AGAIN = (409, 500, 503)
SAID = ("status", "cancel_at", "cancel_at_period_end", "canceled_at", "ended_at")


@dataclass
class Cancels:
    """What is to be canceled, and what was answered: the subscription as the server said it was afterwards."""

    server: Server
    key: str
    at_once: set[str]
    waiting: SimpleQueue[str] = field(default_factory=SimpleQueue)
    answered: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    retries: int = 0


class Client(threading.Thread):
    """Takes a subscription, asks until it has an answer, takes the next."""

    def __init__(self, cancels: Cancels) -> None:
        super().__init__(daemon=True)
        self.cancels = cancels
        self.connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        with contextlib.suppress(Empty):
            while True:
                id = self.cancels.waiting.get_nowait()
                tries = 1
                while not self.cancel(id, tries):
                    tries += 1
                    time.sleep(0.05)
                self.cancels.retries += tries - 1
        self.hang_up()

    def cancel(self, id: str, tries: int) -> bool:
        """Whether this try was answered for good."""
        headers = {"Authorization": f"Bearer {self.cancels.key}", "Idempotency-Key": f"cancel-{id}"}
        try:
            if id in self.cancels.at_once:
                status, body = self.send("DELETE", id, "", headers)
            else:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                status, body = self.send("POST", id, "cancel_at_period_end=true", headers)
        except (OSError, http.client.HTTPException):
            self.hang_up()
            return False
        if status == 200:
            self.cancels.answered[id] = body
        elif status not in AGAIN:
            # The answer to an earlier try was lost: DELETE has no idempotency keys, so this one finds it done.
            if id in self.cancels.at_once and tries > 1 and body["error"]["code"] == "resource_missing":
                self.cancels.answered[id] = {"id": id, "status": "canceled"}
            else:
                self.cancels.refused.append(f"{status} {body}")
        return status not in AGAIN

    def hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def send(self, verb: str, id: str, form: str, headers: dict[str, str]) -> tuple[int, Any]:
        self.connection = self.connection or http.client.HTTPConnection(
            "127.0.0.1", self.cancels.server.port, timeout=20
        )
        self.connection.request(verb, f"/v1/subscriptions/{id}", form, headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())


@pytest.fixture
def subscriptions(client: stripe.StripeClient) -> list[str]:
    """A thousand active subscriptions of one customer."""
    product = client.v1.products.create({"name": "Halyard Studio"})
    monthly = {"interval": "month"}
    price = client.v1.prices.create(
        {"product": product.id, "currency": "eur", "unit_amount": 2900, "recurring": monthly}
    )
    customer = client.v1.customers.create({"email": "ada@example.com"})
    wanted = {"customer": customer.id, "items": [{"price": price.id}]}
    with ThreadPoolExecutor(4) as threads:
        made = threads.map(lambda _: client.v1.subscriptions.create(wanted).id, range(CANCELS))
        return list(made)


def kill_again_and_again(server: Server, progress: Callable[[], int], chance: random.Random) -> None:
    """kill -9 at moments spread over the work, some of them right after the start."""
    for number in range(KILLS):
        goal = int(CANCELS * (number + chance.random()) / KILLS)
        until(lambda goal=goal: progress() >= goal, 60, every=0.002)
        time.sleep(0.02 * chance.random())
        server.kill()
        server.start()


def test_cancels_survive_kills(
    server: Server, client: stripe.StripeClient, receiver: Receiver, subscriptions: list[str]
) -> None:
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    endpoint = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": [UPDATED, DELETED]})
    cancels = Cancels(server, server.key(), set(chance.sample(subscriptions, CANCELS // 2)))
    for id in chance.sample(subscriptions, CANCELS):
        cancels.waiting.put(id)
    clients = [Client(cancels) for _ in range(CLIENTS)]
    for each in clients:
        each.start()
    kill_again_and_again(server, lambda: len(cancels.answered) + len(cancels.refused), chance)
    for each in clients:
        each.join(60)
    print(f"{cancels.retries} retries")

    assert cancels.refused == []
    assert set(cancels.answered) == set(subscriptions)
    assert cancels.retries >= KILLS, "The kills did not meet a request."
    nothing_is_lost(client, cancels)
    nothing_is_told_twice(server, cancels)
    everything_is_delivered(server, receiver, endpoint.secret)
    assert rows(server, "PRAGMA integrity_check") == [("ok",)]


def nothing_is_lost(client: stripe.StripeClient, cancels: Cancels) -> None:
    """Every cancel that was answered is there, as it was answered."""
    listed = client.v1.subscriptions.list({"status": "all", "limit": 100}).auto_paging_iter()
    stored = {each["id"]: each for each in listed}
    for id, answer in cancels.answered.items():
        said = {name: answer[name] for name in SAID if name in answer}
        assert {name: stored[id][name] for name in said} == said
        assert stored[id]["status"] == ("canceled" if id in cancels.at_once else "active")
        assert stored[id]["cancel_at_period_end"] is (id not in cancels.at_once)


def nothing_is_told_twice(server: Server, cancels: Cancels) -> None:
    told = Counter(rows(server, "SELECT type, object_id FROM events WHERE type IN (?, ?)", UPDATED, DELETED))
    expected = {(DELETED if id in cancels.at_once else UPDATED, id): 1 for id in cancels.answered}
    assert told == expected


def everything_is_delivered(server: Server, receiver: Receiver, secret: str) -> None:
    """At least once, each with a signature that holds."""
    wanted = {id for (id,) in rows(server, "SELECT id FROM events WHERE type IN (?, ?)", UPDATED, DELETED)}
    until(lambda: len({each.json["id"] for each in list(receiver.deliveries)}) >= len(wanted), 60, every=0.5)
    assert {event.id for event in receiver.events(secret)} == wanted


def rows(server: Server, statement: str, *values: str) -> list[tuple[Any, ...]]:
    connection = apsw.Connection(str(server.data / "tenure.db"), flags=apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(10_000)
    try:
        return connection.execute(statement, values).fetchall()
    finally:
        connection.close()
