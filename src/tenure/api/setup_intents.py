"""/v1/setup_intents: payment methods on their way to being charged later."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tenure.actions import setup_intents
from tenure.actions.patch import given
from tenure.api.payment_intents import CardOptions, Description, Microdeposits, TypeNames
from tenure.api.payment_method_params import MethodParams, Text, named_method
from tenure.api.resource import Call, Operation, Resource, Shape, Where, lists, retrieve, shown
from tenure.domain.documents import Part
from tenure.domain.errors import Invalid, Refused
from tenure.domain.links import check_link
from tenure.domain.payment_intents import AutomaticMethods
from tenure.domain.setup_intents import SetupIntent, unexpected
from tenure.wire.lists import ListParams, Range, conditions

PATH = "/v1/setup_intents"


class SetupOptions(Part, frozen=True, kw_only=True):
    """How methods of each type are set up."""

    card: CardOptions | UnsetType = UNSET


class UpdateSetup(Part, frozen=True, kw_only=True):
    """Changes to an intent."""

    customer: str | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    metadata: dict[str, str] | None | UnsetType = UNSET
    payment_method: str | UnsetType = UNSET
    payment_method_data: MethodParams | UnsetType = UNSET
    payment_method_options: SetupOptions | UnsetType = UNSET
    payment_method_types: TypeNames | UnsetType = UNSET


class CreateSetup(UpdateSetup, frozen=True, kw_only=True):
    """A new intent, confirmed at once where `confirm` says so."""

    automatic_payment_methods: AutomaticMethods | UnsetType = UNSET
    confirm: bool | UnsetType = UNSET
    return_url: Text | UnsetType = UNSET
    usage: Literal["off_session", "on_session"] | UnsetType = UNSET
    use_stripe_sdk: bool | UnsetType = UNSET


class ConfirmSetup(Part, frozen=True, kw_only=True):
    """Set the method up now."""

    payment_method: str | UnsetType = UNSET
    payment_method_data: MethodParams | UnsetType = UNSET
    return_url: Text | UnsetType = UNSET
    use_stripe_sdk: bool | UnsetType = UNSET


class CancelSetup(Part, frozen=True, kw_only=True):
    """Give it up, and why."""

    cancellation_reason: Literal["abandoned", "duplicate", "requested_by_customer"] | UnsetType = UNSET


class ListSetups(ListParams, frozen=True, kw_only=True):
    """Filters of the list."""

    created: Range | UnsetType = UNSET
    customer: str | UnsetType = UNSET
    payment_method: str | UnsetType = UNSET


def _fields(call: Call) -> dict[str, Any]:
    fields = given(call.params)
    if "payment_method_options" in fields:
        card = fields["payment_method_options"].get("card") or {}
        fields["payment_method_options"] = {"card": {**setup_intents.OPTIONS["card"], **card}}
    return fields


def _back(call: Call, fields: dict[str, Any]) -> str | None:
    """Where the customer comes back to, taken out of the parameters. Raises Invalid for a bad URL."""
    url: str | None = fields.pop("return_url", None)
    if url is not None:
        check_link(url, livemode=call.tx.scope.livemode, param="return_url")
    return None if fields.pop("use_stripe_sdk", False) else url


def _create(call: Call) -> Shape | Refused:
    fields = _fields(call)
    confirm = fields.pop("confirm", False)
    if "return_url" in fields and not confirm:
        raise Invalid(
            "The parameter `return_url` cannot be passed when creating a SetupIntent unless `confirm` is set to true.",
            param="return_url",
        )
    back = _back(call, fields)
    method = named_method(call.tx, fields)
    tried = setup_intents.create(call.tx, fields, method=method, confirmed=confirm, return_url=back)
    return tried.refusal or shown(call, tried.intent)


def _update(call: Call) -> Shape:
    fields = _fields(call)
    method = named_method(call.tx, fields)
    return shown(call, setup_intents.update(call.tx, call.id, fields, method=method))


def _confirm(call: Call) -> Shape | Refused:
    fields = given(call.params)
    back = _back(call, fields)
    method = named_method(call.tx, fields)
    tried = setup_intents.confirm(call.tx, call.id, method=method, return_url=back)
    return tried.refusal or shown(call, tried.intent)


def _cancel(call: Call) -> Shape:
    reason = given(call.params).get("cancellation_reason")
    return shown(call, setup_intents.cancel(call.tx, call.id, reason=reason))


def _microdeposits(call: Call) -> Refused:
    intent = call.tx.need(SetupIntent, call.id, param="intent")
    raise unexpected(intent, "cannot be verified with microdeposits, which none of Tenure's payment methods uses,")


def _where(params: ListSetups) -> Where:
    wanted = (("customer", params.customer), ("payment_method", params.payment_method))
    named = [(column, "=", value) for column, value in wanted if value is not UNSET]
    return [*named, *conditions("created", params.created)]


def _post(path: str, params: type[msgspec.Struct], run: Any) -> Operation:
    return Operation("POST", path, params, run, writes=True)


RESOURCE = Resource(
    PATH,
    SetupIntent,
    (
        _post("", CreateSetup, _create),
        retrieve(SetupIntent, "intent"),
        _post("/{id}", UpdateSetup, _update),
        lists(PATH, SetupIntent, ListSetups, _where),
        _post("/{id}/confirm", ConfirmSetup, _confirm),
        _post("/{id}/cancel", CancelSetup, _cancel),
        _post("/{id}/verify_microdeposits", Microdeposits, _microdeposits),
    ),
    frozenset(
        "allowed_payment_method_types attach_to_self confirmation_token customer_account excluded_payment_method_types "
        "flow_directions mandate_data on_behalf_of payment_method_configuration single_use".split()
    ),
)
