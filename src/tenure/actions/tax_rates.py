"""Tax rates: create, update. A rate is never deleted, only archived; its percentage never changes."""

from collections.abc import Mapping, Sequence
from typing import Any

from tenure.actions.patch import patch
from tenure.domain.documents import Change, EventDraft
from tenure.domain.tax_rates import TaxRate, check, chosen
from tenure.store.tx import Tx


def create(tx: Tx, fields: Mapping[str, Any]) -> TaxRate:
    """A new rate. Raises Invalid where its percentage is none."""
    blank = TaxRate(
        id=tx.new_id("txr_"),
        created=tx.now,
        livemode=tx.scope.livemode,
        display_name=fields["display_name"],
        inclusive=fields["inclusive"],
        percentage=fields["percentage"],
    )
    rate = check(patch(blank, fields))
    tx.save(Change(after=(rate,), events=(EventDraft("tax_rate.created", rate),)))
    return rate


def update(tx: Tx, id: str, fields: Mapping[str, Any]) -> TaxRate:
    """Change names, places or whether new subscriptions and invoices may use it."""
    before = tx.lock(TaxRate, id, param="tax_rate")
    rate = patch(before, fields)
    if rate != before:
        tx.save(Change(after=(rate,), events=(EventDraft("tax_rate.updated", rate),)))
    return rate


def usable(tx: Tx, ids: Sequence[str], *, param: str) -> list[str]:
    """The same ids, where each is an active rate and none is there twice. Raises Invalid, NotFound."""
    return chosen([tx.need(TaxRate, id, param=f"{param}[{n}]") for n, id in enumerate(ids)], param=param)
