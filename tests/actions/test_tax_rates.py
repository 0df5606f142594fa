"""Tax rates: what a percentage may be."""

import pytest

from tenure.actions import tax_rates
from tenure.domain.errors import Invalid
from tenure.domain.tax_rates import MOST_RATES, TaxRate, check, chosen
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.support.stores import SCOPE

NOW = 1_790_000_000


def rate(percentage: float, id: str = "txr_1") -> TaxRate:
    return TaxRate(id=id, display_name="VAT", inclusive=False, percentage=percentage)


@pytest.mark.parametrize("percentage", [0.0, 7.0, 8.875, 19.0, 6.8751, 100.0])
def test_up_to_four_decimals_make_a_rate(percentage: float) -> None:
    assert check(rate(percentage)).percentage == percentage


@pytest.mark.parametrize(("percentage", "words"), [(-1.0, "between"), (100.1, "between"), (7.12345, "decimal places")])
def test_other_numbers_do_not(percentage: float, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        check(rate(percentage))


def test_a_few_different_rates_go_together() -> None:
    rates = [rate(1.0, f"txr_{n}") for n in range(MOST_RATES + 1)]
    assert chosen(rates[:MOST_RATES], param="tax_rates") == [each.id for each in rates[:MOST_RATES]]
    with pytest.raises(Invalid, match="At most 5"):
        chosen(rates, param="tax_rates")
    with pytest.raises(Invalid, match="twice"):
        chosen([rates[0], rates[0]], param="tax_rates")


async def test_a_rate_is_archived_not_deleted(store: Store) -> None:
    def work(tx: Tx) -> None:
        made = tax_rates.create(tx, {"display_name": "VAT", "inclusive": True, "percentage": 8.875})
        assert tax_rates.usable(tx, [made.id], param="tax_rates") == [made.id]
        tax_rates.update(tx, made.id, {"active": False, "display_name": "Old VAT"})
        with pytest.raises(Invalid, match="archived"):
            tax_rates.usable(tx, [made.id], param="tax_rates")

    await store.write(SCOPE, work, now=NOW)
