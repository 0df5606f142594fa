"""/v1/tax_rates: percentages that lines of invoices bear."""

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import tax_rates
from tenure.actions.patch import given
from tenure.api.resource import Call, Resource, Where, create, lists, retrieve, update
from tenure.domain.documents import Part
from tenure.domain.tax_rates import TaxRate, TaxType
from tenure.wire.lists import ListParams, Range, conditions

PATH = "/v1/tax_rates"
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=50)]
Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]
Text = Annotated[str, msgspec.Meta(max_length=5000)]


class CreateTaxRate(Part, frozen=True, kw_only=True):
    """A new rate; `percentage` is out of 100."""

    display_name: Name
    inclusive: bool
    percentage: Decimal
    active: bool | UnsetType = UNSET
    country: Country | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    jurisdiction: Name | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    state: Text | UnsetType = UNSET
    tax_type: TaxType | UnsetType = UNSET


class UpdateTaxRate(Part, frozen=True, kw_only=True):
    """Changes to a rate: never its percentage."""

    active: bool | UnsetType = UNSET
    country: Country | None | UnsetType = UNSET
    description: Text | None | UnsetType = UNSET
    display_name: Name | UnsetType = UNSET
    jurisdiction: Name | None | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    state: Text | None | UnsetType = UNSET
    tax_type: TaxType | UnsetType = UNSET


class ListTaxRates(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    active: bool | UnsetType = UNSET
    created: Range | UnsetType = UNSET
    inclusive: bool | UnsetType = UNSET


def _create(call: Call) -> TaxRate:
    fields = given(call.params)
    fields["percentage"] = float(call.params.percentage)
    return tax_rates.create(call.tx, fields)


def _where(params: ListTaxRates) -> Where:
    where: list[tuple[str, str, Any]] = [*conditions("created", params.created)]
    for name in ("active", "inclusive"):
        if getattr(params, name) is not UNSET:
            where.append((name, "=", getattr(params, name)))
    return where


RESOURCE = Resource(
    PATH,
    TaxRate,
    (
        create(CreateTaxRate, _create),
        retrieve(TaxRate, "tax_rate"),
        update(UpdateTaxRate, lambda call: tax_rates.update(call.tx, call.id, given(call.params))),
        lists(PATH, TaxRate, ListTaxRates, _where),
    ),
)
