"""Webhooks on their way: claimed in one transaction, sent outside of any, settled in another.

    poll ──▶ lanes ──claim──▶ pack ──▶ sign ──▶ POST ──▶ judge ──settle──▶ delivered
                     write    read                                 write   again at …
                                                                           failed       after ten attempts
                                                                           dropped      the endpoint is gone or disabled

The claim is a lease of 60 s: if this process dies, `reap` opens it again and the event is sent again under the same id.
What a receiver sees as `t` is the time of the attempt, so a retry is never too old to verify.
"""

import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec
import structlog

from tenure.domain.documents import Change, Scope
from tenure.domain.events import Event
from tenure.domain.retries import Again, Delivered, GivenUp, Gone, Verdict, endpoint_after, judge
from tenure.domain.signatures import sign
from tenure.domain.webhook_endpoints import WebhookEndpoint
from tenure.store import audit_log
from tenure.store import deliveries as queue
from tenure.store.deliveries import Attempt, Delivery
from tenure.store.older import extras
from tenure.store.seal import KeyRing, SealBroken
from tenure.store.store import Store
from tenure.store.tx import SystemTx, Tx
from tenure.wire import versions
from tenure.wire.shapes import render
from tenure.worker.lanes import Health, Lanes
from tenure.worker.sending import Reply, Sender

LEASE_S = 60
ACTOR = "system"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one attempt needs: where to, what, and the sealed secrets that sign it."""

    url: str
    body: bytes
    sealed: tuple[str, ...]


class Deliveries:
    """Sends what is due at `clock()`, unix seconds; `draw` spreads the retries, in [0, 1).

    `api_version` is that of endpoints that pin none."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], int],
        ring: KeyRing,
        sender: Sender,
        draw: Callable[[], float] = random.random,
        api_version: str = versions.CURRENT,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ring = ring
        self._sender = sender
        self._draw = draw
        self._api_version = api_version
        self._name = f"worker_{secrets.token_hex(8)}"
        self._health = Health()
        self._lanes: Lanes[Delivery] = Lanes(self._claim, self._deliver, health=self._health)
        self._fresh = True

    async def poll(self) -> bool:
        """Wake the lane of each endpoint that has something due."""
        now = self._clock()
        for lane in await self._store.system_read(lambda tx: queue.endpoints_with_due(tx, now)):
            self._lanes.wake(lane.endpoint_id)
        return False

    async def reap(self) -> bool:
        """Open again what a dead worker had claimed; at the start on SQLite, all that is claimed: there is only one."""
        now, fresh = self._clock(), self._fresh

        def open_again(tx: SystemTx) -> int:
            if fresh and tx.dialect == "sqlite":
                return queue.reopen(tx, worker=self._name, now=now)
            return queue.reap(tx, now)

        number = await self._store.system_write(open_again, now=now, background=True)
        self._fresh = False
        if number:
            log.warning("deliveries_reopened", number=number)
        return False

    async def drain(self, grace_s: float) -> None:
        """Claim no more and wait for what is on its way."""
        await self._lanes.drain(grace_s)

    async def _claim(self, endpoint_id: str, limit: int) -> Sequence[Delivery]:
        now = self._clock()

        def claim(tx: SystemTx) -> list[Delivery]:
            return queue.claim(
                tx, endpoint_id=endpoint_id, limit=limit, worker=self._name, lease_until=now + LEASE_S, now=now
            )

        return await self._store.system_write(claim, now=now, background=True)

    async def _deliver(self, delivery: Delivery) -> None:
        scope, at = Scope(delivery.account, delivery.livemode), self._clock()
        parcel = await self._store.read(scope, partial(_pack, delivery=delivery, default=self._api_version), now=at)
        if parcel is None:
            drop = partial(queue.finish, id=delivery.id, state="dropped", code=None, now=at)
            await self._store.write(scope, drop, now=at, background=True)
            return
        reply = await self._send(delivery, parcel, at)
        now = self._clock()
        verdict = judge(reply.answer, delivery.attempt, now=now, random=self._draw())
        self._health.note(delivery.endpoint_id, ok=isinstance(verdict, Delivered), now=now)
        failures = self._health.failures(delivery.endpoint_id, now=now)
        settle = partial(_settle, delivery=delivery, reply=reply, verdict=verdict, at=at, failures=failures)
        await self._store.write(scope, settle, now=now, background=True)

    async def _send(self, delivery: Delivery, parcel: Parcel, at: int) -> Reply:
        try:
            live = [self._ring.unseal(each, delivery.endpoint_id) for each in parcel.sealed]
        except SealBroken:
            log.exception("secret_sealed", endpoint=delivery.endpoint_id)
            return Reply(ms=0, error="The signing secret of the endpoint could not be opened.")
        headers = {"content-type": "application/json; charset=utf-8"}
        headers |= sign(parcel.body, live, message_id=delivery.event_id, at=at)
        return await self._sender.post(parcel.url, parcel.body, headers=headers)


def _pack(tx: Tx, *, delivery: Delivery, default: str) -> Parcel | None:
    """The event as the endpoint's API version shows it, for an endpoint that is there and enabled; else None."""
    endpoint = tx.get(WebhookEndpoint, delivery.endpoint_id)
    event = tx.get(Event, delivery.event_id)
    if endpoint is None or endpoint.status != "enabled" or endpoint.secret is None or event is None:
        return None
    shape = render(event, tx.many)
    version = endpoint.api_version or default
    if version != versions.CURRENT:
        shape = versions.older_event(version, shape, extras(tx))
    body = msgspec.json.format(msgspec.json.encode(shape), indent=2)
    sealed = [endpoint.secret]
    if endpoint.previous_secret is not None and (endpoint.previous_secret_until or 0) > tx.now:
        sealed.append(endpoint.previous_secret)
    return Parcel(url=endpoint.url, body=body, sealed=tuple(sealed))


def _settle(tx: Tx, *, delivery: Delivery, reply: Reply, verdict: Verdict, at: int, failures: int) -> None:
    """Write down what came of an attempt, what follows for the delivery, and what for its endpoint."""
    match verdict:
        case Delivered():
            queue.finish(tx, delivery.id, "delivered", reply.status, tx.now)
        case Again(again_at):
            queue.retry_at(tx, delivery.id, again_at, reply.status)
        case GivenUp() | Gone():
            queue.finish(tx, delivery.id, "failed", reply.status, tx.now)
    attempt = Attempt(
        delivery_id=delivery.id,
        account=delivery.account,
        livemode=delivery.livemode,
        at=at,
        status=reply.status,
        error=reply.error,
        ms=reply.ms,
        response=reply.response,
    )
    queue.record_attempt(tx, attempt)
    _tend(tx, delivery.endpoint_id, verdict, failures)


def _tend(tx: Tx, endpoint_id: str, verdict: Verdict, failures: int) -> None:
    """Start or stop the endpoint's clock, or disable it; most attempts change nothing."""
    seen = tx.get(WebhookEndpoint, endpoint_id)
    if seen is None or endpoint_after(seen, verdict, failures=failures, now=tx.now) is seen:
        return
    endpoint = tx.lock(WebhookEndpoint, endpoint_id)
    after = endpoint_after(endpoint, verdict, failures=failures, now=tx.now)
    if after is endpoint:
        return
    tx.save(Change(after=(after,)))
    if after.status != "disabled":
        return
    dropped = queue.drop_all(tx, endpoint_id, tx.now)
    detail = "It answered 410 Gone." if isinstance(verdict, Gone) else "Every attempt of the last 120 hours failed."
    audit_log.write(
        tx,
        audit_log.Entry(
            account=tx.scope.account,
            livemode=tx.scope.livemode,
            at=tx.now,
            actor=ACTOR,
            action="webhook_endpoint.disabled",
            object_id=endpoint_id,
            detail=detail,
        ),
    )
    log.warning("webhook_endpoint_disabled", endpoint=endpoint_id, reason=detail, dropped=dropped)
