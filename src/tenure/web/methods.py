"""Payment methods in a customer's words: Visa ending 4242, expires 08/2028."""

from tenure.domain.payment_methods import PaymentMethod
from tenure.i18n.languages import Language

BRANDS = {
    "amex": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "discover": "Discover",
    "eftpos_au": "eftpos",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}
MARKS = {"amex": "AMEX", "cartes_bancaires": "CB", "diners": "DINERS", "mastercard": "MC", "unionpay": "UP"}
MARK_LENGTH = 6


def method_name(method: PaymentMethod, language: Language) -> str:
    """What the method is called; only its last digits are known."""
    _ = language.gettext
    if method.card is not None:
        brand = BRANDS.get(method.card.brand) or _("Card")
        return _("%(brand)s ending %(digits)s", brand=brand, digits=method.card.last4)
    if method.sepa_debit is not None:
        return _("%(brand)s ending %(digits)s", brand="SEPA", digits=method.sepa_debit.last4 or "")
    return method.custom.display_name or method.custom.type if method.custom else method.type


def method_mark(method: PaymentMethod) -> str:
    """A few letters for the little card beside the name."""
    if method.card is not None:
        return MARKS.get(method.card.brand, method.card.brand.upper()[:MARK_LENGTH])
    return "SEPA" if method.sepa_debit is not None else ""


def method_expiry(method: PaymentMethod, language: Language) -> str:
    """Until when a card is good."""
    if method.card is None:
        return ""
    date = f"{method.card.exp_month:02d}/{method.card.exp_year}"
    return language.gettext("Expires %(date)s", date=date)


def is_expired(method: PaymentMethod, year: int, month: int) -> bool:
    """Whether the card's last month is over."""
    return method.card is not None and (method.card.exp_year, method.card.exp_month) < (year, month)


def problem_of(code: str | None, decline_code: str | None, language: Language) -> tuple[str, str]:
    """Which field of a card a refusal is about, and what its owner can do; the number's where it is about none."""
    _ = language.gettext
    match code:
        case "incorrect_number" | "invalid_number":
            return "number", _("Check the card number.")
        case "invalid_expiry_month" | "invalid_expiry_year":
            return "expiry", _("Check the expiry date, such as 08 / 30.")
        case "expired_card":
            return "expiry", _("This card has expired. Use another one.")
        case "invalid_cvc" | "incorrect_cvc":
            return "cvc", _("Check the security code.")
        case _:
            return "number", _declined(code, decline_code, language)


def _declined(code: str | None, decline_code: str | None, language: Language) -> str:
    _ = language.gettext
    if code == "processing_error":
        return _("The bank didn’t answer. Try again in a moment.")
    if decline_code == "insufficient_funds":
        return _("There isn’t enough money on this card. Use another one.")
    if decline_code == "test_mode_live_card":
        return _("Test mode takes test cards only.")
    if code in ("authentication_required", "payment_intent_authentication_failure"):
        return _("Your bank did not confirm the payment. Try again, or use another card.")
    return _("Your bank declined the payment. Use another card, or ask your bank.")
