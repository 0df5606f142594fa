"""The outbox and who empties it: on both databases, to a real mail server that is busy, refuses, or is not there."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from tenure.domain.customers import Customer
from tenure.domain.documents import Change, EventDraft
from tenure.domain.invoices import Invoice, InvoiceStatus
from tenure.mail.send import MailServer
from tenure.store import accounts, mails
from tenure.store.mail_schema import mails as table
from tenure.store.store import Store
from tenure.store.tx import Tx
from tenure.worker.mail import LEASE_S, WAITS_S, Mails, again_at
from tests.support.mailbox import SENDER, Mailbox
from tests.support.stores import OTHER_MODE, SCOPE

NOW = 1_793_664_000
TO = "ada@moreau.example"
_ALL = select(table).order_by(table.c.created, table.c.id)


class Outbox:
    """A store, a clock that stands, and workers that share them."""

    def __init__(self, store: Store, mailbox: Mailbox) -> None:
        self.store, self.mailbox, self.now = store, mailbox, NOW
        mailbox.received.clear()
        mailbox.answers.clear()
        self.server = MailServer(host="127.0.0.1", port=mailbox.port, sender=SENDER, security="none", timeout_s=5)

    def worker(self, *, server: bool = True, test_too: bool = True) -> Mails:
        chosen = self.server if server else None
        return Mails(self.store, clock=lambda: self.now, server=chosen, test_too=test_too, draw=lambda: 0.5)

    async def start(self, **settings: Any) -> None:
        await self.store.system_write(
            lambda tx: accounts.create(tx, id=SCOPE.account, name="Halyard", created=NOW, settings=settings)
        )
        for scope in (SCOPE, OTHER_MODE):
            ada = Customer(id="cus_1", created=NOW, email=TO)
            await self.store.write(scope, lambda tx, ada=ada: tx.save(Change(after=(ada,))), now=NOW)

    async def send(self, number: int = 1, *, scope: Any = SCOPE, spoil: bool = False) -> None:
        """An invoice that is sent."""

        def act(tx: Tx) -> None:
            for each in range(number):
                made = invoice(f"in_{each}")
                after = () if tx.get(Invoice, made.id) else (made,)
                tx.save(Change(after=after, events=(EventDraft("invoice.sent", made),)))
            if spoil:
                raise RuntimeError("spoilt")

        await self.store.write(scope, act, now=self.now)

    async def rows(self) -> list[Any]:
        return list(await self.store.system_read(lambda tx: tx.rows(_ALL)))

    async def states(self) -> list[str]:
        return [row.state for row in await self.rows()]


def invoice(id: str) -> Invoice:
    return Invoice(
        id=id,
        created=NOW,
        currency="eur",
        customer="cus_1",
        amount_remaining=2900,
        collection_method="send_invoice",
        number=f"HAL-{id}",
        period_start=NOW,
        period_end=NOW,
        status=InvoiceStatus.OPEN,
    )


@pytest.fixture
def outbox(store: Store, mailbox: Mailbox) -> Outbox:
    return Outbox(store, mailbox)


async def everything(worker: Mails) -> None:
    while await worker.poll():
        pass


async def test_a_change_that_is_undone_leaves_no_mail(outbox: Outbox):
    await outbox.start()
    with pytest.raises(RuntimeError):
        await outbox.send(spoil=True)
    assert await outbox.rows() == []
    await outbox.send()
    assert await outbox.states() == ["pending"]


async def test_a_server_that_is_away_costs_nothing_but_time(outbox: Outbox):
    await outbox.start()
    worker = outbox.worker()
    outbox.mailbox.stop()
    try:
        await outbox.send(25)
        await everything(worker)
        assert set(await outbox.states()) == {"pending"} and outbox.mailbox.received == []
        assert {row.attempt for row in await outbox.rows()} == {1}
        assert {row.next_at - outbox.now for row in await outbox.rows()} == {WAITS_S[0]}
        outbox.now += WAITS_S[0]
        await everything(worker)
        assert {row.next_at - outbox.now for row in await outbox.rows()} == {WAITS_S[1]}
    finally:
        outbox.mailbox.start()
    await everything(worker)
    assert outbox.mailbox.received == []
    outbox.now += WAITS_S[1]
    await everything(worker)
    assert set(await outbox.states()) == {"sent"}
    assert len(outbox.mailbox.received) == len({each.id for each in outbox.mailbox.received}) == 25


async def test_a_busy_server_is_asked_again_and_a_refusal_is_final(outbox: Outbox):
    await outbox.start()
    worker = outbox.worker()
    await outbox.send()
    outbox.mailbox.answers = ["451 try later"]
    await everything(worker)
    (row,) = await outbox.rows()
    assert (row.state, row.error) == ("pending", "451 try later")
    outbox.now = row.next_at
    outbox.mailbox.answers = ["550 no such user"]
    await everything(worker)
    (row,) = await outbox.rows()
    assert (row.state, row.attempt, row.error) == ("failed", 2, "550 no such user")
    outbox.now += 10 * 86400
    await everything(worker)
    assert outbox.mailbox.received == []


async def test_after_three_days_a_mail_is_given_up(outbox: Outbox):
    await outbox.start()
    worker = outbox.worker()
    await outbox.send()
    outbox.mailbox.answers = ["451 busy"] * 20
    while (row := (await outbox.rows())[0]).state == "pending":
        outbox.now = row.next_at
        await everything(worker)
    assert (row.state, row.attempt) == ("failed", len(WAITS_S) + 1)
    assert 2.5 * 86400 < outbox.now - NOW < 3.5 * 86400


def test_tries_are_spread_by_a_tenth():
    assert (again_at(2, NOW, 0.0), again_at(2, NOW, 0.5)) == (NOW + 54, NOW + 60)
    assert again_at(len(WAITS_S) + 1, NOW, 0.5) is None


async def test_what_a_dead_worker_had_is_sent_under_the_same_id_when_its_lease_is_over(outbox: Outbox):
    await outbox.start()
    await outbox.send()
    take = dict(limit=20, worker="dead", lease_until=NOW + LEASE_S, test_too=True)
    (taken,) = await outbox.store.system_write(lambda tx: mails.claim(tx, **take), now=NOW)  # type: ignore[arg-type]
    other = outbox.worker()
    other._fresh = False  # as on PostgreSQL, where other processes may be sending
    await other.reap()
    await everything(other)
    assert await outbox.states() == ["sending"]
    outbox.now += LEASE_S + 1
    await other.reap()
    await everything(other)
    assert await outbox.states() == ["sent"]
    (got,) = outbox.mailbox.received
    assert got.id == f"<{taken.id}@halyard.example>"
    # The dead one wakes up after all: what it says is not heard any more.
    assert not await outbox.store.system_write(lambda tx: mails.failed(tx, taken, "late"), now=NOW)
    assert await outbox.states() == ["sent"]


async def test_two_workers_send_each_mail_once(outbox: Outbox):
    await outbox.start()
    await outbox.send(60)
    await asyncio.gather(*(everything(outbox.worker()) for _ in range(3)))
    assert set(await outbox.states()) == {"sent"}
    assert len(outbox.mailbox.received) == len({each.id for each in outbox.mailbox.received}) == 60


async def test_without_a_server_nothing_piles_up(outbox: Outbox):
    await outbox.start()
    await outbox.send(3)
    await outbox.send(1, scope=OTHER_MODE)
    outbox.mailbox.answers = ["451 try later"]
    assert await outbox.worker(test_too=False).poll() is False  # the one of live mode waits for its next try
    await everything(outbox.worker(server=False))
    assert {(row.state, row.error) for row in await outbox.rows()} == {
        ("unsent", "no_server"),
        ("unsent", "test_mode"),
    }
    await everything(outbox.worker())
    assert outbox.mailbox.received == []


async def test_test_mode_stays_here_while_live_mode_goes_out(outbox: Outbox):
    await outbox.start()
    await outbox.send()
    await outbox.send(scope=OTHER_MODE)
    await everything(outbox.worker(test_too=False))
    rows = {bool(row.livemode): (row.state, row.error) for row in await outbox.rows()}
    assert rows == {True: ("sent", None), False: ("unsent", "test_mode")}
    (got,) = outbox.mailbox.received
    assert "test mode" not in got.text


async def test_a_mail_whose_words_fail_keeps_no_other_waiting(outbox: Outbox):
    await outbox.start()
    await outbox.send(2)
    broken = (await outbox.rows())[0].id
    spoil = table.update().where(table.c.id == broken).values(locale="xx-none")
    await outbox.store.system_write(lambda tx: tx.run(spoil))
    await everything(outbox.worker())
    assert sorted(await outbox.states()) == ["pending", "sent"]
    assert len(outbox.mailbox.received) == 1


async def test_the_merchant_s_colours_and_support_address_are_on_it(outbox: Outbox):
    await outbox.start(brand_color="#0e7c6b", support_email="help@halyard.example", business_name="Halyard <b>")
    await outbox.send()
    await everything(outbox.worker())
    (got,) = outbox.mailbox.received
    assert "#0e7c6b" in got.html and "Halyard &lt;b&gt;" in got.html and "<b>" not in got.html
    assert got.message["reply-to"] == "help@halyard.example"
    assert got.message["from"].addresses[0].display_name == "Halyard <b>"
    assert "Questions? Write to help@halyard.example." in got.text
