"""/v1/invoices: what customers owe, from draft to paid; and previews of what they would owe."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import attaching, invoice_drafts, invoices, previews
from tenure.actions.patch import given
from tenure.api.invoice_items import ItemFields
from tenure.api.resource import (
    Call,
    Nothing,
    Operation,
    Resource,
    Shape,
    Where,
    action,
    create,
    delete,
    lists,
    retrieve,
    searches,
    shown,
    update,
)
from tenure.domain.customers import CustomField, Shipping
from tenure.domain.documents import Part, full
from tenure.domain.errors import Invalid, NotFound, Refused
from tenure.domain.invoices import Invoice
from tenure.domain.requests import (
    AutomaticTaxGiven,
    DiscountGiven,
    IssuerGiven,
    ItemGiven,
    PaymentSettingsGiven,
    Proration,
)
from tenure.domain.subscriptions import BillingMode
from tenure.wire.billing_shapes import line_shape
from tenure.wire.lists import ListParams, Range, conditions, listing

PATH = "/v1/invoices"
Collection = Literal["charge_automatically", "send_invoice"]
Days = Annotated[int, msgspec.Meta(ge=0, le=365)]
Memo = Annotated[str, msgspec.Meta(max_length=1500)]


class PdfGiven(Part, frozen=True, kw_only=True):
    """The size of its pages."""

    page_size: Literal["a4", "auto", "letter"]


class RenderingGiven(Part, frozen=True, kw_only=True):
    """How the document looks."""

    amount_tax_display: Literal["exclude_tax", "include_inclusive_tax"] | None | UnsetType = UNSET
    pdf: PdfGiven | UnsetType = UNSET


class UpdateInvoice(Part, frozen=True, kw_only=True):
    """Changes to a draft, and the little that may be changed later."""

    auto_advance: bool | UnsetType = UNSET
    automatic_tax: AutomaticTaxGiven | UnsetType = UNSET
    automatically_finalizes_at: int | UnsetType = UNSET
    collection_method: Collection | UnsetType = UNSET
    custom_fields: list[CustomField] | None | UnsetType = UNSET
    days_until_due: Days | UnsetType = UNSET
    default_payment_method: str | UnsetType = UNSET
    default_tax_rates: list[str] | None | UnsetType = UNSET
    description: Memo | None | UnsetType = UNSET
    discounts: list[DiscountGiven] | None | UnsetType = UNSET
    due_date: int | UnsetType = UNSET
    effective_at: int | None | UnsetType = UNSET
    footer: Annotated[str, msgspec.Meta(max_length=5000)] | None | UnsetType = UNSET
    issuer: IssuerGiven | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    number: Annotated[str, msgspec.Meta(max_length=26)] | None | UnsetType = UNSET
    payment_settings: PaymentSettingsGiven | UnsetType = UNSET
    rendering: RenderingGiven | UnsetType = UNSET
    shipping_details: Shipping | None | UnsetType = UNSET
    statement_descriptor: Annotated[str, msgspec.Meta(max_length=22)] | UnsetType = UNSET


class CreateInvoice(UpdateInvoice, frozen=True, kw_only=True):
    """A new draft."""

    currency: str | UnsetType = UNSET
    customer: str | UnsetType = UNSET
    pending_invoice_items_behavior: Literal["exclude", "include"] | UnsetType = UNSET
    subscription: str | UnsetType = UNSET


class FinalizeInvoice(Part, frozen=True, kw_only=True):
    """Whether it is collected by itself from now on."""

    auto_advance: bool | UnsetType = UNSET


class PayInvoice(Part, frozen=True, kw_only=True):
    """How it is paid."""

    off_session: bool | UnsetType = UNSET
    paid_out_of_band: bool | UnsetType = UNSET
    payment_method: str | UnsetType = UNSET


class AttachPayment(Part, frozen=True, kw_only=True):
    """The payment that is to pay it."""

    payment_intent: str


class LineGiven(ItemFields, frozen=True, kw_only=True):
    """A line to add."""

    invoice_item: str | UnsetType = UNSET


class AddLines(Part, frozen=True, kw_only=True):
    """Lines to add to a draft."""

    lines: list[LineGiven]
    invoice_metadata: dict[str, str] | None | UnsetType = UNSET


class LineChanged(ItemFields, frozen=True, kw_only=True):
    """A line to change."""

    id: str


class UpdateLines(Part, frozen=True, kw_only=True):
    """Lines of a draft to change."""

    lines: list[LineChanged]
    invoice_metadata: dict[str, str] | None | UnsetType = UNSET


class LineRemoved(Part, frozen=True, kw_only=True):
    """A line to take off."""

    behavior: Literal["delete", "unassign"]
    id: str


class RemoveLines(Part, frozen=True, kw_only=True):
    """Lines to take off a draft."""

    lines: list[LineRemoved]
    invoice_metadata: dict[str, str] | None | UnsetType = UNSET


class SupposedItem(ItemFields, frozen=True, kw_only=True):
    """An invoice item that is only supposed, or a change of one that waits."""

    currency: str | UnsetType = UNSET
    invoiceitem: str | UnsetType = UNSET
    price: str | UnsetType = UNSET
    unit_amount: int | UnsetType = UNSET


class SupposedAnchor(Part, frozen=True, kw_only=True):
    """When the billing cycle is supposed to start anew."""

    type: Literal["now", "timestamp", "unchanged"]
    timestamp: int | UnsetType = UNSET


class SupposedSubscription(Part, frozen=True, kw_only=True):
    """What the subscription is supposed to become."""

    billing_cycle_anchor: SupposedAnchor | Literal["now", "unchanged"] | int | UnsetType = UNSET
    billing_mode: BillingMode | UnsetType = UNSET
    cancel_at: int | Literal["max_period_end", "min_period_end"] | None | UnsetType = UNSET
    cancel_at_period_end: bool | UnsetType = UNSET
    cancel_now: bool | UnsetType = UNSET
    default_tax_rates: list[str] | None | UnsetType = UNSET
    items: list[ItemGiven] | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    proration_behavior: Proration | UnsetType = UNSET
    proration_date: int | UnsetType = UNSET
    start_date: int | UnsetType = UNSET
    trial_end: int | Literal["now"] | UnsetType = UNSET


class CustomerDetails(Part, frozen=True, kw_only=True):
    """A customer that is only supposed."""

    address: dict[str, str] | None | UnsetType = UNSET
    shipping: Shipping | None | UnsetType = UNSET
    tax_exempt: Literal["exempt", "none", "reverse"] | None | UnsetType = UNSET


class CreatePreview(Part, frozen=True, kw_only=True):
    """What to look ahead to."""

    automatic_tax: AutomaticTaxGiven | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    customer: str | UnsetType = UNSET
    customer_details: CustomerDetails | UnsetType = UNSET
    discounts: list[DiscountGiven] | None | UnsetType = UNSET
    invoice_items: list[SupposedItem] | UnsetType = UNSET
    issuer: IssuerGiven | UnsetType = UNSET
    preview_mode: Literal["next", "recurring"] | UnsetType = UNSET
    subscription: str | UnsetType = UNSET
    subscription_details: SupposedSubscription | UnsetType = UNSET


class ListInvoices(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    collection_method: Collection | UnsetType = UNSET
    created: Range | UnsetType = UNSET
    customer: str | UnsetType = UNSET
    due_date: Range | UnsetType = UNSET
    status: Literal["draft", "open", "paid", "uncollectible", "void"] | UnsetType = UNSET
    subscription: str | UnsetType = UNSET


def _where(params: ListInvoices) -> Where:
    where: list[tuple[str, str, Any]] = [
        *conditions("created", params.created),
        *conditions("due_date", params.due_date),
    ]
    for name in ("collection_method", "customer", "status", "subscription"):
        if getattr(params, name) is not UNSET:
            where.append((name, "=", getattr(params, name)))
    return where


def _finalize(call: Call) -> Invoice:
    auto = call.params.auto_advance
    return invoices.finalize(call.tx, call.id, auto_advance=None if auto is UNSET else auto)


def _pay(call: Call) -> Shape | Refused:
    wish = call.params
    after, refused = invoices.pay(
        call.tx,
        call.id,
        payment_method=None if wish.payment_method is UNSET else wish.payment_method,
        paid_out_of_band=wish.paid_out_of_band is True,
        off_session=wish.off_session is not False,
    )
    return shown(call, after) if refused is None else refused


def _lines(call: Call) -> Shape:
    """The lines of an invoice, in its order, page by page."""
    invoice = call.tx.need(Invoice, call.id, param="invoice")
    window = call.params.window()
    ids = [line.id for line in invoice.lines]
    after, before = window.get("starting_after"), window.get("ending_before")
    for cursor in (after, before):
        if cursor is not None and cursor not in ids:
            raise NotFound(f"No such line item: '{cursor}'", code="resource_missing")
    limit = window.get("limit", 10)
    start = ids.index(after) + 1 if after else 0
    stop = ids.index(before) if before else len(ids)
    found = invoice.lines[start:stop]
    page = found[-limit:] if before else found[:limit]
    data = [line_shape(full(line)) for line in page]
    return listing(data, len(found) > limit, f"{PATH}/{call.id}/lines")


def _update_line(call: Call) -> Shape:
    return line_shape(full(invoice_drafts.update_line(call.tx, call.id, call.child, given(call.params))))


def _edited(verb: Any) -> Any:
    def run(call: Call) -> Invoice:
        wish = given(call.params)
        edited: Invoice = verb(call.tx, call.id, wish["lines"], wish.get("invoice_metadata"))
        return edited

    return run


def _anchored(anchor: dict[str, Any]) -> int | str:
    """The moment or the word that the newer spelling means. Raises Invalid."""
    if (anchor["type"] == "timestamp") is not ("timestamp" in anchor):
        raise Invalid(
            "You must pass `timestamp` when `type` is `timestamp`, and only then.",
            param="subscription_details[billing_cycle_anchor][timestamp]",
        )
    moment: int | str = anchor.get("timestamp", anchor["type"])
    return moment


def _preview(call: Call) -> Shape:
    fields = given(call.params)
    details = fields.get("subscription_details") or {}
    anchor = details.get("billing_cycle_anchor")
    if isinstance(anchor, dict):
        details["billing_cycle_anchor"] = _anchored(anchor)
    seen = previews.preview(call.tx, fields)
    return shown(call, seen)


RESOURCE = Resource(
    PATH,
    Invoice,
    (
        create(CreateInvoice, lambda call: invoice_drafts.create(call.tx, given(call.params))),
        Operation("POST", "/create_preview", CreatePreview, _preview, writes=True),
        retrieve(Invoice, "invoice"),
        update(UpdateInvoice, lambda call: invoice_drafts.update(call.tx, call.id, given(call.params))),
        delete(lambda call: invoices.deleted(call.tx, call.id)),
        lists(PATH, Invoice, ListInvoices, _where),
        searches(PATH, Invoice, "invoices"),
        action("finalize", FinalizeInvoice, _finalize),
        Operation("POST", "/{id}/pay", PayInvoice, _pay, writes=True),
        action("send", Nothing, lambda call: invoices.send(call.tx, call.id)),
        action("void", Nothing, lambda call: invoices.void(call.tx, call.id)),
        action("mark_uncollectible", Nothing, lambda call: invoices.mark_uncollectible(call.tx, call.id)),
        action(
            "attach_payment",
            AttachPayment,
            lambda call: attaching.attach(call.tx, call.id, call.params.payment_intent),
        ),
        action("add_lines", AddLines, _edited(invoice_drafts.add_lines)),
        action("update_lines", UpdateLines, _edited(invoice_drafts.update_lines)),
        action("remove_lines", RemoveLines, _edited(invoice_drafts.remove_lines)),
        Operation("GET", "/{id}/lines", ListParams, _lines),
        Operation("POST", "/{id}/lines/{child}", ItemFields, _update_line, writes=True),
    ),
    frozenset(
        {
            "account_tax_ids",
            "application_fee_amount",
            "customer_account",
            "default_source",
            "forgive",
            "from_invoice",
            "mandate",
            "on_behalf_of",
            "schedule",
            "schedule_details",
            "shipping_cost",
            "source",
            "transfer_data",
        }
    ),
)
