"""Drafts of invoices made by hand: create, change, and edit their lines while they are drafts.

create ─▶ draft (empty, or with what waits) ─▶ add_lines, update_lines, remove_lines ─▶ finalize
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from tenure.actions import billing, discounts, invoice_items, payment_methods, tax_rates
from tenure.actions.clock import moment, page_all
from tenure.actions.patch import merged_metadata, patch
from tenure.domain import invoice_lines
from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict, Invalid, NotFound
from tenure.domain.invoice_items import InvoiceItem
from tenure.domain.invoices import DRAFT_S, Invoice, InvoiceStatus, LineItem
from tenure.domain.requests import DiscountGiven
from tenure.domain.subscriptions import TERMINAL, Subscription
from tenure.store.tx import Tx

PLAIN = (
    "auto_advance",
    "automatically_finalizes_at",
    "collection_method",
    "custom_fields",
    "days_until_due",
    "description",
    "due_date",
    "effective_at",
    "footer",
    "metadata",
    "number",
    "payment_settings",
    "rendering",
    "shipping_details",
    "statement_descriptor",
)
FINAL = {"auto_advance", "metadata", "default_payment_method", "payment_settings", "automatically_finalizes_at"}
EDITING = "This invoice is no longer editable: only drafts can be changed."


def create(tx: Tx, fields: Mapping[str, Any]) -> Invoice:
    """A draft for a customer, empty or with what waits. Raises Invalid, NotFound, Conflict."""
    subscription = _subscription(tx, fields)
    named = fields.get("customer") or (subscription.customer if subscription else None)
    if named is None:
        raise Invalid("Missing required param: customer.", code="parameter_missing", param="customer")
    customer = tx.need(Customer, named, param="customer")
    now = moment(tx, customer.test_clock)
    reason = "subscription_update" if subscription else "manual"
    currency = fields.get("currency") or (subscription.currency if subscription else None)
    waiting = _waiting(tx, fields, customer, subscription, currency)
    if subscription is not None and not waiting:
        raise Invalid("Nothing to invoice for subscription.", code="invoice_no_subscription_line_items")
    blank = billing.draft(
        tx,
        customer,
        subscription,
        reason=reason,  # type: ignore[arg-type]
        at=now,
        lines=[],
        items=waiting,
        currency=currency or (waiting[0].currency if waiting else None),
    )
    made = replace(blank.invoice, auto_advance=False, automatically_finalizes_at=None)
    made = billing.rebuilt(tx, _described(tx, made, fields, now))
    drafts = (EventDraft("invoice.created", made),)
    owner = () if blank.subscription is None else (blank.subscription,)
    if blank.subscription is not None:
        tx.lock(Subscription, blank.subscription.id)
    tx.save(Change(after=(made, *blank.taken, *owner), events=drafts))
    return made


def _subscription(tx: Tx, fields: Mapping[str, Any]) -> Subscription | None:
    if fields.get("subscription") is None:
        return None
    found = tx.need(Subscription, fields["subscription"], param="subscription")
    if found.status in TERMINAL:
        raise Conflict("You cannot create an invoice for a subscription that has ended.", param="subscription")
    return found


def _waiting(
    tx: Tx, fields: Mapping[str, Any], customer: Customer, subscription: Subscription | None, currency: str | None
) -> list[InvoiceItem]:
    """What is taken in: with a subscription its items, else the loose ones where that was asked for."""
    if subscription is not None:
        own = page_all(tx, InvoiceItem, [("subscription", "=", subscription.id), ("pending", "=", True)])
        return [*reversed(own)]
    if fields.get("pending_invoice_items_behavior", "exclude") != "include":
        return []
    where = [("customer", "=", customer.id), ("pending", "=", True), ("subscription", "null", None)]
    found = [*reversed(page_all(tx, InvoiceItem, where))]
    wanted = currency or (found[0].currency if found else None)
    return [item for item in found if item.currency == wanted]


def update(tx: Tx, id: str, fields: Mapping[str, Any]) -> Invoice:
    """Change a draft, or the little that stays open of a final invoice. Raises Conflict, Invalid."""
    before = tx.lock(Invoice, id, param="invoice")
    if before.status is not InvoiceStatus.DRAFT and set(fields) - FINAL:
        name = min(set(fields) - FINAL)
        raise Conflict(
            f"Finalized invoices can't be updated in this way: `{name}` can only be changed on a draft.",
            code="invoice_not_editable",
            param=name,
        )
    now = moment(tx, before.test_clock)
    after = billing.rebuilt(tx, _described(tx, before, fields, now))
    if after != before:
        tx.save(Change(after=(after,), events=(EventDraft("invoice.updated", after),)))
    return after


def _described(tx: Tx, invoice: Invoice, fields: Mapping[str, Any], now: int) -> Invoice:
    """The invoice with what was given of its fields."""
    if (fields.get("automatic_tax") or {}).get("enabled"):
        raise Invalid("Automatic tax is not supported by Tenure.", param="automatic_tax[enabled]")
    after = patch(invoice, {key: value for key, value in fields.items() if key in PLAIN})
    if fields.get("default_payment_method") is not None:
        payment_methods.usable(tx, fields["default_payment_method"], invoice.customer)
        after = replace(after, default_payment_method=fields["default_payment_method"])
    if "default_tax_rates" in fields:
        rates = tax_rates.usable(tx, fields["default_tax_rates"] or [], param="default_tax_rates")
        after = replace(after, default_tax_rates=rates)
    if "discounts" in fields:
        asked = msgspec.convert(fields["discounts"] or [], list[DiscountGiven])
        found = discounts.resolve(tx, asked, _holder(after), current=after.discounts, now=now, param="discounts")
        after = replace(after, discounts=found)
    _check_due(after, fields, now)
    if invoice.status is not InvoiceStatus.DRAFT:
        due = now if fields.get("auto_advance") and invoice.collection_method == "charge_automatically" else None
        return replace(after, next_payment_attempt=invoice.next_payment_attempt or due)
    if "auto_advance" in fields and "automatically_finalizes_at" not in fields:
        at = invoice.automatically_finalizes_at or now + DRAFT_S
        after = replace(after, automatically_finalizes_at=at if fields["auto_advance"] else None)
    return after


def _check_due(invoice: Invoice, fields: Mapping[str, Any], now: int) -> None:
    manual = invoice.collection_method == "send_invoice"
    for name in ("days_until_due", "due_date"):
        if fields.get(name) is not None and not manual:
            raise Invalid(f"`{name}` goes only with `collection_method=send_invoice`.", param=name)
    if fields.get("due_date") is not None and fields["due_date"] <= now:
        raise Invalid("`due_date` must be in the future.", param="due_date")
    if fields.get("days_until_due") is not None and fields.get("due_date") is not None:
        raise Invalid("Pass only one of `days_until_due` and `due_date`.", param="due_date")


def _holder(invoice: Invoice) -> discounts.Holder:
    details = [line.pricing.price_details for line in invoice.lines if line.pricing]
    return discounts.Holder(
        customer=invoice.customer,
        currency=invoice.currency,
        products=frozenset(each.product for each in details if each is not None),
        amount=invoice.subtotal if invoice.lines else None,
        invoice=invoice.id,
    )


# Lines


def _open_draft(tx: Tx, id: str) -> Invoice:
    invoice = tx.lock(Invoice, id, param="invoice")
    if invoice.status is not InvoiceStatus.DRAFT:
        raise Conflict(EDITING, code="invoice_not_editable", param="invoice")
    return invoice


def add_lines(tx: Tx, id: str, lines: Sequence[Mapping[str, Any]], metadata: Any) -> Invoice:
    """Add lines to a draft: each becomes an invoice item, or takes in one that waits. Raises Invalid, Conflict."""
    invoice = _open_draft(tx, id)
    for number, each in enumerate(lines):
        if each.get("invoice_item") is not None:
            _taken_in(tx, invoice.id, each["invoice_item"], f"lines[{number}][invoice_item]")
            continue
        fields = {**each, "customer": invoice.customer, "invoice": invoice.id, "currency": invoice.currency}
        invoice_items.create(tx, fields)
    return _with_metadata(tx, id, metadata)


def _taken_in(tx: Tx, id: str, item: str, param: str) -> None:
    invoice, waiting = tx.lock(Invoice, id), tx.lock(InvoiceItem, item, param=param)
    if waiting.invoice is not None or waiting.customer != invoice.customer or waiting.currency != invoice.currency:
        raise Invalid(f"The invoice item {item} cannot be put on this invoice.", param=param)
    line = invoice_lines.line_of(waiting, tx.new_id)
    after = billing.rebuilt(tx, invoice, lines=[*invoice.lines, line])
    taken = replace(waiting, invoice=id)
    tx.save(Change(after=(after, taken), events=(EventDraft("invoice.updated", after),)))


def update_lines(tx: Tx, id: str, lines: Sequence[Mapping[str, Any]], metadata: Any) -> Invoice:
    """Change lines of a draft by their ids. Raises Invalid, NotFound, Conflict."""
    _open_draft(tx, id)
    for number, each in enumerate(lines):
        update_line(tx, id, each["id"], {k: v for k, v in each.items() if k != "id"}, param=f"lines[{number}][id]")
    return _with_metadata(tx, id, metadata)


def update_line(tx: Tx, id: str, line_id: str, fields: Mapping[str, Any], *, param: str = "line_item") -> LineItem:
    """Change one line of a draft: through its invoice item where it has one. Raises NotFound, Invalid, Conflict."""
    invoice = _open_draft(tx, id)
    line = line_of(invoice, line_id, param)
    item = invoice_items.item_of(line)
    if item is not None:
        invoice_items.update(tx, item, fields)
        return line_of(tx.need(Invoice, id), line_id, param)
    changed = _changed(tx, line, fields)
    after = billing.rebuilt(tx, invoice, lines=[changed if each.id == line_id else each for each in invoice.lines])
    tx.save(Change(after=(after,), events=(EventDraft("invoice.updated", after),)))
    return line_of(after, line_id, param)


def _changed(tx: Tx, line: LineItem, fields: Mapping[str, Any]) -> LineItem:
    """A subscription's line: its words, period, amount and taxes may be changed on the draft."""
    plain = {k: v for k, v in fields.items() if k in ("description", "discountable", "metadata", "period", "quantity")}
    after = patch(line, plain)
    if fields.get("amount") is not None:
        after = replace(after, amount=fields["amount"], subtotal=fields["amount"])
    if "tax_rates" in fields:
        after = replace(after, tax_rates=tax_rates.usable(tx, fields["tax_rates"] or [], param="tax_rates"))
    for name in ("price_data", "pricing", "discounts", "quantity_decimal"):
        if fields.get(name) is not None:
            raise Invalid(f"The line of a subscription's item keeps its `{name}`: change the subscription.", param=name)
    return after


def line_of(invoice: Invoice, id: str, param: str = "line_item") -> LineItem:
    """One line of an invoice. Raises NotFound."""
    for line in invoice.lines:
        if line.id == id:
            return line
    raise NotFound(f"No such line item: '{id}'", code="resource_missing", param=param)


def remove_lines(tx: Tx, id: str, lines: Sequence[Mapping[str, Any]], metadata: Any) -> Invoice:
    """Take lines off a draft: `delete` their items, or `unassign` them so that they wait again."""
    for number, each in enumerate(lines):
        invoice = _open_draft(tx, id)
        line = line_of(invoice, each["id"], f"lines[{number}][id]")
        item = invoice_items.item_of(line)
        if item is not None and each["behavior"] == "delete":
            invoice_items.delete(tx, item)
            continue
        kept = [other for other in invoice.lines if other.id != line.id]
        after = billing.rebuilt(tx, invoice, lines=kept)
        loose = () if item is None else (replace(tx.lock(InvoiceItem, item), invoice=None),)
        tx.save(Change(after=(after, *loose), events=(EventDraft("invoice.updated", after),)))
    return _with_metadata(tx, id, metadata)


def _with_metadata(tx: Tx, id: str, metadata: Any) -> Invoice:
    invoice = tx.lock(Invoice, id)
    if not metadata:
        return invoice
    after = replace(invoice, metadata=merged_metadata(invoice.metadata, metadata))
    tx.save(Change(after=(after,), events=(EventDraft("invoice.updated", after),)))
    return after
