"""A tax id of a customer, or of the account itself; printed on invoices and credit notes.

    pending ──the authority was asked──▶ verified | unverified | unavailable

Only ids of VERIFIED_TYPES begin as pending; for all others there is nobody to ask. Tenure asks no authority: an id with
right check digits becomes `unavailable`, one with wrong ones `unverified`. In test mode three values decide themselves.
Source: Stripe documentation, "Customer tax IDs: validation".
"""

from typing import Literal

from msgspec.structs import replace

from tenure.domain.documents import Document, Part

VerificationStatus = Literal["pending", "unavailable", "unverified", "verified"]
VERIFIED_TYPES = frozenset({"au_abn", "eu_vat", "gb_vat"})
TEST_VALUES: dict[str, VerificationStatus] = {
    "000000000": "verified",
    "111111111": "unverified",
    "222222222": "pending",
}
COUNTRY_LETTERS = 2
# Where the letters of a VAT number, or of a type, are not the country's code.
OTHER_COUNTRIES = {"EL": "GR", "XI": "GB", "IC": "ES"}


class Owner(Part, frozen=True, kw_only=True):
    """Whose it is."""

    account: str | None = None
    application: str | None = None
    customer: str | None = None
    customer_account: str | None = None
    type: Literal["account", "application", "customer", "self"] = "customer"


class Verification(Part, frozen=True, kw_only=True):
    """What the authority said."""

    status: VerificationStatus
    verified_address: str | None = None
    verified_name: str | None = None


class TaxId(Document, frozen=True, kw_only=True):
    """`type` names the country and the kind, `value` is the number as it was given."""

    object: str = "tax_id"
    country: str | None = None
    customer: str | None = None
    customer_account: str | None = None
    owner: Owner = Owner()
    type: str
    value: str
    verification: Verification | None = None


def country_of(type: str, value: str) -> str | None:
    """The country that gave the number; a VAT number of the EU names it, one of its One Stop Shop has none."""
    if type == "eu_oss_vat" or type == "unknown":
        return None
    letters = (value.strip() if type == "eu_vat" else type)[:COUNTRY_LETTERS].upper()
    return OTHER_COUNTRIES.get(letters, letters) if letters.isalpha() else None


def test_status(type: str, value: str) -> VerificationStatus | None:
    """What a value of the tests decides on, with or without its country's letters; None for any other."""
    if type not in VERIFIED_TYPES:
        return None
    digits = value[COUNTRY_LETTERS:] if value[:COUNTRY_LETTERS].isalpha() else value
    return TEST_VALUES.get(digits.replace(" ", ""))


def first_verification(type: str) -> Verification:
    """How a new id begins."""
    return Verification(status="pending" if type in VERIFIED_TYPES else "unavailable")


def settles(tax_id: TaxId) -> bool:
    """Whether it is pending, and not meant to stay so."""
    pending = tax_id.verification is not None and tax_id.verification.status == "pending"
    return pending and (tax_id.livemode or test_status(tax_id.type, tax_id.value) != "pending")


def settled(tax_id: TaxId, *, right_digits: bool) -> TaxId:
    """The id once somebody has looked at it; `right_digits`: whether its check digits are right."""
    status: VerificationStatus = "unavailable" if right_digits else "unverified"
    if not tax_id.livemode:
        status = test_status(tax_id.type, tax_id.value) or status
    return replace(tax_id, verification=Verification(status=status))
