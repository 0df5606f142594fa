"""Live mode without a provider: money arrives by other ways, and people record it as paid out of band.

charge(…) ──▶ failed: nothing is collected automatically         card numbers, IBANs ──▶ refused, never kept
"""

from tenure.domain.errors import Declined, Invalid
from tenure.domain.payment_methods import PaymentMethod
from tenure.domain.payments import CardGiven, Charge, Decline, Known, Outcome, Verification

CANNOT = Decline(
    code="payment_method_not_available",
    message="No gateway of this account can collect this payment automatically. Record money that has arrived with "
    "`paid_out_of_band`.",
    type="invalid_request_error",
)


class Manual:
    """Takes no money by itself, and knows no cards."""

    name = "manual"

    def shared(self, id: str, *, account: str, now: int) -> Known | None:
        """Test tokens do not exist here."""
        return None

    def card(self, given: CardGiven, *, account: str, now: int) -> Known:
        """Always refused, in Stripe's words where a number was sent. Raises Declined, Invalid."""
        if given.number is not None:
            raise Declined(
                "Sending credit card numbers directly to the Stripe API is generally unsafe. We suggest you use test "
                "tokens that map to the test card you are using, see https://stripe.com/docs/testing.",
                param="card[number]",
            )
        if given.token is not None:
            raise Invalid(f"No such token: '{given.token}'", code="resource_missing", param="card[token]")
        raise Invalid("Cards need a gateway, and none is set up in live mode.", param="card")

    def sepa_debit(self, iban: str, *, account: str) -> Known:
        """Always refused. Raises Invalid."""
        raise Invalid("Direct debits need a gateway, and none is set up in live mode.", param="sepa_debit")

    def charge(self, charge: Charge) -> Outcome:
        """Nothing is collected automatically."""
        return Outcome(result="failed", decline=CANNOT)

    def verify(self, check: Verification) -> Outcome:
        """A way of the merchant's own needs no proof."""
        return Outcome(result="succeeded", ready=True)

    def refund(self, amount: int, currency: str, method: PaymentMethod | None) -> Outcome:
        """People give it back, and have done so when they record it."""
        return Outcome(result="succeeded")
