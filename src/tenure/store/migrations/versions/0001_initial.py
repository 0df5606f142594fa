"""The first schema: documents, what points into them, and the system's rows.

Written out, not imported from schema.py: a migration describes one moment for good.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NEWEST = ["created", "id"]
Indexes = Sequence[Sequence[str]]


def _text(*names: str, required: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=not required) for name in names]


def _numbers(*names: str, required: bool = False) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=not required) for name in names]


def _flags(*names: str, required: bool = False) -> list[sa.Column[bool]]:
    return [sa.Column(name, sa.Boolean(), nullable=not required) for name in names]


def _scope() -> list[sa.Column[Any]]:
    return [*_text("account", required=True), *_flags("livemode", required=True)]


def _json(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("'{}'"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}")


def _serial(name: str) -> sa.Column[int]:
    return sa.Column(name, SERIAL, autoincrement=True, nullable=False)


def _scoped_indexes(table: str, indexes: Indexes) -> None:
    for columns in indexes:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, ["account", "livemode", *columns])


def _documents(name: str, *parts: sa.schema.SchemaItem, indexes: Indexes = ()) -> None:
    op.create_table(
        name,
        *_scope(),
        sa.Column("id", ID, nullable=False),
        *_numbers("created", "changed", "ver", required=True),
        *_flags("deleted", required=True),
        *parts,
        *_text("doc", required=True),
        _key(name, "account", "livemode", "id"),
    )
    _scoped_indexes(name, [NEWEST, ["changed", "id"], *indexes])


def upgrade() -> None:
    _catalog()
    _subscriptions()
    _portal()
    _news()
    _accounts()
    _people()
    _rest()


def _catalog() -> None:
    _documents("customers", *_text("email", "name", "test_clock"), indexes=[["email", *NEWEST]])
    _documents("products", *_flags("active"), *_text("name"))
    _documents(
        "prices",
        *_flags("active"),
        *_text("product", "lookup_key", "type", "currency", "interval"),
        indexes=[["product", *NEWEST], ["lookup_key"]],
    )
    redeemed = _numbers("times_redeemed", required=True), _numbers("max_redemptions")
    _documents("coupons", *_text("name"), *redeemed[0], *redeemed[1])
    _documents(
        "promotion_codes",
        *_text("code", "coupon", "customer"),
        *_flags("active"),
        *_numbers("times_redeemed", required=True),
        *_numbers("max_redemptions"),
        indexes=[["code", *NEWEST], ["coupon", *NEWEST]],
    )
    _documents("test_clocks", *_text("status"))


def _subscriptions() -> None:
    _documents(
        "subscriptions",
        *_text("customer", "status", "collection_method"),
        *_numbers("cancel_at", "canceled_at", "ended_at", "period_start", "period_end", "next_at"),
        *_text("test_clock"),
        indexes=[["customer", *NEWEST], ["status", *NEWEST], ["canceled_at"], ["test_clock", "next_at"]],
    )
    op.create_index("ix_subscriptions_due", "subscriptions", ["next_at"])
    op.create_table(
        "subscription_items",
        *_scope(),
        sa.Column("id", ID, nullable=False),
        *_text("subscription", "price", required=True),
        *_text("product"),
        _key("subscription_items", "account", "livemode", "id"),
    )
    _scoped_indexes("subscription_items", [["subscription"], ["price"], ["product"]])


def _portal() -> None:
    _documents("portal_configurations", *_flags("active", "is_default"), *_text("name"))
    _documents(
        "portal_sessions",
        *_text("customer", "token_hash", "cookie_hash"),
        *_numbers("opened_at", "seen_at", "expires_at"),
        *_text("state"),
        _unique("portal_sessions", "token_hash"),
        _unique("portal_sessions", "cookie_hash"),
    )
    _documents("feedback_options", *_text("status"))
    _documents(
        "cancellation_sessions",
        *_text("customer", "subscription", "outcome", "reason", "feedback", "source"),
        indexes=[["subscription", *NEWEST], ["customer", *NEWEST]],
    )
    op.create_table(
        "retention_redemptions",
        *_scope(),
        *_text("customer", "coupon", "subscription", required=True),
        *_numbers("accepted_at", required=True),
        _key("retention_redemptions", "account", "livemode", "customer"),
    )


def _news() -> None:
    _documents("webhook_endpoints", *_text("status", "url"))
    op.create_table(
        "events",
        _serial("seq"),
        *_scope(),
        sa.Column("id", ID, nullable=False),
        *_numbers("created", "changed", "ver", required=True),
        *_flags("deleted", required=True),
        *_text("type", required=True),
        *_text("object_id"),
        *_text("doc", required=True),
        _key("events", "seq"),
        _unique("events", "account", "livemode", "id"),
        sqlite_autoincrement=True,
    )
    _scoped_indexes("events", [["created", "seq"], ["changed"], ["object_id", "seq"]])
    _deliveries()


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        _serial("id"),
        *_scope(),
        *_text("endpoint_id", "event_id", "object_id", "state", required=True),
        *_numbers("attempt", "next_at", required=True),
        *_flags("held", required=True),
        *_text("claimed_by"),
        *_numbers("lease_until", "last_code"),
        *_numbers("created", required=True),
        *_numbers("finished_at"),
        _key("deliveries", "id"),
        sqlite_autoincrement=True,
    )
    _scoped_indexes("deliveries", [["event_id"]])
    op.create_index("ix_deliveries_endpoint_id", "deliveries", ["endpoint_id", "id"])
    for name, columns, condition in (
        ("ready", ["endpoint_id", "next_at", "id"], "state = 'pending' AND held = false"),
        ("open", ["endpoint_id", "object_id", "attempt"], "finished_at IS NULL AND held = false"),
        ("held", ["endpoint_id", "object_id", "id"], "held = true"),
        ("leases", ["lease_until"], "state = 'delivering'"),
    ):
        where = sa.text(condition)
        op.create_index(f"ix_deliveries_{name}", "deliveries", columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "delivery_attempts",
        _serial("id"),
        *_numbers("delivery_id", required=True),
        *_scope(),
        *_numbers("at", required=True),
        *_numbers("status"),
        *_text("error"),
        *_numbers("ms"),
        *_text("response"),
        _key("delivery_attempts", "id"),
        _foreign("delivery_attempts", "delivery_id", "deliveries.id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_delivery_attempts_delivery_id", "delivery_attempts", ["delivery_id"])


def _accounts() -> None:
    op.create_table(
        "accounts",
        *_text("id", "name", required=True),
        *_numbers("created", required=True),
        _json("settings"),
        _key("accounts", "id"),
    )
    op.create_table(
        "api_keys",
        *_text("hash", "id", "account", required=True),
        *_flags("livemode", required=True),
        *_text("kind", required=True),
        *_text("name"),
        *_text("hint", required=True),
        *_numbers("created", required=True),
        *_numbers("last_used_at", "revoked_at"),
        _key("api_keys", "hash"),
        _unique("api_keys", "id"),
        _foreign("api_keys", "account", "accounts.id"),
    )
    op.create_index("ix_api_keys_account", "api_keys", ["account"])


def _people() -> None:
    op.create_table(
        "users",
        *_text("id", "email", required=True),
        *_text("name"),
        *_text("password_hash", required=True),
        *_text("totp_secret"),
        *_numbers("created", required=True),
        _key("users", "id"),
        _unique("users", "email"),
    )
    op.create_table(
        "memberships",
        *_text("user_id", "account", "role", required=True),
        _key("memberships", "user_id", "account"),
        _foreign("memberships", "user_id", "users.id"),
        _foreign("memberships", "account", "accounts.id"),
    )
    op.create_table(
        "user_sessions",
        *_text("hash", "id", "user_id", required=True),
        *_numbers("created", "seen_at", required=True),
        *_text("ip", "user_agent"),
        *_numbers("revoked_at"),
        _key("user_sessions", "hash"),
        _unique("user_sessions", "id"),
        _foreign("user_sessions", "user_id", "users.id"),
    )
    op.create_index("ix_user_sessions_user_id", "user_sessions", ["user_id"])


def _rest() -> None:
    op.create_table(
        "idempotency",
        *_scope(),
        *_text("key", "method_path", "params_hash", required=True),
        *_numbers("status", required=True),
        *_text("body", "headers", required=True),
        *_numbers("created", required=True),
        _key("idempotency", "account", "livemode", "key"),
    )
    op.create_index("ix_idempotency_created", "idempotency", ["created"])
    op.create_table(
        "audit_log",
        _serial("id"),
        *_text("account", required=True),
        *_flags("livemode"),
        *_numbers("at", required=True),
        *_text("actor", "action", required=True),
        *_text("object_id", "detail"),
        _key("audit_log", "id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_log_account", "audit_log", ["account", "id"])
    op.create_table(
        "saved_queries",
        *_text("id", "account", "name", "sql", required=True),
        *_numbers("created", required=True),
        *_text("user_id"),
        _key("saved_queries", "id"),
    )
    op.create_index("ix_saved_queries_account", "saved_queries", ["account"])


def downgrade() -> None:
    raise NotImplementedError("Tenure's schema only goes forward; restore a backup instead.")
