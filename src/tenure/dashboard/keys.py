"""API keys: a list of hints, one shown when it is made and never again, and revoking.

sk_test_ / sk_live_   everything        rk_test_ / rk_live_   reads only     then 32 letters and digits (190 bits)
"""

import hashlib
import secrets
from string import ascii_letters, digits
from typing import Any

from tenure.dashboard import audit, words
from tenure.dashboard.visit import Answer, Page, Redirect, Route, Visit
from tenure.domain.errors import Invalid, NotFound
from tenure.store import api_keys
from tenure.store.api_keys import ApiKey, Kind
from tenure.store.tx import Tx

LENGTH = 32
HINT = 4
NAME_MAX = 60
PREFIX: dict[Kind, str] = {"secret": "sk", "restricted": "rk"}


def new_key(kind: Kind, *, livemode: bool) -> str:
    """A fresh key of this kind and mode."""
    mode = "live" if livemode else "test"
    return f"{PREFIX[kind]}_{mode}_" + "".join(secrets.choice(ascii_letters + digits) for _ in range(LENGTH))


async def index(visit: Visit) -> Answer:
    """The list of this mode."""
    return await _list(visit, {})


async def _list(visit: Visit, errors: dict[str, str]) -> Page:
    scope, w = visit.scope, visit.words
    found = await visit.read(lambda tx: api_keys.of_account(tx, scope.account, livemode=scope.livemode))
    mode = "live" if scope.livemode else "test"
    rows = [
        {
            "id": each.id,
            "name": each.name or w._("Unnamed"),
            "hint": f"{PREFIX[each.kind]}_{mode}_…{each.hint[-HINT:]}",
            "kind": w._("Secret") if each.kind == "secret" else w._("Restricted, reads only"),
            "created": each.created,
            "last_used_at": each.last_used_at,
            "revoked_at": each.revoked_at,
            "badge": words.Badge(w._("Revoked"), "", "x")
            if each.revoked_at
            else words.Badge(w._("Active"), "ok", "check"),
        }
        for each in found
    ]
    shows: dict[str, Any] = {"nav": "keys", "rows": rows, "errors": errors, "may_own": visit.may("owner")}
    return Page(template="keys.html", shows=shows, status=422 if errors else 200)


async def create(visit: Visit) -> Answer:
    """Make a key and show it this once."""
    kind: Kind = "restricted" if visit.form.one("kind") == "restricted" else "secret"
    name = visit.form.one("name")
    if len(name) > NAME_MAX:
        return await _list(visit, {"name": visit.words._("Use 60 characters at most.")})
    if visit.form.one("kind") not in PREFIX:
        raise Invalid(visit.words._("Choose what the key may do."))
    key = new_key(kind, livemode=visit.scope.livemode)

    def act(tx: Tx) -> None:
        made = ApiKey(
            hash=hashlib.sha256(key.encode()).hexdigest(),
            id=tx.new_id("key_"),
            account=visit.scope.account,
            livemode=visit.scope.livemode,
            kind=kind,
            name=name or None,
            hint=key[-HINT:],
            created=tx.now,
        )
        api_keys.create(tx, made)
        audit.note(tx, visit, "api_key.create", made.id, detail=kind)

    await visit.write(act)
    return Page(template="key_made.html", shows={"nav": "keys", "key": key, "name": name})


async def revoke(visit: Visit) -> Answer:
    """End a key for good."""
    id = visit.ids["id"]

    def act(tx: Tx) -> None:
        scope = visit.scope
        mine = any(each.id == id for each in api_keys.of_account(tx, scope.account, livemode=scope.livemode))
        if not mine or not api_keys.revoke(tx, id, account=scope.account, now=tx.now):
            raise NotFound("No such key.")
        audit.note(tx, visit, "api_key.revoke", id)

    await visit.write(act)
    return Redirect(to="/dashboard/keys?done=revoked")


ROUTES = (
    Route(path="/dashboard/keys", get=index, post=create, writes="owner"),
    Route(path="/dashboard/keys/{id}/revoke", post=revoke, writes="owner"),
)
