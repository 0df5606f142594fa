"""What belongs to another account or mode does not exist, in the same words as what never was."""

from dataclasses import dataclass

import pytest
import stripe

from tenure.actions import customers
from tenure.domain.documents import Scope
from tenure.store import accounts, users
from tenure.store.open import open_store
from tenure.store.users import Membership
from tests.dashboard.visitor import Visitor, signed_in
from tests.support.server import Server


@dataclass
class Made:
    """One object of each kind, in test mode of the first account."""

    paths: list[str]
    posts: list[str]


@pytest.fixture(scope="module")
def made(server: Server, client: stripe.StripeClient) -> Made:
    product = client.v1.products.create({"name": "Isolated"})
    recurring = {"interval": "month"}
    price = client.v1.prices.create(
        {"product": product.id, "currency": "eur", "unit_amount": 900, "recurring": recurring}
    )
    customer = client.v1.customers.create({"name": "Only Mine", "email": "mine@example.com"})
    coupon = client.v1.coupons.create({"percent_off": 10, "duration": "once"})
    sub = client.v1.subscriptions.create({"customer": customer.id, "items": [{"price": price.id}]})
    event = client.v1.events.list({"limit": 1}).data[0]
    ids = {
        "subscriptions": sub.id,
        "customers": customer.id,
        "products": product.id,
        "coupons": coupon.id,
        "events": event.id,
    }
    return Made(
        paths=[f"/{noun}/{id}" for noun, id in ids.items()] + [f"/subscriptions/{sub.id}/cancel"],
        posts=[
            f"/subscriptions/{sub.id}/cancel",
            f"/subscriptions/{sub.id}/undo",
            f"/subscriptions/{sub.id}/collection",
            f"/customers/{customer.id}/portal-link",
            f"/products/{product.id}",
            f"/prices/{price.id}",
            f"/coupons/{coupon.id}/delete",
            f"/events/{event.id}/resend",
        ],
    )


def _check_hidden(visitor: Visitor, made: Made) -> None:
    never = visitor.get("/customers/cus_never")
    assert never.status_code == 404
    for path in made.paths:
        answer = visitor.get(path)
        assert answer.status_code == 404, path
        assert answer.text == never.text
    for path in made.posts:
        assert visitor.post(path, mode="immediately", active="false").status_code == 404, path
    assert "Only Mine" not in visitor.shown("/customers")
    assert "Only Mine" not in visitor.get("/customers.csv").text
    assert "Only Mine" not in visitor.get("/search?q=Mine").text


def test_the_owner_sees_them(server: Server, made: Made):
    visitor = signed_in(server)
    for path in made.paths:
        assert visitor.get(path).status_code == 200, path
    assert "Only Mine" in visitor.shown("/customers")


def test_test_mode_does_not_exist_in_live_mode(server: Server, made: Made):
    visitor = signed_in(server)
    visitor.post("/mode", mode="live")
    _check_hidden(visitor, made)


def test_an_account_does_not_exist_for_another(server: Server, made: Made, run):
    user = server.user()
    run(_move_to_other_account(server, user.email))
    visitor = Visitor(server)
    assert visitor.sign_in(user).status_code == 303
    assert "Other Merchant" in visitor.shown("")
    assert "Somebody Else" in visitor.shown("/customers")
    _check_hidden(visitor, made)


async def _move_to_other_account(server: Server, email: str) -> None:
    """A second account with one customer, and the person as its owner beside the first one."""
    store = open_store(f"sqlite:///{server.data / 'tenure.db'}")
    await store.start()
    try:
        await store.system_write(lambda tx: _other(tx, email), now=1_700_000_000)
        scope = Scope("acct_0other", False)
        await store.write(scope, lambda tx: customers.create(tx, {"name": "Somebody Else"}), now=1_700_000_000)
    finally:
        await store.close()


def _other(tx: users.SystemTx, email: str) -> None:
    accounts.create(tx, id="acct_0other", name="Other Merchant", created=2_000_000_000)
    found = users.by_email(tx, email)
    assert found is not None
    for member in users.accounts_of(tx, found.id):
        tx.link.change(
            "delete from memberships where user_id = :user and account = :account",
            {"user": found.id, "account": member.account},
        )
    users.join(tx, Membership(user_id=found.id, account="acct_0other", role="owner"))


def test_a_person_of_two_accounts_changes_between_them(server: Server, made: Made, run):
    user = server.user(role="viewer")
    run(_join_other_account(server, user.email))
    visitor = Visitor(server)
    visitor.sign_in(user)
    assert visitor.post("/account", account="acct_0other").status_code == 303
    page = visitor.shown("/customers")
    assert "Somebody Else" in page
    assert "Only Mine" not in page
    assert "/coupons/new" in visitor.shown("/coupons")  # an owner there, a viewer in the first
    mine = next(each for each in page.split('<option value="')[1:] if not each.startswith("acct_0other")).split('"')[0]
    assert visitor.post("/account", account=mine).status_code == 303
    assert "Only Mine" in visitor.shown("/customers")
    assert "/coupons/new" not in visitor.shown("/coupons")


async def _join_other_account(server: Server, email: str) -> None:
    store = open_store(f"sqlite:///{server.data / 'tenure.db'}")
    await store.start()
    try:
        await store.system_write(lambda tx: _join(tx, email), now=1_700_000_000)
    finally:
        await store.close()


def _join(tx: users.SystemTx, email: str) -> None:
    found = users.by_email(tx, email)
    assert found is not None
    users.join(tx, Membership(user_id=found.id, account="acct_0other", role="owner"))
