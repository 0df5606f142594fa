"""Idempotency keys with Stripe's v1 meaning: the first answer is kept and given again, whatever happened.

    new key            run, keep the answer in the same transaction
    same key and body  the kept answer, byte for byte, with Idempotent-Replayed: true
    same key, other    400 idempotency_error
    key in flight      409

Kept: answers of requests that began to run, refusals included. Not kept: what failed before (parameters, keys),
and a failure that rolled everything back: nothing happened, so trying again is safe.
An answer that shows a secret (a portal link, a webhook secret) is kept sealed.
"""

import hashlib
import hmac

from msgspec import Struct

from tenure.api.answers import Answer, Runs, answered, refusal
from tenure.domain.documents import Request, Scope
from tenure.domain.errors import IdempotencyMismatch, InUse, Invalid, Refused, Unavailable
from tenure.store import idempotency as kept
from tenure.store.errors import AlreadyExists, Stale
from tenure.store.seal import KeyRing
from tenure.store.tx import Tx
from tenure.web.context import App

MAX_KEY = 255
_in_flight: set[tuple[Scope, str]] = set()


class Place(Struct, frozen=True, kw_only=True):
    """Where a key was used: by whom, on what, with which parameters, in which request; and if the answer is secret."""

    scope: Scope
    key: str
    target: str
    params_hashes: tuple[str, ...]
    request_id: str
    secret: bool = False

    @property
    def row(self) -> str:
        """What a sealed answer is bound to."""
        return f"idempotency {self.scope.account} {self.scope.livemode} {self.key}"


def digests(raw: bytes, ring: KeyRing) -> tuple[str, ...]:
    """What is compared of the parameters, under each key of the ring, the first of which is kept.

    Keyed, because parameters may hold what nobody may find out by trying: the number of a card.
    """
    keys = (ring.keys[ring.primary], *(key for id, key in ring.keys.items() if id != ring.primary))
    return tuple(hmac.new(key, raw, hashlib.sha256).hexdigest() for key in keys)


class _Replay(Exception):
    """The key has an answer already."""

    def __init__(self, known: kept.Kept) -> None:
        super().__init__()
        self.known = known


async def run(app: App, place: Place, operation: Runs, *, now: int, request: Request) -> Answer:
    """Run the operation once for this key, or give again what it answered. Raises IdempotencyMismatch, InUse."""
    if len(place.key) > MAX_KEY:
        raise Invalid(f"Idempotency keys can be at most {MAX_KEY} characters long.")
    flight = (place.scope, place.key)
    if flight in _in_flight:
        raise _in_use(place)
    _in_flight.add(flight)
    try:
        return await _run(app, place, operation, now=now, request=request)
    finally:
        _in_flight.discard(flight)


def _in_use(place: Place) -> InUse:
    return InUse(
        f"There is currently another in-progress request using this Idempotent Key ({place.key}): "
        "please try again later.",
        code="idempotency_key_in_use",
    )


async def _run(app: App, place: Place, operation: Runs, *, now: int, request: Request) -> Answer:
    def once(tx: Tx) -> Answer:
        if not kept.reserve(tx, place.key):
            raise _in_use(place)
        known = kept.get(tx, place.key)
        if known is not None:
            raise _Replay(known)
        answer = answered(operation(tx), place.request_id)
        _keep(app, tx, place, answer.status, answer.body)
        return answer

    try:
        return await app.store.write(place.scope, once, now=now, request=request)
    except _Replay as replay:
        return _again(app, place, replay.known)
    except (InUse, Stale, Unavailable):
        raise
    except Refused as refused:
        answer = refusal(refused, place.request_id)
        await app.store.write(place.scope, lambda tx: _keep(app, tx, place, answer.status, answer.body), now=now)
        return answer


def _keep(app: App, tx: Tx, place: Place, status: int, body: bytes) -> None:
    text = body.decode()
    try:
        kept.put(
            tx,
            place.key,
            method_path=place.target,
            params_hash=place.params_hashes[0],
            status=status,
            body=app.ring.seal(text, place.row) if place.secret else text,
            headers=place.request_id,
        )
    except AlreadyExists:
        raise _in_use(place) from None


def _again(app: App, place: Place, known: kept.Kept) -> Answer:
    if known.method_path != place.target or known.params_hash not in place.params_hashes:
        raise IdempotencyMismatch(
            f"Keys for idempotent requests can only be used with the same parameters they were first used with. Try "
            f"using a key other than '{place.key}' if you meant to execute a different request."
        )
    headers = {"Idempotent-Replayed": "true", "Original-Request": known.headers}
    text = app.ring.unseal(known.body, place.row) if place.secret else known.body
    return Answer(known.status, text.encode(), headers)
