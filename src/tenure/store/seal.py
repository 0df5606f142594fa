"""Secrets at rest: AES-256-GCM, bound to the row that holds them, under keys that live outside the database.

secret.key  (mode 0600, in the data directory; or TENURE_SECRET_KEY)     one key a line, the first one seals
    9f3c2a71 m0y…=      id, then 32 bytes in base64
    04be11d0 Zk1…=      older keys only open what they sealed

sealed text   s1.9f3c2a71.<base64url of nonce (12 bytes), ciphertext and tag>
associated    the id of the row, so that a sealed text moved to another row does not open
"""

import base64
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FILE_NAME = "secret.key"
VERSION = "s1"
KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID_BYTES = 4


class SealBroken(Exception):
    """The sealed text was changed, belongs to another row, or its key is not in the ring."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of one installation; `primary` seals, all of them open."""

    primary: str
    keys: dict[str, bytes] = field(repr=False)

    def seal(self, text: str, aad: str) -> str:
        """Encrypt a secret for the row whose id is `aad`."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + AESGCM(self.keys[self.primary]).encrypt(nonce, text.encode(), aad.encode())
        return f"{VERSION}.{self.primary}.{base64.urlsafe_b64encode(sealed).decode()}"

    def unseal(self, sealed: str, aad: str) -> str:
        """The secret that `seal` encrypted for the row whose id is `aad`; raises SealBroken."""
        version, _, rest = sealed.partition(".")
        key_id, _, payload = rest.partition(".")
        key = self.keys.get(key_id)
        if version != VERSION or key is None:
            raise SealBroken(f"No key opens the secret of {aad}.")
        try:
            raw = base64.b64decode(payload, altchars=b"-_", validate=True)
            return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], aad.encode()).decode()
        except (InvalidTag, ValueError) as problem:
            raise SealBroken(f"The sealed secret of {aad} does not open.") from problem

    def reseal(self, sealed: str, aad: str) -> str:
        """The same secret under the primary key, after a new key was put first in the ring."""
        return self.seal(self.unseal(sealed, aad), aad)


def open_ring(data_dir: Path, text: str | None = None) -> KeyRing:
    """The ring in `text` (an environment's value, lines or commas), else in the key file, made if absent."""
    if text:
        return read_ring(text)
    path = data_dir / FILE_NAME
    try:
        return read_ring(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return _create(path)


def read_ring(text: str) -> KeyRing:
    """The ring written as `id key` lines; raises ValueError for anything else."""
    keys: dict[str, bytes] = {}
    for line in text.replace(",", "\n").splitlines():
        if not line.strip():
            continue
        key_id, _, encoded = line.strip().partition(" ")
        try:
            key = base64.b64decode(encoded.strip(), validate=True)
        except ValueError as problem:
            raise ValueError("A secret key is not base64.") from problem
        if len(key) != KEY_BYTES or not key_id.isalnum() or key_id in keys:
            raise ValueError("Each line of the secret keys is an id, a space and 32 bytes in base64.")
        keys[key_id] = key
    if not keys:
        raise ValueError("There is no secret key.")
    return KeyRing(primary=next(iter(keys)), keys=keys)


def new_key_line() -> str:
    """A fresh key, as a line of the key file."""
    return f"{secrets.token_hex(KEY_ID_BYTES)} {base64.b64encode(os.urandom(KEY_BYTES)).decode()}\n"


def _create(path: Path) -> KeyRing:
    """Write a first key, readable by the owner only; of two processes that start at once, both use the winner's key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{FILE_NAME}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(new_key_line())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return read_ring(path.read_text(encoding="ascii"))
