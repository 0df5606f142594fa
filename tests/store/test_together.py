"""An invoice that one transaction changes several times is written once, and nobody can tell the difference."""

import pytest
from msgspec.structs import replace

from tenure.domain.documents import Change, EventDraft
from tenure.domain.events import Event
from tenure.domain.invoices import Invoice, InvoiceStatus
from tenure.store.errors import Stale
from tenure.store.store import Store
from tenure.store.tx import Tx
from tests.store.samples import NOW, customer, saving
from tests.support.stores import SCOPE

DRAFT = Invoice(id="in_1", created=NOW, customer="cus_1", currency="eur", period_start=NOW, period_end=NOW)


def changed(tx: Tx, **fields: object) -> Invoice:
    after = replace(tx.lock(Invoice, "in_1"), **fields)
    tx.save(Change(after=(after,), events=(EventDraft("invoice.updated", after),)))
    return after


async def stored(store: Store) -> tuple[Invoice, int]:
    def look(tx: Tx) -> tuple[Invoice, int]:
        doc = tx.need(Invoice, "in_1")
        return doc, tx.loaded[Invoice, "in_1"].ver

    return await store.read(SCOPE, look, now=NOW)


async def test_two_changes_are_one_row_and_two_events(store: Store) -> None:
    await store.write(SCOPE, saving(customer(), DRAFT), now=NOW)

    def act(tx: Tx) -> None:
        with tx.together():
            changed(tx, description="one")
            changed(tx, status=InvoiceStatus.OPEN)
            assert tx.need(Invoice, "in_1").description == "one"

    await store.write(SCOPE, act, now=NOW)
    doc, ver = await stored(store)
    assert (doc.description, doc.status, ver) == ("one", InvoiceStatus.OPEN, 2)
    told = await store.read(SCOPE, lambda tx: tx.page(Event).items, now=NOW)
    old = [each.data.previous_attributes for each in reversed(told)]
    assert old == [{"description": None}, {"status": "draft"}]


async def test_a_search_inside_finds_what_was_saved(store: Store) -> None:
    await store.write(SCOPE, saving(customer(), DRAFT), now=NOW)

    def act(tx: Tx) -> list[int]:
        with tx.together():
            changed(tx, status=InvoiceStatus.OPEN)
            where = [("status", "=", "open")]
            found = [len(tx.page(Invoice, where).items), tx.count(Invoice, where)]
            changed(tx, status=InvoiceStatus.PAID)
            return [*found, len(tx.page(Invoice, where).items)]

    assert await store.write(SCOPE, act, now=NOW) == [1, 1, 0]


async def test_what_a_savepoint_undoes_is_not_written_later(store: Store) -> None:
    await store.write(SCOPE, saving(customer(), DRAFT), now=NOW)

    def act(tx: Tx) -> None:
        with tx.together():
            changed(tx, description="stays")
            with pytest.raises(RuntimeError), tx.savepoint():
                changed(tx, description="undone")
                raise RuntimeError

    await store.write(SCOPE, act, now=NOW)
    assert (await stored(store))[0].description == "stays"


async def test_nothing_is_written_where_it_fails(store: Store) -> None:
    await store.write(SCOPE, saving(customer(), DRAFT), now=NOW)

    def act(tx: Tx) -> None:
        with tx.together():
            changed(tx, description="lost")
            raise Stale("invoice", "in_1")

    with pytest.raises(Exception):  # noqa: B017 - PostgreSQL tries again before it gives up
        await store.write(SCOPE, act, now=NOW)
    assert await stored(store) == (DRAFT, 1)
