"""The tables: one per kind of document, and those of the system around them.

    customers, subscriptions, …    account livemode id │ created changed ver deleted │ index columns │ doc (JSON)
    subscription_items             which prices and products a subscription holds
    accounts, api_keys, users, …   the system's own rows

Times are unix seconds, except `changed`: unix milliseconds of the last save. SQLAlchemy describes the tables and
writes the text of statements; the drivers run it.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Ids sort by time only where text is compared byte by byte; SQLite always does, PostgreSQL by this collation.
ID = Text().with_variant(Text(collation="C"), "postgresql")
# The order of lists. An index on a filter ends with it: without, SQLite walks the whole table in this order instead.
NEWEST = ("created", "id")
SERIAL = BigInteger().with_variant(Integer(), "sqlite")


def _text(name: str) -> Column[str]:
    return Column(name, Text)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean)


def _need(name: str, kind: TypeEngine[Any], default: str | None = None) -> Column[Any]:
    return Column(name, kind, nullable=False, server_default=text(default) if default else None)


def _documents(name: str, *columns: Column[Any], indexes: tuple[tuple[str, ...], ...] = ()) -> Table:
    """A table of documents; `indexes` are columns that follow (account, livemode)."""
    table = Table(
        name,
        metadata,
        Column("account", Text, primary_key=True),
        Column("livemode", Boolean, primary_key=True),
        Column("id", ID, primary_key=True),
        _need("created", BigInteger()),
        _need("changed", BigInteger()),
        _need("ver", BigInteger()),
        _need("deleted", Boolean()),
        *columns,
        _need("doc", Text()),
    )
    scoped = (table.c.account, table.c.livemode)
    for each in (NEWEST, ("changed", "id"), *indexes):
        Index(f"ix_{name}_{'_'.join(each)}", *scoped, *(table.c[column] for column in each))
    return table


customers = _documents("customers", _text("email"), _text("name"), _text("test_clock"), indexes=(("email", *NEWEST),))
products = _documents("products", _flag("active"), _text("name"))
prices = _documents(
    "prices",
    _flag("active"),
    _text("product"),
    _text("lookup_key"),
    _text("type"),
    _text("currency"),
    _text("interval"),
    indexes=(("product", *NEWEST), ("lookup_key",)),
)
coupons = _documents("coupons", _text("name"), _need("times_redeemed", BigInteger()), _number("max_redemptions"))
promotion_codes = _documents(
    "promotion_codes",
    _text("code"),
    _text("coupon"),
    _text("customer"),
    _flag("active"),
    _need("times_redeemed", BigInteger()),
    _number("max_redemptions"),
    indexes=(("code", *NEWEST), ("coupon", *NEWEST)),
)
subscriptions = _documents(
    "subscriptions",
    _text("customer"),
    _text("status"),
    _text("collection_method"),
    _number("cancel_at"),
    _number("canceled_at"),
    _number("ended_at"),
    _number("period_start"),
    _number("period_end"),
    _number("next_at"),
    _text("test_clock"),
    indexes=(("customer", *NEWEST), ("status", *NEWEST), ("canceled_at",), ("test_clock", "next_at")),
)
Index("ix_subscriptions_due", subscriptions.c.next_at)
portal_configurations = _documents("portal_configurations", _flag("active"), _flag("is_default"), _text("name"))
portal_sessions = _documents(
    "portal_sessions",
    _text("customer"),
    Column("token_hash", Text, unique=True),
    Column("cookie_hash", Text, unique=True),
    _number("opened_at"),
    _number("seen_at"),
    _number("expires_at"),
    _text("state"),
)
feedback_options = _documents("feedback_options", _text("status"))
webhook_endpoints = _documents("webhook_endpoints", _text("status"), _text("url"))
test_clocks = _documents("test_clocks", _text("status"))
cancellation_sessions = _documents(
    "cancellation_sessions",
    _text("customer"),
    _text("subscription"),
    _text("outcome"),
    _text("reason"),
    _text("feedback"),
    _text("source"),
    indexes=(("subscription", *NEWEST), ("customer", *NEWEST)),
)

# Events are numbered as they are written, because many share a second and their order matters.
events = Table(
    "events",
    metadata,
    Column("seq", SERIAL, primary_key=True, autoincrement=True),
    _need("account", Text()),
    _need("livemode", Boolean()),
    _need("id", ID),
    _need("created", BigInteger()),
    _need("changed", BigInteger()),
    _need("ver", BigInteger()),
    _need("deleted", Boolean()),
    _need("type", Text()),
    _text("object_id"),
    _need("doc", Text()),
    UniqueConstraint("account", "livemode", "id"),
    sqlite_autoincrement=True,
)
for _columns in (("created", "seq"), ("changed",), ("object_id", "seq")):
    Index(
        f"ix_events_{'_'.join(_columns)}", events.c.account, events.c.livemode, *(events.c[each] for each in _columns)
    )

subscription_items = Table(
    "subscription_items",
    metadata,
    Column("account", Text, primary_key=True),
    Column("livemode", Boolean, primary_key=True),
    Column("id", ID, primary_key=True),
    _need("subscription", Text()),
    _need("price", Text()),
    _text("product"),
)
for _column in ("subscription", "price", "product"):
    Index(
        f"ix_subscription_items_{_column}",
        subscription_items.c.account,
        subscription_items.c.livemode,
        subscription_items.c[_column],
    )

accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    _need("name", Text()),
    _need("created", BigInteger()),
    _need("settings", Text(), "'{}'"),
)
api_keys = Table(
    "api_keys",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("account", Text, ForeignKey("accounts.id"), nullable=False, index=True),
    _need("livemode", Boolean()),
    _need("kind", Text()),
    _text("name"),
    _need("hint", Text()),
    _need("created", BigInteger()),
    _number("last_used_at"),
    _number("revoked_at"),
)
users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    _text("name"),
    _need("password_hash", Text()),
    _text("totp_secret"),
    _need("created", BigInteger()),
)
memberships = Table(
    "memberships",
    metadata,
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True),
    Column("account", Text, ForeignKey("accounts.id"), primary_key=True),
    _need("role", Text()),
)
user_sessions = Table(
    "user_sessions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False, index=True),
    _need("created", BigInteger()),
    _need("seen_at", BigInteger()),
    _text("ip"),
    _text("user_agent"),
    _number("revoked_at"),
)
idempotency = Table(
    "idempotency",
    metadata,
    Column("account", Text, primary_key=True),
    Column("livemode", Boolean, primary_key=True),
    Column("key", Text, primary_key=True),
    _need("method_path", Text()),
    _need("params_hash", Text()),
    _need("status", BigInteger()),
    _need("body", Text()),
    _need("headers", Text()),
    Column("created", BigInteger, nullable=False, index=True),
)

# store/lanes.py and store/deliveries.py repeat these words: a partial index serves only conditions that it can see in.
_READY = text("state = 'pending' AND held = false")
_OPEN = text("finished_at IS NULL AND held = false")
_HELD = text("held = true")
_SENDING = text("state = 'delivering'")
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    _need("account", Text()),
    _need("livemode", Boolean()),
    _need("endpoint_id", Text()),
    _need("event_id", Text()),
    _need("object_id", Text()),
    _need("state", Text()),
    _need("attempt", BigInteger()),
    _need("next_at", BigInteger()),
    _need("held", Boolean()),
    _text("claimed_by"),
    _number("lease_until"),
    _number("last_code"),
    _need("created", BigInteger()),
    _number("finished_at"),
    sqlite_autoincrement=True,
)
Index("ix_deliveries_event_id", deliveries.c.account, deliveries.c.livemode, deliveries.c.event_id)
Index("ix_deliveries_endpoint_id", deliveries.c.endpoint_id, deliveries.c.id)
for _name, _sorted, _where in (
    ("ready", ("endpoint_id", "next_at", "id"), _READY),
    ("open", ("endpoint_id", "object_id", "attempt"), _OPEN),
    ("held", ("endpoint_id", "object_id", "id"), _HELD),
    ("leases", ("lease_until",), _SENDING),
):
    Index(
        f"ix_deliveries_{_name}",
        *(deliveries.c[each] for each in _sorted),
        sqlite_where=_where,
        postgresql_where=_where,
    )

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("delivery_id", BigInteger, ForeignKey("deliveries.id"), nullable=False, index=True),
    _need("account", Text()),
    _need("livemode", Boolean()),
    _need("at", BigInteger()),
    _number("status"),
    _text("error"),
    _number("ms"),
    _text("response"),
    sqlite_autoincrement=True,
)
retention_redemptions = Table(
    "retention_redemptions",
    metadata,
    Column("account", Text, primary_key=True),
    Column("livemode", Boolean, primary_key=True),
    Column("customer", Text, primary_key=True),
    _need("coupon", Text()),
    _need("subscription", Text()),
    _need("accepted_at", BigInteger()),
)
audit_log = Table(
    "audit_log",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    _need("account", Text()),
    _flag("livemode"),
    _need("at", BigInteger()),
    _need("actor", Text()),
    _need("action", Text()),
    _text("object_id"),
    _text("detail"),
    sqlite_autoincrement=True,
)
Index("ix_audit_log_account", audit_log.c.account, audit_log.c.id)
saved_queries = Table(
    "saved_queries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False, index=True),
    _need("name", Text()),
    _need("sql", Text()),
    _need("created", BigInteger()),
    _text("user_id"),
)
