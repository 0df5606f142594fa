"""Which tables and columns SQL sees, named as in Sigma: references end in `_id`, nested objects are flattened with `_`.

    Table("subscriptions") ── of=Subscription ── Column("customer_id", VARCHAR, "customer", "…")
                                                        name            type     path in the document

Times are TIMESTAMP in UTC, amounts are in minor units. A column marked `pii` can identify a person.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tenure.analytics import extract
from tenure.domain.coupons import Coupon
from tenure.domain.customers import Customer
from tenure.domain.documents import Document
from tenure.domain.events import Event
from tenure.domain.prices import Price
from tenure.domain.products import Product
from tenure.domain.retention import CancellationSession
from tenure.domain.subscriptions import Subscription

VARCHAR, BIGINT, DOUBLE, BOOLEAN, TIMESTAMP = "varchar", "bigint", "double", "boolean", "timestamp"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `source` is a dotted path into the document, or a function of it."""

    name: str
    type: str
    source: str | Callable[[Any], Any]
    description: str
    pii: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table: each document of `of`, from the store's table `stored_in`, gives the rows that `rows` makes."""

    name: str
    description: str
    of: type[Document]
    stored_in: str
    columns: tuple[Column, ...]
    rows: Callable[[Any], Sequence[Any]] = extract.itself
    event_types: tuple[str, ...] = ()


def _c(name: str, type: str, source: str | Callable[[Any], Any], description: str) -> Column:
    return Column(name, type, source, description)


def _pii(name: str, source: str, description: str) -> Column:
    return Column(name, VARCHAR, source, description, pii=True)


ID = _c("id", VARCHAR, "id", "Unique identifier.")
CREATED = _c("created", TIMESTAMP, "created", "When it was created.")
LIVEMODE = _c("livemode", BOOLEAN, "livemode", "True in live mode, false in test mode.")
METADATA = _c(
    "metadata", VARCHAR, extract.metadata, "Key-value pairs, as a JSON object: json_extract_scalar(metadata, '$.key')."
)


def _address(prefix: str, path: str) -> tuple[Column, ...]:
    lines = ("line1", "line2", "city", "state", "postal_code", "country")
    return tuple(_pii(f"{prefix}_{line}", f"{path}.{line}", f"Address: {line}.") for line in lines)


SUBSCRIPTIONS = Table(
    "subscriptions",
    "One row a subscription, in its latest state.",
    Subscription,
    "subscriptions",
    (
        ID,
        CREATED,
        LIVEMODE,
        _c("customer_id", VARCHAR, "customer", "The customer it belongs to."),
        _c(
            "status",
            VARCHAR,
            "status",
            "incomplete, incomplete_expired, trialing, active, past_due, unpaid, paused or canceled.",
        ),
        _c("currency", VARCHAR, "currency", "Three-letter code, lower case."),
        _c("collection_method", VARCHAR, "collection_method", "charge_automatically or send_invoice."),
        _c("days_until_due", BIGINT, "days_until_due", "Days a customer has to pay an invoice."),
        _c("description", VARCHAR, "description", "The merchant's description."),
        _c("start_date", TIMESTAMP, "start_date", "When it first started; may lie before `created`."),
        _c("billing_cycle_anchor", TIMESTAMP, "billing_cycle_anchor", "The moment that billing periods hang on."),
        _c(
            "current_period_start",
            TIMESTAMP,
            extract.period_start,
            "Start of the current period, the earliest of its items.",
        ),
        _c("current_period_end", TIMESTAMP, extract.period_end, "End of the current period, the latest of its items."),
        _c("trial_start", TIMESTAMP, "trial_start", "Start of the trial."),
        _c("trial_end", TIMESTAMP, "trial_end", "End of the trial."),
        _c("cancel_at", TIMESTAMP, "cancel_at", "When it will end, or was set to end."),
        _c("cancel_at_period_end", BOOLEAN, "cancel_at_period_end", "Set to end with its current period."),
        _c("canceled_at", TIMESTAMP, "canceled_at", "When the cancellation was asked for; not when it took effect."),
        _c("ended_at", TIMESTAMP, "ended_at", "When it ended."),
        _c(
            "cancellation_details_reason",
            VARCHAR,
            "cancellation_details.reason",
            "cancellation_requested, payment_failed, payment_disputed or canceled_by_retention_policy.",
        ),
        _c(
            "cancellation_details_feedback",
            VARCHAR,
            "cancellation_details.feedback",
            "The reason that the customer picked.",
        ),
        _c(
            "cancellation_details_feedback_option",
            VARCHAR,
            "cancellation_details.feedback_option",
            "The merchant's own reason that the customer picked, by its identifier.",
        ),
        _pii("cancellation_details_comment", "cancellation_details.comment", "The customer's own words."),
        _c(
            "cancellation_reason",
            VARCHAR,
            "cancellation_details.feedback",
            "Older name of cancellation_details_feedback.",
        ),
        _pii("cancellation_reason_text", "cancellation_details.comment", "Older name of cancellation_details_comment."),
        _c("billing_mode_type", VARCHAR, "billing_mode.type", "classic or flexible."),
        _c("pause_collection_behavior", VARCHAR, "pause_collection.behavior", "What happens to invoices while paused."),
        _c("pause_collection_resumes_at", TIMESTAMP, "pause_collection.resumes_at", "When collection resumes."),
        _c("price_id", VARCHAR, extract.only_price, "The price, when there is just one item; else null."),
        _c("quantity", BIGINT, extract.only_quantity, "The quantity, when there is just one item; else null."),
        _c("discount_coupon_id", VARCHAR, extract.coupon, "The coupon of its first discount."),
        _c("discount_promotion_code_id", VARCHAR, extract.promotion_code, "The promotion code of its first discount."),
        _c("discount_start", TIMESTAMP, extract.discount_start, "When its first discount began."),
        _c("discount_end", TIMESTAMP, extract.discount_end, "When its first discount ends, if it does."),
        _c("discounts", VARCHAR, extract.discounts, "Identifiers of its discounts, separated by commas."),
        _c("default_payment_method_id", VARCHAR, "default_payment_method", "The payment method."),
        _c("latest_invoice_id", VARCHAR, "latest_invoice", "The newest invoice."),
        _c("schedule_id", VARCHAR, "schedule", "The schedule that drives it."),
        _c("test_clock_id", VARCHAR, "test_clock", "The test clock it follows."),
        METADATA,
    ),
)

SUBSCRIPTION_ITEMS = Table(
    "subscription_items",
    "One row for each price on a subscription.",
    Subscription,
    "subscriptions",
    (
        ID,
        CREATED,
        _c("subscription_id", VARCHAR, "subscription", "The subscription it is part of."),
        _c("price_id", VARCHAR, "price", "The price."),
        _c("quantity", BIGINT, "quantity", "How many."),
        _c("current_period_start", TIMESTAMP, "current_period_start", "Start of the item's current period."),
        _c("current_period_end", TIMESTAMP, "current_period_end", "End of the item's current period."),
        METADATA,
    ),
    rows=extract.items,
)

CUSTOMERS = Table(
    "customers",
    "One row a customer.",
    Customer,
    "customers",
    (
        ID,
        CREATED,
        LIVEMODE,
        _pii("email", "email", "E-mail address."),
        _pii("name", "name", "Name of the person or business."),
        _pii("phone", "phone", "Telephone number."),
        _pii("description", "description", "The merchant's description."),
        *_address("address", "address"),
        _c("currency", VARCHAR, "currency", "Currency the customer is charged in."),
        _c("account_balance", BIGINT, "balance", "Balance in minor units; a negative one is credit."),
        _c("delinquent", BOOLEAN, "delinquent", "Whether the latest charge failed."),
        _c("preferred_locales", VARCHAR, extract.locales, "Languages, most preferred first, separated by commas."),
        _c("tax_exempt", VARCHAR, "tax_exempt", "none, exempt or reverse."),
        _c("test_clock_id", VARCHAR, "test_clock", "The test clock it follows."),
        METADATA,
    ),
)

PRODUCTS = Table(
    "products",
    "One row a product.",
    Product,
    "products",
    (
        ID,
        CREATED,
        LIVEMODE,
        _c("name", VARCHAR, "name", "Name that customers see."),
        _c("description", VARCHAR, "description", "Description that customers see."),
        _c("active", BOOLEAN, "active", "Whether it can be sold."),
        _c("default_price_id", VARCHAR, "default_price", "Its default price."),
        _c("statement_descriptor", VARCHAR, "statement_descriptor", "Text on bank statements."),
        _c("unit_label", VARCHAR, "unit_label", "What one unit is called."),
        _c("updated", TIMESTAMP, extract.updated, "When it last changed."),
        _c("url", VARCHAR, "url", "Its web page."),
        METADATA,
    ),
)

PRICES = Table(
    "prices",
    "One row a price.",
    Price,
    "prices",
    (
        ID,
        CREATED,
        LIVEMODE,
        _c("product_id", VARCHAR, "product", "The product it is a price of."),
        _c("active", BOOLEAN, "active", "Whether it can be used."),
        _c("currency", VARCHAR, "currency", "Three-letter code, lower case."),
        _c("unit_amount", BIGINT, "unit_amount", "Amount of one unit, minor units; null when tiered."),
        _c("unit_amount_decimal", VARCHAR, "unit_amount_decimal", "The same with fractions of a minor unit."),
        _c("type", VARCHAR, "type", "one_time or recurring."),
        _c("billing_scheme", VARCHAR, "billing_scheme", "per_unit or tiered."),
        _c("recurring_interval", VARCHAR, "recurring.interval", "day, week, month or year."),
        _c("recurring_interval_count", BIGINT, "recurring.interval_count", "Intervals between two bills."),
        _c("recurring_usage_type", VARCHAR, "recurring.usage_type", "licensed or metered."),
        _c("lookup_key", VARCHAR, "lookup_key", "The merchant's key for it."),
        _c("nickname", VARCHAR, "nickname", "The merchant's short name for it."),
        _c("tiers_mode", VARCHAR, "tiers_mode", "graduated or volume."),
        METADATA,
    ),
)

COUPONS = Table(
    "coupons",
    "One row a coupon.",
    Coupon,
    "coupons",
    (
        ID,
        CREATED,
        LIVEMODE,
        _c("name", VARCHAR, "name", "Name that customers see."),
        _c("percent_off", DOUBLE, "percent_off", "Percent off, over 0 to 100."),
        _c("amount_off", BIGINT, "amount_off", "Amount off, minor units of `currency`."),
        _c("currency", VARCHAR, "currency", "Currency of amount_off."),
        _c("duration", VARCHAR, "duration", "once, repeating or forever."),
        _c("duration_in_months", BIGINT, "duration_in_months", "Months, when it repeats."),
        _c("max_redemptions", BIGINT, "max_redemptions", "How often it can be redeemed at most."),
        _c("times_redeemed", BIGINT, "times_redeemed", "How often it has been redeemed."),
        _c("redeem_by", TIMESTAMP, "redeem_by", "The last moment to redeem it."),
        _c(
            "applies_to_products",
            VARCHAR,
            extract.coupon_products,
            "Products it applies to, separated by commas; null: all.",
        ),
        METADATA,
    ),
)

CANCELLATION_SESSIONS = Table(
    "cancellation_sessions",
    "One row for each time a customer started to cancel, whatever came of it.",
    CancellationSession,
    "cancellation_sessions",
    (
        ID,
        CREATED,
        LIVEMODE,
        _c("customer_id", VARCHAR, "customer", "The customer."),
        _c("subscription_id", VARCHAR, "subscription", "The subscription."),
        _c("source", VARCHAR, "source", "portal, portal_flow (a deep link), dashboard or api."),
        _c("locale", VARCHAR, "locale", "Language of the pages."),
        _c("mode", VARCHAR, "mode", "at_period_end or immediately."),
        _c("reason", VARCHAR, "feedback", "The reason that the customer picked, one of eight."),
        _c("feedback", VARCHAR, "feedback", "The same, under the API's name."),
        _c("feedback_option_id", VARCHAR, "feedback_option", "The merchant's own reason that the customer picked."),
        _pii("comment", "comment", "The customer's own words."),
        _c("reason_asked_at", TIMESTAMP, "reason_asked_at", "When the reason was asked for."),
        _c("reason_given_at", TIMESTAMP, "reason_given_at", "When it was given or skipped."),
        _c("offer_coupon_id", VARCHAR, "offer.coupon", "The coupon that was offered."),
        _c("offer_shown_at", TIMESTAMP, "offer.shown_at", "When the offer was shown."),
        _c("offer_accepted_at", TIMESTAMP, "offer.accepted_at", "When the customer took the offer."),
        _c("offer_declined_at", TIMESTAMP, "offer.declined_at", "When the customer declined the offer."),
        _c("offer_discount_id", VARCHAR, "offer.discount", "The discount that taking it made."),
        _c("confirmed_at", TIMESTAMP, "confirmed_at", "When the cancellation was confirmed."),
        _c("effective_at", TIMESTAMP, "effective_at", "When the subscription ends by it."),
        _c("outcome", VARCHAR, "outcome", "cancelled, saved, aborted or error; null while it is going on."),
        _c("outcome_at", TIMESTAMP, "completed_at", "When the outcome was known."),
        _c("undone_at", TIMESTAMP, "undone_at", "When the cancellation was taken back."),
        _c("reference", VARCHAR, "reference", "The number on the customer's receipt."),
        _c("portal_configuration_id", VARCHAR, "configuration", "The portal configuration."),
    ),
)

SUBSCRIPTION_CANCELLATION_EVENTS = Table(
    "subscription_cancellation_events",
    "One row each time a cancellation was requested, taken back, or took effect; `subscriptions` has the latest state.",
    Event,
    "events",
    (
        ID,
        _c("event_timestamp", TIMESTAMP, "created", "When it happened."),
        _c("event_type", VARCHAR, extract.cancellation_event, "requested, withdrawn or ended."),
        _c("subscription_id", VARCHAR, extract.event_field("id"), "The subscription."),
        _c("customer_id", VARCHAR, extract.event_field("customer"), "The customer."),
        _c("cancel_at", TIMESTAMP, extract.cancel_at, "When it was to end: the new date, or the one taken back."),
        _c(
            "reason",
            VARCHAR,
            extract.detail("reason"),
            "As cancellation_details_reason; of the request, when taken back.",
        ),
        _c(
            "feedback",
            VARCHAR,
            extract.detail("feedback"),
            "As cancellation_details_feedback; of the request, when taken back.",
        ),
    ),
    rows=extract.cancellation_events,
    event_types=("customer.subscription.updated", "customer.subscription.deleted"),
)

TABLES: tuple[Table, ...] = (
    SUBSCRIPTIONS,
    SUBSCRIPTION_ITEMS,
    CUSTOMERS,
    PRODUCTS,
    PRICES,
    COUPONS,
    CANCELLATION_SESSIONS,
    SUBSCRIPTION_CANCELLATION_EVENTS,
)
TABLES_BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}


def schema(*, pii: bool) -> dict[str, dict[str, str]]:
    """Tables with their columns and types, for a reader who may see personal data, or not."""
    return {table.name: {c.name: c.type for c in table.columns if pii or not c.pii} for table in TABLES}
