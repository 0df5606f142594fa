"""Accounts, API keys and users from the command line: what a new installation starts with."""

import secrets

from tenure.actions import configurations
from tenure.api.auth import key_hash
from tenure.dashboard.passwords import hash_password, weakness
from tenure.domain.documents import Scope
from tenure.domain.errors import Conflict, Invalid
from tenure.domain.ids import ALPHABET
from tenure.store import accounts, api_keys, users
from tenure.store.accounts import Account
from tenure.store.api_keys import ApiKey
from tenure.store.errors import AlreadyExists
from tenure.store.tx import SystemTx
from tenure.store.users import Membership, Role, User
from tenure.web.context import App

KEY_LETTERS = 32


async def ensure_account(app: App, *, name: str = "My business", settings: dict[str, object] | None = None) -> Account:
    """The first account; made, with its default portal configuration in both modes, where there is none."""
    known = await app.store.system_read(accounts.everyone)
    if known:
        return known[0]
    now = app.clock()
    account = await app.store.system_write(
        lambda tx: accounts.create(tx, id=tx.new_id("acct_"), name=name, created=now, settings=settings or {})
    )
    for livemode in (False, True):
        await app.store.write(Scope(account.id, livemode), configurations.add_default, now=now)
    return account


def new_key(*, livemode: bool, restricted: bool) -> str:
    """A key with 32 random letters and digits: 190 bits."""
    prefix = f"{'rk' if restricted else 'sk'}_{'live' if livemode else 'test'}_"
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(KEY_LETTERS))


async def create_key(
    app: App, account: str, *, livemode: bool, restricted: bool = False, name: str | None = None
) -> str:
    """A new API key; it is returned once and kept only as its hash."""
    key = new_key(livemode=livemode, restricted=restricted)
    now = app.clock()
    await app.store.system_write(
        lambda tx: api_keys.create(
            tx,
            ApiKey(
                hash=key_hash(key),
                id=tx.new_id("key_"),
                account=account,
                livemode=livemode,
                kind="restricted" if restricted else "secret",
                name=name,
                hint=key[-4:],
                created=now,
            ),
        )
    )
    return key


async def add_user(app: App, account: str, *, email: str, password: str, role: Role, name: str | None = None) -> User:
    """A person who may sign in to the dashboard. Raises Invalid for a weak password, Conflict for a taken address."""
    weak = weakness(password, email)
    if weak is not None:
        raise Invalid(f"This password is too {weak}: use at least 8 characters that others would not guess.")
    hashed = hash_password(password)
    now = app.clock()

    def add(tx: SystemTx) -> User:
        user = User(id=tx.new_id("usr_"), email=email.strip(), name=name, password_hash=hashed, created=now)
        made = users.create(tx, user)
        users.join(tx, Membership(user_id=made.id, account=account, role=role))
        return made

    try:
        return await app.store.system_write(add)
    except AlreadyExists:
        raise Conflict(f"There is a user with the address {email} already.") from None
