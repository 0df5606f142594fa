"""Prices: create, update. A price is never deleted, only archived."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from tenure.actions.patch import patch
from tenure.domain.documents import Change, EventDraft
from tenure.domain.errors import Conflict
from tenure.domain.meters import Meter
from tenure.domain.prices import CurrencyOption, Price, complete, complete_option
from tenure.domain.products import Product
from tenure.store.tx import Tx


def create(tx: Tx, fields: Mapping[str, Any], *, id: str | None = None, transfer_lookup_key: bool = False) -> Price:
    """A new price of an existing product. Raises Invalid where the amounts do not make a price."""
    tx.need(Product, fields["product"], param="product")
    if id is not None and tx.get(Price, id, deleted=True) is not None:
        raise Conflict("Plan already exists.", code="resource_already_exists", param="id")
    fields = described(fields)
    blank = Price(
        id=id or tx.new_id("price_"),
        created=tx.now,
        livemode=tx.scope.livemode,
        currency=fields["currency"],
        product=fields["product"],
        type="recurring" if fields.get("recurring") else "one_time",
    )
    price = complete(patch(blank, fields))
    if price.recurring is not None and price.recurring.meter is not None:
        _check_meter(tx, price.recurring.meter)
    if price.lookup_key is not None:
        _free_lookup_key(tx, price.lookup_key, transfer=transfer_lookup_key)
    tx.save(Change(after=(price,), events=(EventDraft("price.created", price),)))
    return price


def update(tx: Tx, id: str, fields: Mapping[str, Any], *, transfer_lookup_key: bool = False) -> Price:
    """Change the fields that were given; amounts and intervals never change, but currencies may be added."""
    before = tx.lock(Price, id, param="price")
    if fields.get("lookup_key") and fields["lookup_key"] != before.lookup_key:
        _free_lookup_key(tx, fields["lookup_key"], transfer=transfer_lookup_key)
    fields = described({"currency": before.currency, **fields})
    if fields.get("currency_options"):
        given = msgspec.convert(fields["currency_options"], dict[str, CurrencyOption])
        fresh = {name: complete_option(before, name, each) for name, each in given.items()}
        fields["currency_options"] = {**(before.currency_options or {}), **fresh}
    price = patch(before, fields)
    if price != before:
        tx.save(Change(after=(price,), events=(EventDraft("price.updated", price),)))
    return price


def described(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a price in the words of its document: no `inf`, no `enabled`, currencies in small letters."""
    found = {**fields, "currency": fields["currency"].lower()}
    found.update(_amounts(found))
    options = fields.get("currency_options")
    if options:
        found["currency_options"] = {name.lower(): {**each, **_amounts(each)} for name, each in options.items()}
    return found


def _amounts(fields: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if fields.get("tiers"):
        found["tiers"] = [
            {**tier, "up_to": None if tier["up_to"] == "inf" else tier["up_to"]} for tier in fields["tiers"]
        ]
    custom = fields.get("custom_unit_amount")
    if custom is not None:
        bounds = {name: value for name, value in custom.items() if name != "enabled"}
        found["custom_unit_amount"] = bounds if custom.get("enabled", True) else None
    return found


def _check_meter(tx: Tx, id: str) -> None:
    meter = tx.need(Meter, id, param="recurring[meter]")
    if meter.status != "active":
        raise Conflict(
            f"The meter `{id}` is inactive. Only active ones can be attached to a price.", param="recurring[meter]"
        )


def _free_lookup_key(tx: Tx, key: str, *, transfer: bool) -> None:
    taken = tx.page(Price, [("lookup_key", "=", key)], limit=1).items
    if not taken:
        return
    if not transfer:
        raise Conflict(f"A price (`{taken[0].id}`) already uses that lookup key.", param="lookup_key")
    before = tx.lock(Price, taken[0].id)
    price = replace(before, lookup_key=None)
    tx.save(Change(after=(price,), events=(EventDraft("price.updated", price),)))
