"""Signatures of webhooks: one secret serves Stripe's verifiers and those of Standard Webhooks.

    secret              whsec_ + base64 of 32 random bytes

    stripe-signature    t=1767225600,v1=<hex>[,v1=<hex>]      key: the whole secret as text    message: "t.body"
    webhook-id          evt_…                                 (the same on every attempt: drop what you have seen)
    webhook-timestamp   1767225600
    webhook-signature   v1,<base64>[ v1,<base64>]             key: what follows whsec_, decoded  message: "id.t.body"

While a secret is being rolled both are live, and every header carries one signature for each.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from tenure.domain.errors import Invalid

SECRET_PREFIX = "whsec_"
SECRET_BYTES = 32
TOLERANCE_S = 300
ROLL_OVERLAP_S = 24 * 3600


def new_secret(random: bytes) -> str:
    """Turn 32 random bytes into a signing secret."""
    if len(random) != SECRET_BYTES:
        raise ValueError(f"A signing secret takes {SECRET_BYTES} random bytes, not {len(random)}.")
    return SECRET_PREFIX + base64.b64encode(random).decode()


def sign(body: bytes, secrets: Sequence[str], *, message_id: str, at: int) -> dict[str, str]:
    """Every header that proves where `body` came from, signed with each live secret; `at` in unix seconds."""
    return {
        "stripe-signature": stripe_header(body, secrets, at=at),
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join("v1," + _standard(body, each, message_id=message_id, at=at) for each in secrets),
    }


def stripe_header(body: bytes, secrets: Sequence[str], *, at: int) -> str:
    """The value of `Stripe-Signature`: the time, then one `v1` for each live secret."""
    return ",".join([f"t={at}", *("v1=" + _stripe(body, each, at=at) for each in secrets)])


def verify(
    body: bytes, headers: Mapping[str, str], secrets: Sequence[str], *, now: int, tolerance_s: int = TOLERANCE_S
) -> None:
    """Refuse a body that no live secret signed, or that was signed too long ago or too far ahead.

    Reads Standard Webhooks headers when they are there, else `Stripe-Signature`; header names in any case.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    if "webhook-signature" in lower:
        at, given, expected = _read_standard(body, lower, secrets)
    elif "stripe-signature" in lower:
        at, given, expected = _read_stripe(body, lower["stripe-signature"], secrets)
    else:
        raise _refused("The message carries no signature.")
    if not any(hmac.compare_digest(one.encode(), other.encode()) for one in given for other in expected):
        raise _refused("No signature in the header matches the message and a signing secret.")
    if at < now - tolerance_s:
        raise _refused(f"The message was signed {now - at} seconds ago; {tolerance_s} are allowed.")
    if at > now + tolerance_s:
        raise _refused(f"The message was signed {at - now} seconds in the future; {tolerance_s} are allowed.")


def _stripe(body: bytes, secret: str, *, at: int) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def _standard(body: bytes, secret: str, *, message_id: str, at: int) -> str:
    digest = hmac.new(_decoded(secret), f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _decoded(secret: str) -> bytes:
    """The key that Standard Webhooks uses: what follows `whsec_`, decoded; its plain bytes if it is not base64."""
    text = secret.removeprefix(SECRET_PREFIX)
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return text.encode()


def _read_stripe(body: bytes, header: str, secrets: Sequence[str]) -> tuple[int, list[str], list[str]]:
    pairs = [part.strip().partition("=") for part in header.split(",")]
    at = _time(next((value for name, _, value in pairs if name == "t"), ""))
    return at, [value for name, _, value in pairs if name == "v1"], [_stripe(body, each, at=at) for each in secrets]


def _read_standard(body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> tuple[int, list[str], list[str]]:
    at = _time(headers.get("webhook-timestamp", ""))
    parts = [part.partition(",") for part in headers["webhook-signature"].split(" ")]
    given = [value for version, _, value in parts if version == "v1"]
    message_id = headers.get("webhook-id", "")
    return at, given, [_standard(body, each, message_id=message_id, at=at) for each in secrets]


def _time(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise _refused("The signature's time could not be read.")
    return int(text)


def _refused(message: str) -> Invalid:
    return Invalid(message, code="signature_verification_failed")
