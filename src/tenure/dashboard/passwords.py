"""Proof of who a person is: argon2id passwords, authenticator codes, recovery codes.

argon2id m = 19 MiB, t = 2, p = 1 (OWASP's minimum), never more than two at a time:
a crowd at the sign-in page waits in line and the portal stays quick.
"""

import asyncio
import hashlib
import json
import secrets
from dataclasses import dataclass

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH, ADVISED_LENGTH, MAX_LENGTH = 8, 15, 256
RECOVERY_CODES = 10
STEP_S = 30
SLOTS = 2
HASHER = PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)
# Verified when the address is unknown, so that its answer takes as long.
NOBODYS_HASH = HASHER.hash(secrets.token_urlsafe(16))
_slots = asyncio.Semaphore(SLOTS)


@dataclass(frozen=True)
class Factor:
    """A second factor: the authenticator's secret, hashes of unused recovery codes, the last step that was used."""

    secret: str
    recovery: tuple[str, ...] = ()
    used_step: int = 0

    def dump(self) -> str:
        """As it is sealed."""
        return json.dumps({"secret": self.secret, "recovery": list(self.recovery), "used_step": self.used_step})


def load_factor(text: str) -> Factor:
    """The second factor from what was sealed; a bare secret has no recovery codes."""
    if not text.startswith("{"):
        return Factor(secret=text)
    tree = json.loads(text)
    return Factor(secret=tree["secret"], recovery=tuple(tree["recovery"]), used_step=tree["used_step"])


def hash_password(password: str) -> str:
    """What is stored of a password."""
    return HASHER.hash(password)


def _matches(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


async def verify(stored: str | None, password: str) -> bool:
    """Whether the password is the stored one; None takes as long and is always false."""
    async with _slots:
        matches = await asyncio.to_thread(_matches, stored or NOBODYS_HASH, password[:MAX_LENGTH])
    return matches and stored is not None


async def hashed(password: str) -> str:
    """The hash of a new password, in a slot of its own."""
    async with _slots:
        return await asyncio.to_thread(hash_password, password)


def weakness(password: str, email: str) -> str | None:
    """Why a password will not do: "short", "long" or "common"; None when it will."""
    if len(password) < MIN_LENGTH:
        return "short"
    if len(password) > MAX_LENGTH:
        return "long"
    simple = password.lower().strip()
    too_plain = len(set(simple)) < 4 or simple in COMMON or simple in (email.lower(), email.split("@")[0].lower())
    return "common" if too_plain else None


COMMON = frozenset(
    "password password1 password123 passw0rd 12345678 123456789 1234567890 qwertyui qwertyuiop qwerty123 11111111 "
    "iloveyou sunshine princess football baseball welcome1 welcome123 letmein1 letmein123 admin123 administrator "
    "changeme changeme1 superman trustno1 abcd1234 abc12345 1q2w3e4r 1qaz2wsx zaq12wsx q1w2e3r4 dragon123 monkey123 "
    "michelle jennifer starwars computer whatever internet mustang1 master123 hello123 secret123 tenure123".split()
)


def new_secret() -> str:
    """A fresh authenticator secret, 160 bits in base32."""
    return pyotp.random_base32()


def address(secret: str, email: str) -> str:
    """The otpauth address that authenticator apps read."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="Tenure")


def step_of(secret: str, code: str, now: int) -> int | None:
    """The 30-second step whose code this is, the last, this or the next; None when it is none of them."""
    digits = "".join(code.split())
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        return None
    one_time = pyotp.TOTP(secret)
    for step in (now // STEP_S - 1, now // STEP_S, now // STEP_S + 1):
        if secrets.compare_digest(one_time.generate_otp(step), digits):
            return step
    return None


def new_recovery_codes() -> list[str]:
    """Ten codes of 50 random bits, each good for one sign-in."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return [
        "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(2)) for _ in range(RECOVERY_CODES)
    ]


def recovery_hash(code: str) -> str:
    """What is stored of a recovery code."""
    return hashlib.sha256("".join(code.lower().replace("-", "").split()).encode()).hexdigest()


def use(factor: Factor, code: str, now: int) -> Factor | None:
    """The factor after this code was used, or None when the code is wrong or was used before."""
    step = step_of(factor.secret, code, now)
    if step is not None:
        return Factor(factor.secret, factor.recovery, step) if step > factor.used_step else None
    hashed_code = recovery_hash(code)
    if hashed_code in factor.recovery:
        return Factor(factor.secret, tuple(each for each in factor.recovery if each != hashed_code), factor.used_step)
    return None
