"""Billing: invoices and what they charge, payments, schedules, usage, entitlements.

Written out, not imported from billing_schema.py: a migration describes one moment for good.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NEWEST = ("created", "id")


def _text(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text()) for name in names]


def _numbers(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.BigInteger()) for name in names]


def _flags(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Boolean()) for name in names]


def _need(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _documents(name: str, columns: list[sa.Column[Any]], *indexes: tuple[str, ...]) -> None:
    op.create_table(
        name,
        _need("account", sa.Text()),
        _need("livemode", sa.Boolean()),
        _need("id", ID),
        *(_need(each, sa.BigInteger()) for each in ("created", "changed", "ver")),
        _need("deleted", sa.Boolean()),
        *columns,
        _need("doc", sa.Text()),
        sa.PrimaryKeyConstraint("account", "livemode", "id", name=f"pk_{name}"),
    )
    for each in (NEWEST, ("changed", "id"), *indexes):
        op.create_index(f"ix_{name}_{'_'.join(each)}", name, ["account", "livemode", *each])


def _unique(table: str, column: str) -> None:
    op.create_index(f"uq_{table}_{column}", table, ["account", "livemode", column], unique=True)


def upgrade() -> None:
    _payments()
    _invoices()
    _around()
    _entitlements()
    _usage()


def _payments() -> None:
    customer, invoice = ("customer", *NEWEST), ("invoice", *NEWEST)
    _documents("tax_rates", _flags("active", "inclusive"))
    _documents("tax_ids", _text("customer", "type"), customer)
    _documents("payment_methods", _text("customer", "type", "fingerprint"), customer)
    _documents("payment_intents", _text("customer", "status", "invoice"), customer, invoice)
    _documents("setup_intents", _text("customer", "status", "payment_method"), customer, ("payment_method", *NEWEST))
    _documents("refunds", _text("payment_intent", "status"), ("payment_intent", *NEWEST))


def _invoices() -> None:
    words = _text(
        "customer",
        "subscription",
        "status",
        "collection_method",
        "number",
        "billing_reason",
        "billing_key",
        "hosted_token",
    )
    columns = [*words, *_numbers("total", "due_date", "next_at"), *_text("test_clock")]
    indexes = [(each, *NEWEST) for each in ("customer", "subscription", "status")]
    _documents("invoices", columns, *indexes, ("test_clock", "next_at"))
    op.create_index("ix_invoices_due", "invoices", ["next_at"])
    _unique("invoices", "billing_key")
    _unique("invoices", "number")
    op.create_index("uq_invoices_hosted_token", "invoices", ["hosted_token"], unique=True)
    _documents(
        "invoice_items",
        [*_text("customer", "invoice", "subscription"), *_flags("pending")],
        ("customer", "pending", *NEWEST),
        ("invoice", *NEWEST),
        ("subscription", "pending", *NEWEST),
    )
    _documents(
        "invoice_payments",
        _text("invoice", "payment_intent", "status"),
        ("invoice", *NEWEST),
        ("payment_intent", *NEWEST),
    )
    _documents(
        "credit_notes",
        _text("customer", "invoice", "status", "number"),
        ("customer", *NEWEST),
        ("invoice", *NEWEST),
    )
    _unique("credit_notes", "number")


def _around() -> None:
    customer = ("customer", *NEWEST)
    _documents("customer_balance_transactions", _text("customer", "invoice", "type"), customer, ("invoice", *NEWEST))
    _documents(
        "subscription_schedules",
        [*_text("customer", "subscription", "status"), *_numbers("next_at"), *_text("test_clock")],
        customer,
        ("subscription", *NEWEST),
        ("test_clock", "next_at"),
    )
    op.create_index("ix_subscription_schedules_due", "subscription_schedules", ["next_at"])
    op.create_table(
        "sequences",
        _need("account", sa.Text()),
        _need("livemode", sa.Boolean()),
        _need("name", sa.Text()),
        _need("value", sa.BigInteger()),
        sa.PrimaryKeyConstraint("account", "livemode", "name", name="pk_sequences"),
    )


def _entitlements() -> None:
    _documents("features", [*_flags("active"), *_text("lookup_key")], ("lookup_key",))
    _unique("features", "lookup_key")
    _documents("product_features", _text("product", "feature"), ("product", *NEWEST), ("feature",))
    _documents("active_entitlements", _text("customer", "feature", "lookup_key"), ("customer", *NEWEST))


def _usage() -> None:
    _documents("meters", _text("event_name", "status"), ("event_name",))
    op.create_table(
        "meter_events",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        _need("account", sa.Text()),
        _need("livemode", sa.Boolean()),
        _need("identifier", sa.Text()),
        _need("meter", ID),
        _need("customer", ID),
        _need("at", sa.BigInteger()),
        _need("value", sa.Text()),
        _need("created", sa.BigInteger()),
        sa.PrimaryKeyConstraint("seq", name="pk_meter_events"),
        sqlite_autoincrement=True,
    )
    _unique("meter_events", "identifier")
    op.create_index("ix_meter_events_usage", "meter_events", ["account", "livemode", "meter", "customer", "at"])


def downgrade() -> None:
    raise NotImplementedError("Tenure's schema only goes forward; restore a backup instead.")
