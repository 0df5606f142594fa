"""How callers describe a payment method, alone or inside of an intent's parameters."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import payment_methods
from tenure.domain.customers import Address
from tenure.domain.documents import Part
from tenure.domain.errors import Invalid
from tenure.domain.payment_methods import Redisplay
from tenure.store.tx import Tx

Text = Annotated[str, msgspec.Meta(max_length=5000)]
OTHER_TYPES = frozenset(
    "acss_debit affirm afterpay_clearpay alipay alma amazon_pay au_becs_debit bacs_debit bancontact billie "
    "bizum blik boleto cashapp crypto customer_balance eps fpx giropay grabpay ideal interac_present kakao_pay "
    "klarna konbini kr_card link mb_way mobilepay multibanco naver_pay nz_bank_account oxxo p24 pay_by_bank "
    "payco paynow paypal paypay payto pix promptpay revolut_pay samsung_pay satispay scalapay sequra sofort "
    "sunbit swish twint upi us_bank_account wechat_pay zip".split()
)


class BillingDetailsGiven(Part, frozen=True, kw_only=True):
    """Whom the method belongs to."""

    address: Address | None | UnsetType = UNSET
    email: Text | None | UnsetType = UNSET
    name: Text | None | UnsetType = UNSET
    phone: Text | None | UnsetType = UNSET
    tax_id: Text | UnsetType = UNSET


class NetworksGiven(Part, frozen=True, kw_only=True):
    """The network that the customer prefers."""

    preferred: Literal["cartes_bancaires", "mastercard", "visa"] | None


class CardParams(Part, frozen=True, kw_only=True):
    """A card: by token, or in test mode by number."""

    cvc: Text | UnsetType = UNSET
    exp_month: int | UnsetType = UNSET
    exp_year: int | UnsetType = UNSET
    networks: NetworksGiven | UnsetType = UNSET
    number: Text | UnsetType = UNSET
    token: Text | UnsetType = UNSET

    def __repr__(self) -> str:
        """Without the number: this may end up in a log."""
        return "CardParams(…)"


class SepaDebitParams(Part, frozen=True, kw_only=True):
    """A bank account."""

    iban: Text

    def __repr__(self) -> str:
        """Without the IBAN: this may end up in a log."""
        return "SepaDebitParams(…)"


class CustomParams(Part, frozen=True, kw_only=True):
    """A way of the merchant's own."""

    type: Annotated[str, msgspec.Meta(max_length=100)]


class MethodParams(Part, frozen=True, kw_only=True):
    """A payment method of one type."""

    allow_redisplay: Redisplay | UnsetType = UNSET
    billing_details: BillingDetailsGiven | UnsetType = UNSET
    card: CardParams | UnsetType = UNSET
    custom: CustomParams | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    sepa_debit: SepaDebitParams | UnsetType = UNSET
    type: str | UnsetType = UNSET


def method_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """The parameters as the document has them: an address that is cleared has every line cleared."""
    details = fields.get("billing_details") or {}
    if "address" in details and details["address"] is None:
        details["address"] = dict.fromkeys(Address.__struct_fields__)
    return fields


def named_method(tx: Tx, fields: dict[str, Any]) -> str | None:
    """The method that an intent's parameters name, or the new one that they describe; taken out of them."""
    id: str | None = fields.pop("payment_method", None)
    described = fields.pop("payment_method_data", None)
    if id is not None and described is not None:
        raise Invalid(
            "You may only specify one of these parameters: payment_method, payment_method_data.",
            param="payment_method_data",
        )
    if described is not None:
        return payment_methods.create(tx, method_fields(described)).id
    return id
