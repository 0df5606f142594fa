"""The outbox: mails written with the change that they tell of, claimed by the worker after the commit.

    queue ─▶ pending ──claim──▶ sending ──settle──▶ sent | failed
               │ ▲                 │
               │ ├─ retry_at ──────┤
               │ └─ reap, reopen ──┘   the lease ran out, or its process is gone
               └─ set_aside ─▶ unsent  no mail server, or test mode; `resend` makes any of the ends pending again

A mail that the account has switched off, or of a customer without an address, is never written.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Boolean, and_, bindparam, func, literal_column, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from tenure.domain import dunning
from tenure.domain.customers import Customer
from tenure.domain.mails import Facts, MailKind, MailState, Notice, facts_of, wanted
from tenure.domain.prices import Price
from tenure.domain.products import Product
from tenure.domain.subscriptions import Subscription
from tenure.i18n import languages, locales
from tenure.store import accounts
from tenure.store.mail_schema import mails
from tenure.store.page import Page

if TYPE_CHECKING:
    from tenure.store.tx import SystemTx, Tx

ERROR_MAX = 500
NO_SERVER, TEST_MODE = "no_server", "test_mode"


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One mail; times in unix seconds. `error` says what came of the last try, or why there is none."""

    account: str
    livemode: bool
    id: str
    key: str
    kind: MailKind
    recipient: str
    locale: str
    customer: str
    object_id: str
    facts: Facts
    state: MailState
    attempt: int
    next_at: int
    claimed_by: str | None
    lease_until: int | None
    error: str | None
    created: int
    sent_at: int | None


_VALUES = {
    name: bindparam(name, type_=mails.c[name].type)
    for name in (
        "account", "livemode", "id", "key", "kind", "recipient", "locale", "customer", "object_id", "facts", "state",
        "attempt", "next_at", "created",
    )
}  # fmt: skip
_NEW = {
    "sqlite": sqlite.insert(mails).values(_VALUES).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(mails).values(_VALUES).on_conflict_do_nothing(),
}

# Words, not parameters: the partial indexes need to see them.
_pending = mails.c.state == literal_column("'pending'")
_sending = mails.c.state == literal_column("'sending'")
_due = and_(_pending, mails.c.next_at <= bindparam("now"))
_next = (
    select(mails.c.id)
    .where(_due, or_(mails.c.livemode, bindparam("test_too", type_=Boolean())))
    .order_by(mails.c.next_at, mails.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_claimed = {
    "state": "sending",
    "attempt": mails.c.attempt + 1,
    "claimed_by": bindparam("worker"),
    "lease_until": bindparam("until"),
}
_ids = {"sqlite": mails.c.id.in_(_next), "postgresql": mails.c.id == func.any(func.array(_next.scalar_subquery()))}
_CLAIM = {name: update(mails).where(ids, _pending).values(_claimed).returning(*mails.c) for name, ids in _ids.items()}
_mine = and_(mails.c.id == bindparam("mail"), _sending, mails.c.claimed_by == bindparam("worker"))
_free: dict[str, Any] = {"claimed_by": None, "lease_until": None}
_SENT = update(mails).where(_mine).values(state="sent", sent_at=bindparam("now"), error=None, **_free)
_FAILED = update(mails).where(_mine).values(state="failed", error=bindparam("why"), **_free)
_RETRY = update(mails).where(_mine).values(state="pending", next_at=bindparam("at"), error=bindparam("why"), **_free)
_REAP = update(mails).where(_sending, mails.c.lease_until < bindparam("now")).values(state="pending", **_free)
_REOPEN = update(mails).where(_sending, mails.c.claimed_by != bindparam("worker")).values(state="pending", **_free)
_ANY_DUE = select(mails.c.id).where(_due).limit(1)
_SET_ASIDE = (
    update(mails)
    .where(_pending, or_(~mails.c.livemode, bindparam("live_too", type_=Boolean())))
    .values(state="unsent", error=bindparam("why"))
)
_scoped = and_(mails.c.account == bindparam("account"), mails.c.livemode == bindparam("livemode"))
_ONE = select(mails).where(_scoped, mails.c.id == bindparam("mail"))
_AGAIN = (
    update(mails)
    .where(_scoped, mails.c.id == bindparam("mail"), mails.c.state.in_(("sent", "failed", "unsent")))
    .values(state="pending", attempt=0, next_at=bindparam("now"), error=None, sent_at=None, **_free)
)
_place = tuple_(mails.c.created, mails.c.id)
_cursor = tuple_(bindparam("of_created"), bindparam("of_id"))
_some = select(mails).where(_scoped).limit(bindparam("limit"))
_NEWEST = _some.order_by(mails.c.created.desc(), mails.c.id.desc())
_OLDER = _NEWEST.where(_place < _cursor)
_NEWER = _some.order_by(mails.c.created, mails.c.id).where(_place > _cursor)


def queue(tx: "Tx", notices: Iterable[Notice]) -> None:
    """Write the mails that the account wants sent, once each, with this transaction."""
    for notice in notices:
        account = accounts.get(tx, tx.scope.account)
        settings = account.settings if account is not None else {}
        if wanted(settings, notice.kind):
            _write(tx, notice, settings)


def _write(tx: "Tx", notice: Notice, settings: dict[str, Any]) -> None:
    customer = tx.get(Customer, notice.customer)
    if customer is None or not customer.email:
        return
    facts = notice.facts
    if facts.subscription is not None:
        facts = replace(facts, product=_products(tx, facts.subscription), then=dunning.of_account(settings).then)
    locale = locales.negotiate(
        customer.preferred_locales, default=settings.get("language") or "en", offered=languages.translated_tags()
    )
    tx.run(
        _NEW[tx.dialect],
        **tx.bound,
        id=tx.new_id("mail_"),
        key=notice.key,
        kind=notice.kind.value,
        recipient=customer.email,
        locale=locale,
        customer=customer.id,
        object_id=notice.object_id,
        facts=msgspec.json.encode(facts).decode(),
        state=MailState.PENDING.value,
        attempt=0,
        next_at=tx.now,
        created=tx.now,
    )


def _products(tx: "Tx", subscription: str) -> str | None:
    """The names of what it is for."""
    found = tx.get(Subscription, subscription)
    prices = tx.many(Price, [item.price for item in found.items], deleted=True) if found is not None else {}
    products = tx.many(Product, [price.product for price in prices.values()], deleted=True)
    return ", ".join(sorted(product.name for product in products.values())) or None


def any_due(tx: "SystemTx", now: int) -> bool:
    """Whether there is something to do at all."""
    return tx.row(_ANY_DUE, now=now) is not None


def set_aside(tx: "SystemTx", why: str, *, live_too: bool) -> int:
    """Do not send what waits: in test mode, or at all. Answers how many."""
    return tx.run(_SET_ASIDE, live_too=live_too, why=why)


def claim(tx: "SystemTx", *, limit: int, worker: str, lease_until: int, test_too: bool) -> list[Mail]:
    """Take what is due, the longest due first, and count a try of each."""
    rows = tx.rows(_CLAIM[tx.dialect], limit=limit, worker=worker, until=lease_until, now=tx.now, test_too=test_too)
    return sorted((_mail(row) for row in rows), key=lambda each: each.id)


def sent(tx: "SystemTx", mail: Mail) -> bool:
    """The server has taken it."""
    return tx.run(_SENT, mail=mail.id, worker=mail.claimed_by, now=tx.now) == 1


def failed(tx: "SystemTx", mail: Mail, why: str) -> bool:
    """It is given up."""
    return tx.run(_FAILED, mail=mail.id, worker=mail.claimed_by, why=why[:ERROR_MAX]) == 1


def retry_at(tx: "SystemTx", mail: Mail, at: int, why: str) -> bool:
    """It waits until `at`."""
    return tx.run(_RETRY, mail=mail.id, worker=mail.claimed_by, at=at, why=why[:ERROR_MAX]) == 1


def reap(tx: "SystemTx", now: int) -> int:
    """Open again what is claimed with a lease that ran out; answers how many."""
    return tx.run(_REAP, now=now)


def reopen(tx: "SystemTx", *, worker: str) -> int:
    """Open again what other workers claimed: at start, where only one process can be the sender (SQLite)."""
    return tx.run(_REOPEN, worker=worker)


def get(tx: "Tx", id: str) -> Mail | None:
    """A mail of this account and mode."""
    row = tx.row(_ONE, **tx.bound, mail=id)
    return _mail(row) if row is not None else None


def resend(tx: "Tx", id: str) -> bool:
    """Send it once more, as if it were new; False where it is unknown or on its way."""
    return tx.run(_AGAIN, **tx.bound, mail=id, now=tx.now) == 1


def page(tx: "Tx", *, limit: int, after: str | None = None, before: str | None = None) -> Page[Mail]:
    """Mails, the newest first: the newest of all, or those next to one; a cursor that is unknown is none."""
    start = get(tx, after or before or "")
    if start is None:
        rows = tx.rows(_NEWEST, **tx.bound, limit=limit + 1)
    else:
        statement = _OLDER if after else _NEWER
        rows = tx.rows(statement, **tx.bound, limit=limit + 1, of_created=start.created, of_id=start.id)
    items = [_mail(row) for row in rows[:limit]]
    if start is not None and not after:
        items.reverse()
    return Page(items=items, has_more=len(rows) > limit)


def _mail(row: Any) -> Mail:
    values = row._asdict()
    return Mail(**values | {"kind": MailKind(row.kind), "state": MailState(row.state), "facts": facts_of(row.facts)})
