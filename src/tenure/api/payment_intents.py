"""/v1/payment_intents: amounts on their way from customers."""

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import payment_intents
from tenure.actions.charging import Asking
from tenure.actions.patch import given
from tenure.actions.payments import CARD_OPTIONS
from tenure.api.customers import ShippingGiven
from tenure.api.payment_method_params import MethodParams, Text, named_method
from tenure.api.resource import Call, Operation, Resource, Shape, Where, lists, retrieve, searches, shown
from tenure.domain.documents import Part
from tenure.domain.errors import Conflict, Invalid, Refused
from tenure.domain.links import check_link
from tenure.domain.payment_intents import AutomaticMethods, PaymentIntent, SetupFutureUsage, unexpected
from tenure.wire.lists import ListParams, Range, conditions

PATH = "/v1/payment_intents"
Currency = Annotated[str, msgspec.Meta(pattern="^[a-zA-Z]{3}$")]
Description = Annotated[str, msgspec.Meta(max_length=1000)]
Descriptor = Annotated[str, msgspec.Meta(max_length=22)]
Capture = Literal["automatic", "automatic_async", "manual"]
TypeNames = list[Literal["card", "custom", "sepa_debit"]]
AwayGiven: TypeAlias = bool | Literal["one_off", "recurring"]
ONLY_CONFIRMED = ("error_on_requires_action", "off_session", "return_url")


class CardOptions(Part, frozen=True, kw_only=True):
    """How cards are charged."""

    network: str | None | UnsetType = UNSET
    request_three_d_secure: Literal["any", "automatic", "challenge"] | UnsetType = UNSET


class MethodOptions(Part, frozen=True, kw_only=True):
    """How methods of each type are charged."""

    card: CardOptions | UnsetType = UNSET


class PaymentDetailsGiven(Part, frozen=True, kw_only=True):
    """The merchant's references for what is paid."""

    customer_reference: Text | None | UnsetType = UNSET
    order_reference: Text | None | UnsetType = UNSET


class IntentFields(Part, frozen=True, kw_only=True):
    """What creating, updating and confirming an intent have in common."""

    capture_method: Capture | UnsetType = UNSET
    payment_details: PaymentDetailsGiven | None | UnsetType = UNSET
    payment_method: str | UnsetType = UNSET
    payment_method_data: MethodParams | UnsetType = UNSET
    payment_method_options: MethodOptions | UnsetType = UNSET
    receipt_email: Text | None | UnsetType = UNSET
    setup_future_usage: SetupFutureUsage | None | UnsetType = UNSET
    shipping: ShippingGiven | None | UnsetType = UNSET


class AmountFields(IntentFields, frozen=True, kw_only=True):
    """What creating and updating have in common beside that."""

    customer: str | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    payment_method_types: TypeNames | UnsetType = UNSET
    statement_descriptor: Descriptor | UnsetType = UNSET
    statement_descriptor_suffix: Descriptor | UnsetType = UNSET


class UpdateIntent(AmountFields, frozen=True, kw_only=True):
    """Changes to an intent."""

    amount: int | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET


class CreateIntent(AmountFields, frozen=True, kw_only=True):
    """A new intent, confirmed at once where `confirm` says so."""

    amount: int
    automatic_payment_methods: AutomaticMethods | UnsetType = UNSET
    confirm: bool | UnsetType = UNSET
    confirmation_method: Literal["automatic"] | UnsetType = UNSET
    currency: Currency
    error_on_requires_action: bool | UnsetType = UNSET
    off_session: AwayGiven | UnsetType = UNSET
    return_url: Text | UnsetType = UNSET
    use_stripe_sdk: bool | UnsetType = UNSET


class ConfirmIntent(IntentFields, frozen=True, kw_only=True):
    """Try to get the money now."""

    amount_to_confirm: int | UnsetType = UNSET
    error_on_requires_action: bool | UnsetType = UNSET
    off_session: AwayGiven | UnsetType = UNSET
    return_url: Text | UnsetType = UNSET
    use_stripe_sdk: bool | UnsetType = UNSET


class CaptureIntent(Part, frozen=True, kw_only=True):
    """Take reserved money."""

    amount_to_capture: int | UnsetType = UNSET
    final_capture: Literal[True] | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    statement_descriptor: Descriptor | UnsetType = UNSET
    statement_descriptor_suffix: Descriptor | UnsetType = UNSET


class CancelIntent(Part, frozen=True, kw_only=True):
    """Give it up, and why."""

    cancellation_reason: Literal["abandoned", "duplicate", "fraudulent", "requested_by_customer"] | UnsetType = UNSET


class ListIntents(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    created: Range | UnsetType = UNSET
    customer: str | UnsetType = UNSET


class IncrementIntent(Part, frozen=True, kw_only=True):
    """Reserve more."""

    amount: int
    description: Description | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    statement_descriptor: Descriptor | UnsetType = UNSET


class ApplyBalance(Part, frozen=True, kw_only=True):
    """Pay from a cash balance."""

    amount: int | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET


class Microdeposits(Part, frozen=True, kw_only=True):
    """What arrived at the customer's bank."""

    amounts: list[int] | UnsetType = UNSET
    descriptor_code: Text | UnsetType = UNSET


def _fields(call: Call) -> dict[str, Any]:
    fields = given(call.params)
    if "currency" in fields:
        fields["currency"] = fields["currency"].lower()
    if "payment_method_options" in fields:
        card = fields["payment_method_options"].get("card") or {}
        fields["payment_method_options"] = {"card": {**CARD_OPTIONS["card"], **card}}
    return fields


def _asking(call: Call, fields: dict[str, Any]) -> Asking:
    """How the attempt is to be made, taken out of the parameters. Raises Invalid for a bad return URL."""
    back = fields.pop("return_url", None)
    if back is not None:
        check_link(back, livemode=call.tx.scope.livemode, param="return_url")
    off_session = bool(fields.pop("off_session", False))
    error_instead = bool(fields.pop("error_on_requires_action", False))
    in_page = fields.pop("use_stripe_sdk", False)
    may_ask = not (off_session or error_instead)
    return Asking(off_session=off_session, may_ask=may_ask, return_url=None if in_page else back)


def _answer(call: Call, tried: payment_intents.Tried) -> Shape | Refused:
    """The intent; or the refusal of its bank, which leaves the intent as it is kept."""
    return tried.refusal or shown(call, tried.intent)


def _create(call: Call) -> Shape | Refused:
    fields = _fields(call)
    confirm = fields.pop("confirm", False)
    fields.pop("confirmation_method", None)
    for name in () if confirm else ONLY_CONFIRMED:
        if name in fields:
            raise Invalid(
                f"The parameter `{name}` cannot be passed when creating a PaymentIntent unless `confirm` is set to "
                "true.",
                param=name,
            )
    if fields.get("payment_method_types") and (fields.get("automatic_payment_methods") or {}).get("enabled"):
        raise Invalid(
            "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.",
            param="automatic_payment_methods",
        )
    asking = _asking(call, fields)
    method = named_method(call.tx, fields)
    tried = payment_intents.create(call.tx, fields, method=method, asking=asking if confirm else None)
    return _answer(call, tried)


def _update(call: Call) -> Shape:
    fields = _fields(call)
    method = named_method(call.tx, fields)
    return shown(call, payment_intents.update(call.tx, call.id, fields, method=method))


def _confirm(call: Call) -> Shape | Refused:
    fields = _fields(call)
    asking = _asking(call, fields)
    expected = fields.pop("amount_to_confirm", None)
    intent = call.tx.need(PaymentIntent, call.id, param="intent")
    if expected is not None and expected != intent.amount:
        raise Invalid(
            f"The amount to confirm ({expected}) is not the amount of the PaymentIntent ({intent.amount}).",
            param="amount_to_confirm",
        )
    method = named_method(call.tx, fields)
    return _answer(call, payment_intents.confirm(call.tx, call.id, fields, asking=asking, method=method))


def _capture(call: Call) -> Shape:
    fields = given(call.params)
    fields.pop("final_capture", None)
    amount = fields.pop("amount_to_capture", None)
    return shown(call, payment_intents.capture(call.tx, call.id, amount=amount, fields=fields))


def _cancel(call: Call) -> Shape:
    reason = given(call.params).get("cancellation_reason")
    return shown(call, payment_intents.cancel(call.tx, call.id, reason=reason))


def _increment(call: Call) -> Refused:
    """No gateway of Tenure can reserve more than it was first asked for."""
    intent = call.tx.need(PaymentIntent, call.id, param="intent")
    if intent.status != "requires_capture":
        raise unexpected(intent, "could not be incremented")
    raise Conflict("This PaymentIntent is not eligible for incremental authorization: its gateway cannot do that.")


def _apply_balance(call: Call) -> Refused:
    call.tx.need(PaymentIntent, call.id, param="intent")
    raise Conflict("Paying from a customer's cash balance is not supported by Tenure: customers have no cash balance.")


def _microdeposits(call: Call) -> Refused:
    intent = call.tx.need(PaymentIntent, call.id, param="intent")
    raise unexpected(intent, "cannot be verified with microdeposits, which none of Tenure's payment methods uses,")


def _where(params: ListIntents) -> Where:
    of = [("customer", "=", params.customer)] if params.customer is not UNSET else []
    return [*of, *conditions("created", params.created)]


def _post(path: str, params: type[msgspec.Struct], run: Any) -> Operation:
    return Operation("POST", path, params, run, writes=True)


RESOURCE = Resource(
    PATH,
    PaymentIntent,
    (
        _post("", CreateIntent, _create),
        retrieve(PaymentIntent, "intent"),
        _post("/{id}", UpdateIntent, _update),
        lists(PATH, PaymentIntent, ListIntents, _where),
        searches(PATH, PaymentIntent, "payment_intents"),
        _post("/{id}/confirm", ConfirmIntent, _confirm),
        _post("/{id}/capture", CaptureIntent, _capture),
        _post("/{id}/cancel", CancelIntent, _cancel),
        _post("/{id}/increment_authorization", IncrementIntent, _increment),
        _post("/{id}/apply_customer_balance", ApplyBalance, _apply_balance),
        _post("/{id}/verify_microdeposits", Microdeposits, _microdeposits),
    ),
    frozenset(
        "allowed_payment_method_types amount_details application_fee_amount confirmation_token customer_account "
        "excluded_payment_method_types hooks mandate mandate_data on_behalf_of payment_method_configuration "
        "radar_options transfer_data transfer_group".split()
    ),
)
