"""The outbox: one row a mail, written with the change that it tells of, sent after the commit.

`key` is unique: kind, object and moment, so that nothing is mailed twice.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text, text

from tenure.store.tables import ID, NEWEST, metadata, need, number, words

# store/mails.py repeats these words: a partial index serves only conditions that it can see in.
_PENDING = text("state = 'pending'")
_SENDING = text("state = 'sending'")

mails = Table(
    "mails",
    metadata,
    Column("account", Text, primary_key=True),
    Column("livemode", Boolean, primary_key=True),
    Column("id", ID, primary_key=True),
    need("key", Text()),
    need("kind", Text()),
    need("recipient", Text()),
    need("locale", Text()),
    need("customer", Text()),
    need("object_id", Text()),
    need("facts", Text()),
    need("state", Text()),
    need("attempt", BigInteger()),
    need("next_at", BigInteger()),
    words("claimed_by"),
    number("lease_until"),
    words("error"),
    need("created", BigInteger()),
    number("sent_at"),
)
_scoped = (mails.c.account, mails.c.livemode)
Index("uq_mails_key", *_scoped, mails.c.key, unique=True)
Index("ix_mails_created_id", *_scoped, *(mails.c[name] for name in NEWEST))
Index("ix_mails_created", mails.c.created)
Index("ix_mails_due", mails.c.next_at, mails.c.id, sqlite_where=_PENDING, postgresql_where=_PENDING)
Index("ix_mails_leases", mails.c.lease_until, sqlite_where=_SENDING, postgresql_where=_SENDING)
