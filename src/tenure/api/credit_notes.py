"""/v1/credit_notes: what a customer need not pay after all, or gets back."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import credit_notes
from tenure.actions.patch import given
from tenure.api.resource import (
    Call,
    Nothing,
    Operation,
    Resource,
    Shape,
    Where,
    action,
    create,
    lists,
    retrieve,
    shown,
    update,
)
from tenure.domain.credit_note_lines import LineGiven, TaxGiven
from tenure.domain.credit_notes import CreditNote, CreditReason
from tenure.domain.documents import Part
from tenure.domain.errors import NotFound
from tenure.wire.lists import ListParams, Range, conditions, listing

PATH = "/v1/credit_notes"
Amount = Annotated[int, msgspec.Meta(ge=0, le=99_999_999)]
Text = Annotated[str, msgspec.Meta(max_length=5000)]
UnitAmount = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,14}(\.[0-9]{1,12})?$")]


class LineParam(LineGiven, frozen=True, kw_only=True):
    """A line as the API takes it."""

    amount: Amount | UnsetType = UNSET
    quantity: Annotated[int, msgspec.Meta(ge=1, le=10**9)] | UnsetType = UNSET
    tax_amounts: list[TaxGiven] | None | UnsetType = UNSET
    unit_amount: Amount | UnsetType = UNSET
    unit_amount_decimal: UnitAmount | UnsetType = UNSET


class RefundParam(Part, frozen=True, kw_only=True):
    """A refund that was made already."""

    refund: str
    amount_refunded: Amount | UnsetType = UNSET
    type: Literal["refund"] | UnsetType = UNSET


class CreateNote(Part, frozen=True, kw_only=True):
    """A new note."""

    invoice: str
    amount: Amount | UnsetType = UNSET
    credit_amount: Amount | UnsetType = UNSET
    effective_at: int | UnsetType = UNSET
    email_type: Literal["credit_note", "none"] | UnsetType = UNSET
    lines: list[LineParam] | UnsetType = UNSET
    memo: Text | UnsetType = UNSET
    metadata: dict[str, str] | UnsetType = UNSET
    out_of_band_amount: Amount | UnsetType = UNSET
    reason: CreditReason | UnsetType = UNSET
    refund_amount: Amount | UnsetType = UNSET
    refunds: list[RefundParam] | UnsetType = UNSET


class PreviewLines(CreateNote, frozen=True, kw_only=True):
    """The lines of a note that is not made, page by page."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    starting_after: str | UnsetType = UNSET
    ending_before: str | UnsetType = UNSET


class UpdateNote(Part, frozen=True, kw_only=True):
    """What can be said about it afterwards."""

    memo: Text | None | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET


class ListNotes(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    created: Range | UnsetType = UNSET
    customer: str | UnsetType = UNSET
    invoice: str | UnsetType = UNSET


def _where(params: ListNotes) -> Where:
    where: list[tuple[str, str, Any]] = [*conditions("created", params.created)]
    for name in ("customer", "invoice"):
        if getattr(params, name) is not UNSET:
            where.append((name, "=", getattr(params, name)))
    return where


def _preview_lines(call: Call) -> Shape:
    lines = _all_lines(call, credit_notes.preview(call.tx, given(call.params)))
    return _page(lines, call.params, f"{PATH}/preview/lines")


def _lines(call: Call) -> Shape:
    note = call.tx.need(CreditNote, call.id, param="credit_note")
    return _page(_all_lines(call, note), call.params, f"{PATH}/{call.id}/lines")


def _all_lines(call: Call, note: CreditNote) -> list[Shape]:
    """Every line of a note as the wire shows it."""
    rendered: list[Shape] = []
    for line in note.lines:
        one = shown(call, msgspec.structs.replace(note, lines=[line]))
        rendered += one["lines"]["data"]
    return rendered


def _page(lines: Sequence[Shape], params: Any, url: str) -> Shape:
    """A page of lines, in their order. Raises NotFound for a cursor that is none of them."""
    places = {line["id"]: place for place, line in enumerate(lines)}
    for name in ("starting_after", "ending_before"):
        cursor = getattr(params, name)
        if cursor is not UNSET and cursor not in places:
            raise NotFound(f"No such credit note line item: '{cursor}'", code="resource_missing", param=name)
    if params.ending_before is not UNSET:
        end = places[params.ending_before]
        start = max(end - params.limit, 0)
        return listing(list(lines[start:end]), start > 0, url)
    start = places[params.starting_after] + 1 if params.starting_after is not UNSET else 0
    end = start + params.limit
    return listing(list(lines[start:end]), end < len(lines), url)


RESOURCE = Resource(
    PATH,
    CreditNote,
    (
        create(CreateNote, lambda call: credit_notes.create(call.tx, given(call.params))),
        Operation(
            "GET", "/preview", CreateNote, lambda call: shown(call, credit_notes.preview(call.tx, given(call.params)))
        ),
        Operation("GET", "/preview/lines", PreviewLines, _preview_lines),
        retrieve(CreditNote),
        update(UpdateNote, lambda call: credit_notes.update(call.tx, call.id, given(call.params))),
        lists(PATH, CreditNote, ListNotes, _where),
        Operation("GET", "/{id}/lines", ListParams, _lines),
        action("void", Nothing, lambda call: credit_notes.void(call.tx, call.id)),
    ),
    frozenset({"shipping_cost"}),
)
