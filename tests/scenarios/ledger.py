"""A story's money: cards, invoices and their amounts, in minor units.

ledger = Ledger(client, "2027-04-01")       ledger.card()       ledger.totals() == [1000, 2500]       ledger.told()
"""

from typing import Any

from tests.scenarios.dated import Story
from tests.support.wait import until


class Ledger(Story):
    """A story that reads its customer's invoices, the oldest first."""

    def card(self, token: str = "pm_card_visa") -> str:
        """The customer's default payment method from now on."""
        method = self.api.payment_methods.attach(token, {"customer": self.customer}).id
        self.api.customers.update(self.customer, {"invoice_settings": {"default_payment_method": method}})
        return str(method)

    def coupon(self, **fields: Any) -> dict[str, str]:
        """A discount by a new coupon, in euros where it takes off an amount."""
        given = {"duration": "forever"} | ({"currency": "eur"} if "amount_off" in fields else {}) | fields
        return {"coupon": self.api.coupons.create(given).id}

    def item(self, number: int = 0) -> str:
        return str(self.now()["items"].data[number].id)

    def invoices(self) -> list[Any]:
        return list(self.api.invoices.list({"customer": self.customer, "limit": 100}).data)[::-1]

    def last(self) -> Any:
        return self.invoices()[-1]

    def totals(self) -> list[int]:
        return [invoice.total for invoice in self.invoices()]

    def statuses(self) -> list[str]:
        return [invoice.status for invoice in self.invoices()]

    def balance(self) -> int:
        return int(self.api.customers.retrieve(self.customer).balance)

    def preview(self, **fields: Any) -> Any:
        given = {"subscription": self.id} if self.id else {"customer": self.customer}
        return self.api.invoices.create_preview(given | fields)

    def clock_at(self) -> int:
        """What time it is for this customer, unix seconds."""
        return int(self.api.test_helpers.test_clocks.retrieve(self.clock).frozen_time)

    def wait_until(self, moment: int) -> None:
        """Time passes until that second; nothing where it has come already."""
        clocks = self.api.test_helpers.test_clocks
        if moment > self.clock_at():
            clocks.advance(self.clock, {"frozen_time": moment})
            until(lambda: clocks.retrieve(self.clock).status == "ready", 30, every=0.02)

    def events(self) -> str:
        """The id of the newest event of all."""
        return str(self.api.events.list({"limit": 1}).data[0].id)

    def told(self) -> list[str]:
        """Every event about this customer so far, oldest first."""
        found = list(self.api.events.list({"limit": 100}).auto_paging_iter())[::-1]
        about = [(each.type, each.data.object) for each in found]
        return [kind for kind, told in about if self.customer in (told.id, getattr(told, "customer", None))]


def amounts(invoice: Any) -> list[int]:
    """What its lines come to, before discounts and taxes."""
    return [line.amount for line in invoice.lines.data]


def taken(invoice: Any) -> list[int]:
    """What each discount takes off it."""
    return [each.amount for each in invoice.total_discount_amounts or []]
