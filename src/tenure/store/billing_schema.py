"""The tables of billing: invoices and what they charge, payments, schedules, usage, entitlements.

The UNIQUE indexes are the last word on money: one invoice for each period of a subscription (`billing_key`), one number
for each invoice, one use of each meter event's identifier.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text

from tenure.store.tables import ID, NEWEST, SERIAL, documents, flag, metadata, need, number, words

tax_rates = documents("tax_rates", flag("active"), flag("inclusive"))
tax_ids = documents("tax_ids", words("customer"), words("type"), indexes=(("customer", *NEWEST),))
payment_methods = documents(
    "payment_methods", words("customer"), words("type"), words("fingerprint"), indexes=(("customer", *NEWEST),)
)
payment_intents = documents(
    "payment_intents",
    words("customer"),
    words("status"),
    words("invoice"),
    indexes=(("customer", *NEWEST), ("invoice", *NEWEST)),
)
setup_intents = documents(
    "setup_intents",
    words("customer"),
    words("status"),
    words("payment_method"),
    indexes=(("customer", *NEWEST), ("payment_method", *NEWEST)),
)
invoices = documents(
    "invoices",
    words("customer"),
    words("subscription"),
    words("status"),
    words("collection_method"),
    words("number"),
    words("billing_reason"),
    words("billing_key"),
    words("hosted_token"),
    number("total"),
    number("due_date"),
    number("next_at"),
    words("test_clock"),
    indexes=(("customer", *NEWEST), ("subscription", *NEWEST), ("status", *NEWEST), ("test_clock", "next_at")),
)
Index("ix_invoices_due", invoices.c.next_at)
Index("uq_invoices_billing_key", invoices.c.account, invoices.c.livemode, invoices.c.billing_key, unique=True)
Index("uq_invoices_number", invoices.c.account, invoices.c.livemode, invoices.c.number, unique=True)
Index("uq_invoices_hosted_token", invoices.c.hosted_token, unique=True)
invoice_items = documents(
    "invoice_items",
    words("customer"),
    words("invoice"),
    words("subscription"),
    flag("pending"),
    indexes=(("customer", "pending", *NEWEST), ("invoice", *NEWEST), ("subscription", "pending", *NEWEST)),
)
invoice_payments = documents(
    "invoice_payments",
    words("invoice"),
    words("payment_intent"),
    words("status"),
    indexes=(("invoice", *NEWEST), ("payment_intent", *NEWEST)),
)
credit_notes = documents(
    "credit_notes",
    words("customer"),
    words("invoice"),
    words("status"),
    words("number"),
    indexes=(("customer", *NEWEST), ("invoice", *NEWEST)),
)
Index("uq_credit_notes_number", credit_notes.c.account, credit_notes.c.livemode, credit_notes.c.number, unique=True)
refunds = documents("refunds", words("payment_intent"), words("status"), indexes=(("payment_intent", *NEWEST),))
customer_balance_transactions = documents(
    "customer_balance_transactions",
    words("customer"),
    words("invoice"),
    words("type"),
    indexes=(("customer", *NEWEST), ("invoice", *NEWEST)),
)
subscription_schedules = documents(
    "subscription_schedules",
    words("customer"),
    words("subscription"),
    words("status"),
    number("next_at"),
    words("test_clock"),
    indexes=(("customer", *NEWEST), ("subscription", *NEWEST), ("test_clock", "next_at")),
)
Index("ix_subscription_schedules_due", subscription_schedules.c.next_at)

features = documents("features", flag("active"), words("lookup_key"), indexes=(("lookup_key",),))
Index("uq_features_lookup_key", features.c.account, features.c.livemode, features.c.lookup_key, unique=True)
product_features = documents(
    "product_features", words("product"), words("feature"), indexes=(("product", *NEWEST), ("feature",))
)
active_entitlements = documents(
    "active_entitlements", words("customer"), words("feature"), words("lookup_key"), indexes=(("customer", *NEWEST),)
)

meters = documents("meters", words("event_name"), words("status"), indexes=(("event_name",),))
# Usage is many small rows, not documents: they are summed, and never change.
meter_events = Table(
    "meter_events",
    metadata,
    Column("seq", SERIAL, primary_key=True, autoincrement=True),
    need("account", Text()),
    need("livemode", Boolean()),
    need("identifier", Text()),
    need("meter", ID),
    need("customer", ID),
    need("at", BigInteger()),
    need("value", Text()),
    need("created", BigInteger()),
    sqlite_autoincrement=True,
)
Index(
    "uq_meter_events_identifier",
    meter_events.c.account,
    meter_events.c.livemode,
    meter_events.c.identifier,
    unique=True,
)
Index(
    "ix_meter_events_usage",
    meter_events.c.account,
    meter_events.c.livemode,
    meter_events.c.meter,
    meter_events.c.customer,
    meter_events.c.at,
)
# Numbers without gaps: the counter goes up in the transaction that uses it.
sequences = Table(
    "sequences",
    metadata,
    Column("account", Text, primary_key=True),
    Column("livemode", Boolean, primary_key=True),
    Column("name", Text, primary_key=True),
    need("value", BigInteger()),
)
