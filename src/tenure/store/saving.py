"""The write path: a Change becomes rows, its news become events, and each event its deliveries.

Change(after, deleted, events)
  documents ──▶ insert, or update where ver is still the loaded one
  events    ──▶ previous_attributes = difference(render(before), render(after)) ──▶ events
  endpoints ──▶ those of the scope that want the type ──▶ deliveries, each in its lane
  mails     ──▶ what domain/mails.py reads off the events ──▶ the outbox
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, delete, false, insert, select

from tenure.domain.documents import Change, Document, EventDraft, Identified, compact, full
from tenure.domain.events import Event, EventData, EventRequest, difference
from tenure.domain.invoices import Invoice
from tenure.domain.mails import notices
from tenure.domain.prices import Price
from tenure.domain.subscriptions import Subscription
from tenure.domain.webhook_endpoints import WebhookEndpoint
from tenure.store import mails, queries
from tenure.store.cache import ALL, Loaded
from tenure.store.errors import AlreadyExists, Stale
from tenure.store.kinds import KINDS
from tenure.store.lanes import News, deliver
from tenure.store.queries import scoped
from tenure.store.schema import subscription_items, webhook_endpoints
from tenure.wire.expand import expand
from tenure.wire.shapes import render

if TYPE_CHECKING:
    from tenure.store.tx import Tx

_ITEM = insert(subscription_items).values({c.name: bindparam(c.name, type_=c.type) for c in subscription_items.c})
_CLEAR_ITEMS = delete(subscription_items).where(
    scoped(subscription_items), subscription_items.c.subscription == bindparam("of_subscription")
)
_ENDPOINTS = (
    select(webhook_endpoints.c.doc)
    .where(scoped(webhook_endpoints), webhook_endpoints.c.deleted == false(), webhook_endpoints.c.status == "enabled")
    .order_by(webhook_endpoints.c.created, webhook_endpoints.c.id)
)


class Wish(NamedTuple):
    """Which events an endpoint wants."""

    endpoint_id: str
    enabled_events: frozenset[str]


class Batch(NamedTuple):
    """The events of one change, and what its documents were before it."""

    events: tuple[EventDraft, ...]
    before: Mapping[tuple[type[Document], str], Document]


def record(tx: "Tx", batches: Iterable[Batch]) -> None:
    """Write the events, or keep them until the story that is being told ends."""
    if tx.held is not None:
        tx.held += batches
        return
    for batch in batches:
        if batch.events:
            _record(tx, batch.events, batch.before)
            mails.queue(tx, notices(batch.events, batch.before, now=tx.now))


def without_updates(batches: Iterable[Batch], told: Iterable[EventDraft]) -> list[Batch]:
    """The batches without the updates of what has been told about."""
    ids = {draft.doc.id for draft in told}
    return [
        Batch(tuple(e for e in b.events if not (e.type.endswith(_UPDATES) and e.doc.id in ids)), b.before)
        for b in batches
    ]


_UPDATES = (".updated", ".pending_update_applied")


class _Wanted(msgspec.Struct):
    """The part of an endpoint that decides what it is sent."""

    id: str
    enabled_events: list[str]


_event = msgspec.json.Encoder()
_wanted = msgspec.json.Decoder(_Wanted)


def save(tx: "Tx", change: Change) -> None:
    """Write everything that the change says, inside the transaction."""
    before = {
        (type(doc), doc.id): tx.loaded[type(doc), doc.id].doc
        for doc in (*change.after, *change.deleted)
        if (type(doc), doc.id) in tx.loaded
    }
    for doc in change.after:
        if not _kept_back(tx, doc):
            _write(tx, doc)
    for doc in change.deleted:
        _write(tx, doc, deleted=True)
    if change.events:
        record(tx, [Batch(change.events, before)])


# Of these, one transaction may change the same document several times: `Tx.together` writes it once.
KEPT_BACK: frozenset[type[Document]] = frozenset({Invoice})


def _kept_back(tx: "Tx", doc: Document) -> bool:
    """Whether the document is written later, with what else happens to it."""
    key = (type(doc), doc.id)
    known = tx.loaded.get(key)
    if tx.unwritten is None or type(doc) not in KEPT_BACK or known is None or known.deleted:
        return False
    tx.unwritten.setdefault(key, known)
    tx.loaded[key] = Loaded(doc, known.ver)
    tx.own.add(key)
    return True


def reads_kept_back(statement: str) -> bool:
    """Whether the text of a statement names a table of them."""
    return any(KINDS[cls].table.name in statement for cls in KEPT_BACK)


def write_kept_back(tx: "Tx") -> None:
    """Write the documents that were kept back, each as it is now."""
    if not tx.unwritten:
        return
    waiting = dict(tx.unwritten)
    tx.unwritten.clear()
    for key, stored in waiting.items():
        doc, tx.loaded[key] = tx.loaded[key].doc, stored
        _write(tx, doc)


def _write(tx: "Tx", doc: Document, *, deleted: bool = False) -> None:
    cls = type(doc)
    if tx.unwritten and deleted:
        write_kept_back(tx)
    kind = KINDS[cls]
    all_of = queries.statements(cls, tx.dialect)
    known = tx.loaded.get((cls, doc.id))
    values = {
        **tx.bound,
        "id": doc.id,
        "created": doc.created,
        "changed": tx.now_ms(),
        "ver": known.ver + 1 if known else 1,
        "deleted": deleted,
        "doc": compact(doc).decode(),
        **kind.columns(doc),
    }
    if known is None or (known.deleted and not deleted):
        values["ver"] = 1
        if tx.change(all_of.insert, values) == 0:
            raise AlreadyExists(kind.noun, doc.id)
    else:
        changed = {parameter: values[name] for parameter, name in all_of.updates}
        changed |= {**tx.bound, "id": doc.id, "ver": known.ver}
        if tx.change(all_of.update, changed) == 0:
            raise Stale(kind.noun, doc.id)
    tx.loaded[cls, doc.id] = Loaded(doc, values["ver"], deleted)
    tx.own.add((cls, doc.id))
    if tx.cache is not None:
        tx.cache.touch(tx.scope, doc)
    if isinstance(doc, Subscription):
        _write_items(tx, doc, known.doc if known else None)


def _write_items(tx: "Tx", doc: Subscription, before: Document | None) -> None:
    """Keep the rows of its items in step; most saves change none of them."""
    now = [(item.id, item.price) for item in doc.items]
    if isinstance(before, Subscription):
        if now == [(item.id, item.price) for item in before.items]:
            return
        tx.run(_CLEAR_ITEMS, **tx.bound, of_subscription=doc.id)
    prices = tx.many(Price, [price for _, price in now], deleted=True)
    for id, price in now:
        product = prices[price].product if price in prices else None
        tx.run(_ITEM, **tx.bound, id=id, subscription=doc.id, price=price, product=product)


def _record(tx: "Tx", drafts: Iterable[EventDraft], before: Mapping[tuple[type[Document], str], Document]) -> None:
    """Write the events in their order, each with the old values of what changed since the one before."""
    known: dict[tuple[type[Any], str], Any] = dict(before)
    pictures: dict[int, _Picture] = {}
    wishes = _wishes(tx)
    rows: list[dict[str, Any]] = []
    news: list[News] = []
    for draft in drafts:
        key = (type(draft.doc), draft.doc.id)
        picture = _picture(tx, draft.doc, pictures)
        old: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
        if draft.type.endswith(".updated"):
            original = draft.before or known.get(key)
            old = difference(_picture(tx, original, pictures).shape, picture.shape) if original is not None else {}
        known[key] = draft.doc
        row = _event_row(tx, draft.type, picture, old)
        rows.append(row)
        news += (
            News(row["id"], draft.doc.id, wish.endpoint_id)
            for wish in wishes
            if "*" in wish.enabled_events or draft.type in wish.enabled_events
        )
    tx.run_each(queries.statements(Event, tx.dialect).insert, rows)
    deliver(tx, news)


class _Picture(NamedTuple):
    """A document as the wire shows it, as a dict and as JSON: several events of a change may show the same."""

    shape: dict[str, Any]
    raw: msgspec.Raw


def _picture(tx: "Tx", doc: Document | Identified, taken: dict[int, _Picture]) -> _Picture:
    found = taken.get(id(doc))
    if found is None:
        shape = _shown(doc, tx)
        found = taken[id(doc)] = _Picture(shape, msgspec.Raw(_event.encode(shape)))
    return found


def _event_row(tx: "Tx", type: str, picture: _Picture, old: dict[str, Any] | msgspec.UnsetType) -> dict[str, Any]:
    """A new event; its text is all of it, since the object in it stays as it was shown."""
    shown: Any = picture.raw  # is written as it is, not encoded again
    event = Event(
        id=tx.new_id("evt_"),
        created=tx.now,
        livemode=tx.scope.livemode,
        data=EventData(object=shown, previous_attributes=old),
        request=EventRequest(id=tx.request.id, idempotency_key=tx.request.idempotency_key),
        type=type,
    )
    return {
        **tx.bound,
        "id": event.id,
        "created": event.created,
        "changed": tx.now_ms(),
        "ver": 1,
        "deleted": False,
        "type": type,
        "object_id": picture.shape.get("id"),
        "doc": _event.encode(event).decode(),
    }


def _shown(doc: Document | Identified, tx: "Tx") -> dict[str, Any]:
    """What the wire shows of it unasked, with the prices it embeds even where they are deleted."""
    if isinstance(doc, Document):
        return expand(render(doc, partial(tx.many, deleted=True), now=tx.now), (), _nothing)
    return full(doc)


def _nothing(kind: str, ids: list[str]) -> dict[str, Any]:
    """What is loaded where nothing is asked for."""
    return {}


def _wishes(tx: "Tx") -> tuple[Wish, ...]:
    """What the enabled endpoints of the scope want."""
    if tx.cache is not None:
        kept: tuple[Wish, ...] | None = tx.cache.get((tx.scope, WebhookEndpoint, ALL))
        if kept is not None:
            return kept
    found = (_wanted.decode(row.doc) for row in tx.rows(_ENDPOINTS, **tx.bound))
    wishes = tuple(Wish(each.id, frozenset(each.enabled_events)) for each in found)
    if tx.cache is not None:
        tx.cache.put((tx.scope, WebhookEndpoint, ALL), wishes)
    return wishes
