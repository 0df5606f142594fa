"""Who calls: an API key names the account and the mode; a restricted key only reads.

Authorization: Bearer sk_test_…      or Basic with the key as the user name
"""

import base64
import hashlib

import msgspec

from tenure.domain.documents import Scope
from tenure.domain.errors import Forbidden, Unauthenticated
from tenure.store import api_keys
from tenure.store.tx import SystemTx

PREFIXES = ("sk_test_", "sk_live_", "rk_test_", "rk_live_")


class Caller(msgspec.Struct, frozen=True):
    """An API key that was found: whose it is, and whether it may write."""

    scope: Scope
    key_id: str
    restricted: bool
    key: str

    @property
    def hint(self) -> str:
        """The key as messages may show it."""
        return masked(self.key)


def key_hash(key: str) -> str:
    """What is kept of a key: it holds over 140 random bits, so a plain digest is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


def read_key(header: str | None) -> str:
    """The API key of an Authorization header. Raises Unauthenticated."""
    if not header:
        raise Unauthenticated(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except ValueError:
            raise Unauthenticated("The Basic credentials are not valid base64 of UTF-8 text.") from None
    raise Unauthenticated(f"Unknown authorization scheme '{scheme[:20]}'. Use Bearer or Basic.")


def masked(key: str) -> str:
    """A key as messages may show it: prefix and last four characters."""
    prefix = next((p for p in PREFIXES if key.startswith(p)), "")
    return f"{prefix}{'*' * 8}{key[-4:]}" if len(key) > len(prefix) + 8 else f"{prefix}********"


def admit(tx: SystemTx, key: str, account: str | None) -> Caller:
    """The caller that a key belongs to, if it acts for the named account. Raises Unauthenticated, Forbidden."""
    caller = identify(tx, key)
    check_account(caller, account)
    return caller


def identify(tx: SystemTx, key: str) -> Caller:
    """The caller that a key belongs to. Raises Unauthenticated."""
    found = api_keys.holder(tx, key_hash(key)) if key.startswith(PREFIXES) else None
    if found is None:
        raise Unauthenticated(f"Invalid API Key provided: {masked(key)}")
    return Caller(Scope(found.account, found.livemode), found.id, found.kind == "restricted", key)


def check_account(caller: Caller, account: str | None) -> None:
    """Refuse a Stripe-Account header that names an account the key does not act for. Raises Forbidden."""
    if account is not None and account != caller.scope.account:
        raise Forbidden(
            f"The provided key '{caller.hint}' does not have access to account '{account[:60]}' (or that account does "
            "not exist). Application access may have been revoked.",
            code="account_invalid",
        )


def check_write(caller: Caller) -> None:
    """Refuse writing with a restricted key. Raises Forbidden."""
    if caller.restricted:
        raise Forbidden(
            f"The provided key '{caller.hint}' does not have the required permissions for this endpoint: restricted "
            "keys only read."
        )
