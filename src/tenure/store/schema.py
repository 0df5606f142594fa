"""The tables: one per kind of document, and those of the system around them.

    customers, subscriptions, …    account livemode id │ created changed ver deleted │ index columns │ doc (JSON)
    subscription_items             which prices and products a subscription holds
    accounts, api_keys, users, …   the system's own rows

Times are unix seconds, except `changed`: unix milliseconds of the last save. SQLAlchemy describes the tables and
writes the text of statements; the drivers run it.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, UniqueConstraint, text

from tenure.store import billing_schema as billing_schema  # its tables belong to the same metadata
from tenure.store import mail_schema as mail_schema  # as does the outbox
from tenure.store.tables import ID, NEWEST, SERIAL, documents, due_indexes, flag, metadata, need, number, words

customers = documents(
    "customers",
    words("email"),
    words("name"),
    words("test_clock"),
    words("invoice_prefix"),
    indexes=(("email", *NEWEST),),
)
Index("uq_customers_invoice_prefix", customers.c.account, customers.c.livemode, customers.c.invoice_prefix, unique=True)
products = documents("products", flag("active"), words("name"))
prices = documents(
    "prices",
    flag("active"),
    words("product"),
    words("lookup_key"),
    words("type"),
    words("currency"),
    words("interval"),
    indexes=(("product", *NEWEST), ("lookup_key",)),
)
coupons = documents("coupons", words("name"), need("times_redeemed", BigInteger()), number("max_redemptions"))
promotion_codes = documents(
    "promotion_codes",
    words("code"),
    words("coupon"),
    words("customer"),
    flag("active"),
    need("times_redeemed", BigInteger()),
    number("max_redemptions"),
    indexes=(("code", *NEWEST), ("coupon", *NEWEST)),
)
subscriptions = documents(
    "subscriptions",
    words("customer"),
    words("status"),
    words("collection_method"),
    number("cancel_at"),
    number("canceled_at"),
    number("ended_at"),
    number("period_start"),
    number("period_end"),
    number("next_at"),
    words("test_clock"),
    indexes=(("customer", *NEWEST), ("status", *NEWEST), ("canceled_at",)),
)
due_indexes(subscriptions)
portal_configurations = documents("portal_configurations", flag("active"), flag("is_default"), words("name"))
portal_sessions = documents(
    "portal_sessions",
    words("customer"),
    Column("token_hash", Text, unique=True),
    Column("cookie_hash", Text, unique=True),
    number("opened_at"),
    number("seen_at"),
    number("expires_at"),
    words("state"),
)
feedback_options = documents("feedback_options", words("status"))
webhook_endpoints = documents("webhook_endpoints", words("status"), words("url"))
test_clocks = documents("test_clocks", words("status"))
cancellation_sessions = documents(
    "cancellation_sessions",
    words("customer"),
    words("subscription"),
    words("outcome"),
    words("reason"),
    words("feedback"),
    words("source"),
    indexes=(("subscription", *NEWEST), ("customer", *NEWEST)),
)

# Events are numbered as they are written, because many share a second and their order matters.
events = Table(
    "events",
    metadata,
    Column("seq", SERIAL, primary_key=True, autoincrement=True),
    need("account", Text()),
    need("livemode", Boolean()),
    need("id", ID),
    need("created", BigInteger()),
    need("changed", BigInteger()),
    need("ver", BigInteger()),
    need("deleted", Boolean()),
    need("type", Text()),
    words("object_id"),
    need("doc", Text()),
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
    need("subscription", Text()),
    need("price", Text()),
    words("product"),
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
    need("name", Text()),
    need("created", BigInteger()),
    need("settings", Text(), "'{}'"),
)
api_keys = Table(
    "api_keys",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("account", Text, ForeignKey("accounts.id"), nullable=False, index=True),
    need("livemode", Boolean()),
    need("kind", Text()),
    words("name"),
    need("hint", Text()),
    need("created", BigInteger()),
    number("last_used_at"),
    number("revoked_at"),
)
users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    words("name"),
    need("password_hash", Text()),
    words("totp_secret"),
    need("created", BigInteger()),
)
memberships = Table(
    "memberships",
    metadata,
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True),
    Column("account", Text, ForeignKey("accounts.id"), primary_key=True),
    need("role", Text()),
)
user_sessions = Table(
    "user_sessions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False, index=True),
    need("created", BigInteger()),
    need("seen_at", BigInteger()),
    words("ip"),
    words("user_agent"),
    number("revoked_at"),
)
idempotency = Table(
    "idempotency",
    metadata,
    Column("account", Text, primary_key=True),
    Column("livemode", Boolean, primary_key=True),
    Column("key", Text, primary_key=True),
    need("method_path", Text()),
    need("params_hash", Text()),
    need("status", BigInteger()),
    need("body", Text()),
    need("headers", Text()),
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
    need("account", Text()),
    need("livemode", Boolean()),
    need("endpoint_id", Text()),
    need("event_id", Text()),
    need("object_id", Text()),
    need("state", Text()),
    need("attempt", BigInteger()),
    need("next_at", BigInteger()),
    need("held", Boolean()),
    words("claimed_by"),
    number("lease_until"),
    number("last_code"),
    need("created", BigInteger()),
    number("finished_at"),
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
    need("account", Text()),
    need("livemode", Boolean()),
    need("at", BigInteger()),
    number("status"),
    words("error"),
    number("ms"),
    words("response"),
    sqlite_autoincrement=True,
)
retention_redemptions = Table(
    "retention_redemptions",
    metadata,
    Column("account", Text, primary_key=True),
    Column("livemode", Boolean, primary_key=True),
    Column("customer", Text, primary_key=True),
    need("coupon", Text()),
    need("subscription", Text()),
    need("accepted_at", BigInteger()),
)
audit_log = Table(
    "audit_log",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    need("account", Text()),
    flag("livemode"),
    need("at", BigInteger()),
    need("actor", Text()),
    need("action", Text()),
    words("object_id"),
    words("detail"),
    sqlite_autoincrement=True,
)
Index("ix_audit_log_account", audit_log.c.account, audit_log.c.id)
saved_queries = Table(
    "saved_queries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False, index=True),
    need("name", Text()),
    need("sql", Text()),
    need("created", BigInteger()),
    words("user_id"),
)
