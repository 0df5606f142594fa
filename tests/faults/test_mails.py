"""What a crash may cost of mails: nothing, though the mail server is away and Tenure is killed.

cancel × 40 ──▶ mails written ──▶ kill -9, start, kill -9, start ──▶ each has arrived, under one Message-ID
"""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests.support.mailbox import Mailbox
from tests.support.server import Server, serving
from tests.support.wait import until

pytestmark = pytest.mark.faults

CANCELS = 40


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def mailing(
    request: pytest.FixtureRequest, mailbox: Mailbox, postgres_database: Callable[..., str]
) -> Iterator[Server]:
    env = {} if request.param == "sqlite" else {"TENURE_DATABASE": postgres_database()}
    with serving(env=env | mailbox.environment) as started:
        yield started


def subscriptions(api: Any) -> list[str]:
    """As many as are to be canceled, each of a customer with an address of its own."""
    product = api.products.create({"name": "Studio"})
    recurring = {"interval": "month"}
    price = api.prices.create({"product": product.id, "currency": "eur", "unit_amount": 2900, "recurring": recurring})
    made = []
    for number in range(CANCELS):
        customer = api.customers.create({"email": f"ada{number}@moreau.example"})
        made.append(api.subscriptions.create({"customer": customer.id, "items": [{"price": price.id}]}).id)
    return made


def test_cancels_go_on_without_a_mail_server_and_no_kill_loses_a_mail(mailing: Server, mailbox: Mailbox):
    mailbox.received.clear()
    api: Any = mailing.client().v1
    ids = subscriptions(api)
    mailbox.stop()
    for id in ids[: CANCELS // 2]:
        assert api.subscriptions.cancel(id).status == "canceled"
    mailing.kill()
    mailbox.start()
    mailing.start()
    for id in ids[CANCELS // 2 :]:
        assert api.subscriptions.cancel(id).status == "canceled"
    until(lambda: len(mailbox.received) >= CANCELS // 6, 120)
    mailing.kill()
    mailing.start()
    wanted = {f"ada{number}@moreau.example" for number in range(CANCELS)}
    until(lambda: not missing(mailing, mailbox), 120, every=0.2)
    ids_by_recipient: dict[str, set[str]] = {}
    for each in list(mailbox.received):
        ids_by_recipient.setdefault(each.recipients[0], set()).add(each.id)
    assert set(ids_by_recipient) <= wanted
    assert all(len(known) == 1 for known in ids_by_recipient.values())


def missing(mailing: Server, mailbox: Mailbox) -> set[str]:
    """Who has got nothing and will get nothing: on PostgreSQL a dead worker's lease has to run out first."""
    waiting = set()
    if url := mailing.env.get("TENURE_DATABASE"):
        with psycopg.connect(url) as connection:
            rows = connection.execute("select recipient from mails where state = 'sending'").fetchall()
        waiting = {row[0] for row in rows}
    got = {each.recipients[0] for each in list(mailbox.received)}
    return {f"ada{number}@moreau.example" for number in range(CANCELS)} - got - waiting
