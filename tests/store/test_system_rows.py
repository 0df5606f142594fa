"""Accounts, keys, people, sign-ins, links and the rest of the rows that are no documents."""

import asyncio
from functools import partial

import msgspec
import pytest

from tenure.domain.portal import Session
from tenure.store import (
    accounts,
    api_keys,
    audit_log,
    idempotency,
    portal_sessions,
    retention_redemptions,
    saved_queries,
    user_sessions,
    users,
)
from tenure.store.errors import AlreadyExists
from tenure.store.store import Store
from tenure.store.tx import SystemTx, Tx
from tests.store.samples import NOW, saving
from tests.support.stores import OTHER_ACCOUNT, OTHER_MODE, SCOPE

YEAR_S = 365 * 86400


def _account(tx: SystemTx) -> None:
    accounts.create(tx, id="acct_test", name="Halyard", created=NOW, settings={"time_zone": "Europe/Berlin"})


async def test_an_account_keeps_its_settings(store: Store) -> None:
    await store.system_write(_account)
    account = await store.system_read(lambda tx: accounts.get(tx, "acct_test"))
    assert account is not None and account.settings == {"time_zone": "Europe/Berlin"}
    account.settings["brand_color"] = "#0e7c6b"
    await store.system_write(lambda tx: accounts.change(tx, account))
    assert await store.system_read(accounts.everyone) == [account]
    with pytest.raises(AlreadyExists):
        await store.system_write(_account)


async def test_a_key_is_found_by_its_hash_until_it_is_revoked(store: Store) -> None:
    key = api_keys.ApiKey(
        hash="h1", id="key_1", account="acct_test", livemode=False, kind="secret", name=None, hint="1234", created=NOW
    )
    await store.system_write(_account)
    await store.system_write(lambda tx: api_keys.create(tx, key))
    await store.system_write(lambda tx: api_keys.touch(tx, "h1", now=NOW + 5))
    found = await store.system_read(lambda tx: api_keys.by_hash(tx, "h1"))
    assert found is not None and (found.livemode, found.last_used_at) == (False, NOW + 5)
    assert found.livemode is False
    assert not await store.system_write(lambda tx: api_keys.revoke(tx, "key_1", account="acct_other", now=NOW))
    assert await store.system_write(lambda tx: api_keys.revoke(tx, "key_1", account="acct_test", now=NOW))
    assert await store.system_read(lambda tx: api_keys.by_hash(tx, "h1")) is None
    assert await store.system_read(lambda tx: api_keys.of_account(tx, "acct_test", livemode=True)) == []
    assert len(await store.system_read(lambda tx: api_keys.of_account(tx, "acct_test", livemode=False))) == 1


async def test_people_are_found_in_any_case_and_known_in_their_accounts(store: Store) -> None:
    person = users.User(id="usr_1", email="Ada@Example.test", name="Ada", password_hash="x", created=NOW)

    def act(tx: SystemTx) -> None:
        _account(tx)
        users.create(tx, person)
        users.join(tx, users.Membership(user_id="usr_1", account="acct_test", role="owner"))

    await store.system_write(act)
    found = await store.system_read(lambda tx: users.by_email(tx, "ADA@example.TEST"))
    assert found is not None and (found.id, found.email) == ("usr_1", "ada@example.test")
    roles = await store.system_read(lambda tx: users.accounts_of(tx, "usr_1"))
    assert [(each.account, each.role) for each in roles] == [("acct_test", "owner")]
    members = await store.system_read(lambda tx: users.members(tx, "acct_test"))
    assert [(each.id, role) for each, role in members] == [("usr_1", "owner")]
    with pytest.raises(AlreadyExists):
        await store.system_write(lambda tx: users.create(tx, person))


async def test_sign_ins_end_one_by_one_or_all_but_one(store: Store) -> None:
    person = users.User(id="usr_1", email="a@example.test", name=None, password_hash="x", created=NOW)
    await store.system_write(lambda tx: users.create(tx, person))
    for number in range(3):
        session = user_sessions.UserSession(
            hash=f"h{number}", id=f"s{number}", user_id="usr_1", created=NOW, seen_at=NOW + number
        )
        await store.system_write(partial(user_sessions.create, session=session))
    assert await store.system_write(lambda tx: user_sessions.revoke(tx, "s0", user_id="usr_1", now=NOW))
    assert not await store.system_write(lambda tx: user_sessions.revoke(tx, "s1", user_id="usr_2", now=NOW))
    assert await store.system_write(lambda tx: user_sessions.revoke_all(tx, "usr_1", now=NOW, but="s1")) == 1
    left = await store.system_read(lambda tx: user_sessions.of_user(tx, "usr_1"))
    assert [each.id for each in left] == ["s1"]
    assert await store.system_read(lambda tx: user_sessions.by_hash(tx, "h2")) is None


async def _link(store: Store) -> None:
    session = Session(id="bps_1", created=NOW, configuration="bpc_1", customer="cus_1")

    def act(tx: Tx) -> None:
        saving(session)(tx)
        portal_sessions.attach_token(tx, "bps_1", token_hash="token")

    await store.write(SCOPE, act, now=NOW)


async def test_a_link_opens_once_even_under_parallel_clicks(store: Store) -> None:
    await _link(store)

    def click(tx: SystemTx, number: int) -> bool:
        return portal_sessions.exchange(
            tx, token_hash="token", cookie_hash=f"cookie{number}", now=NOW + 1, expires_at=NOW + 1800
        )

    told = await asyncio.gather(*(store.system_write(partial(click, number=number)) for number in range(8)))
    assert sum(told) == 1
    opened = await store.system_read(lambda tx: portal_sessions.by_cookie_hash(tx, f"cookie{told.index(True)}"))
    assert opened is not None
    assert (opened.scope, opened.session.customer, opened.opened_at, opened.state) == (SCOPE, "cus_1", NOW + 1, {})


async def test_a_link_that_expired_does_not_open(store: Store) -> None:
    await _link(store)
    exchange = partial(portal_sessions.exchange, token_hash="token", cookie_hash="c", expires_at=NOW + 9000)
    assert await store.system_write(lambda tx: exchange(tx, now=NOW + 300)) is False
    assert await store.system_write(lambda tx: exchange(tx, now=NOW + 299)) is True


async def test_a_portal_sign_in_remembers_and_ends(store: Store) -> None:
    await _link(store)

    def act(tx: SystemTx) -> None:
        portal_sessions.exchange(tx, token_hash="token", cookie_hash="c", now=NOW, expires_at=NOW + 10)
        portal_sessions.remember(tx, "c", {"offer": "declined"})
        portal_sessions.touch(tx, "c", now=NOW + 5, expires_at=NOW + 20)

    await store.system_write(act)
    opened = await store.system_read(lambda tx: portal_sessions.by_cookie_hash(tx, "c"))
    assert opened is not None
    assert (opened.state, opened.seen_at, opened.expires_at) == ({"offer": "declined"}, NOW + 5, NOW + 20)
    await store.system_write(lambda tx: portal_sessions.end(tx, "c", now=NOW))
    assert await store.system_read(lambda tx: portal_sessions.by_cookie_hash(tx, "c")) is None
    assert await store.system_read(lambda tx: portal_sessions.by_token_hash(tx, "token")) is not None


async def test_a_key_has_one_answer_in_its_scope(store: Store) -> None:
    answer = {"method_path": "POST /v1/customers", "params_hash": "x", "status": 200, "body": "{}", "headers": "req_1"}
    put = partial(idempotency.put, key="k", **answer)  # type: ignore[arg-type]
    assert await store.write(SCOPE, lambda tx: (idempotency.reserve(tx, "k"), idempotency.get(tx, "k")), now=NOW) == (
        True,
        None,
    )
    await store.write(SCOPE, put, now=NOW)
    with pytest.raises(AlreadyExists) as caught:
        await store.write(SCOPE, put, now=NOW)
    assert caught.value.kind == "idempotency"
    await store.write(OTHER_MODE, put, now=NOW)
    kept = await store.read(SCOPE, lambda tx: idempotency.get(tx, "k"), now=NOW)
    assert kept == idempotency.Kept(**answer, created=NOW)  # type: ignore[arg-type]
    assert await store.read(OTHER_ACCOUNT, lambda tx: idempotency.get(tx, "k"), now=NOW) is None


async def test_an_offer_is_taken_once_in_a_year_also_by_parallel_clicks(store: Store) -> None:
    def take(tx: Tx, at: int) -> bool:
        retention_redemptions.add_redemption(tx, coupon="STAY", customer="cus_1", subscription="sub_1", accepted_at=at)
        return True

    clicks = (store.write(SCOPE, partial(take, at=NOW), now=NOW) for _ in range(10))
    told = await asyncio.gather(*clicks, return_exceptions=True)
    assert sorted(type(each).__name__ for each in told) == ["AlreadyExists"] * 9 + ["bool"]
    with pytest.raises(AlreadyExists):
        await store.write(SCOPE, partial(take, at=NOW + YEAR_S - 1), now=NOW)
    assert await store.write(OTHER_MODE, partial(take, at=NOW), now=NOW)
    assert await store.write(SCOPE, partial(take, at=NOW + YEAR_S), now=NOW)
    last = await store.read(SCOPE, lambda tx: retention_redemptions.last_accepted_at(tx, "cus_1"), now=NOW)
    assert last == NOW + YEAR_S


async def test_the_audit_log_shows_the_newest_of_its_account(store: Store) -> None:
    for number in range(3):
        entry = audit_log.Entry(account="acct_test", livemode=None, at=NOW, actor="usr_1", action=f"did.{number}")
        await store.system_write(partial(audit_log.write, entry=entry))
    latest = await store.system_read(lambda tx: audit_log.latest(tx, "acct_test", limit=2))
    assert [entry.action for entry in latest] == ["did.2", "did.1"]
    assert await store.system_read(lambda tx: audit_log.latest(tx, "acct_other")) == []


async def test_saved_queries_belong_to_their_account(store: Store) -> None:
    query = saved_queries.SavedQuery(id="qry_1", account="acct_test", name="Churn", sql="select 1", created=NOW)
    await store.system_write(lambda tx: saved_queries.create(tx, query))
    assert await store.system_read(lambda tx: saved_queries.get(tx, "qry_1", account="acct_other")) is None
    assert not await store.system_write(lambda tx: saved_queries.remove(tx, "qry_1", account="acct_other"))
    assert await store.system_read(lambda tx: saved_queries.of_account(tx, "acct_test")) == [query]
    assert await store.system_write(lambda tx: saved_queries.remove(tx, "qry_1", account="acct_test"))


async def test_an_account_is_read_as_it_was_last_changed(store: Store) -> None:
    await store.system_write(_account)

    async def name() -> str:
        account = await store.system_read(lambda tx: accounts.get(tx, "acct_test"))
        assert account is not None
        return account.name

    def rename(tx: SystemTx, to: str) -> str:
        account = accounts.get(tx, "acct_test")
        assert account is not None
        accounts.change(tx, msgspec.structs.replace(account, name=to))
        again = accounts.get(tx, "acct_test")
        assert again is not None
        return again.name

    def fail(tx: SystemTx) -> None:
        rename(tx, "Never")
        raise RuntimeError

    first = await name()
    assert await store.system_write(lambda tx: rename(tx, "Fathom"), now=NOW) == "Fathom"
    with pytest.raises(RuntimeError):
        await store.system_write(fail, now=NOW)
    assert (first != "Fathom", await name()) == (True, "Fathom")
