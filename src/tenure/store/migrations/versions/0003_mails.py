"""Mails: the outbox.

Written out, not imported from mail_schema.py: a migration describes one moment for good.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _need(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    op.create_table(
        "mails",
        _need("account", sa.Text()),
        _need("livemode", sa.Boolean()),
        _need("id", ID),
        *(_need(each, sa.Text()) for each in ("key", "kind", "recipient", "locale", "customer", "object_id")),
        *(_need(each, sa.Text()) for each in ("facts", "state")),
        *(_need(each, sa.BigInteger()) for each in ("attempt", "next_at")),
        sa.Column("claimed_by", sa.Text()),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("error", sa.Text()),
        _need("created", sa.BigInteger()),
        sa.Column("sent_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("account", "livemode", "id", name="pk_mails"),
    )
    op.create_index("uq_mails_key", "mails", ["account", "livemode", "key"], unique=True)
    op.create_index("ix_mails_created_id", "mails", ["account", "livemode", "created", "id"])
    op.create_index("ix_mails_created", "mails", ["created"])
    for name, columns, state in (("due", ["next_at", "id"], "pending"), ("leases", ["lease_until"], "sending")):
        where = sa.text(f"state = '{state}'")
        op.create_index(f"ix_mails_{name}", "mails", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    raise NotImplementedError("Tenure's schema only goes forward; restore a backup instead.")
