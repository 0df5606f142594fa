"""Keeps the SQL warehouse fresh: every 15 s each account's changes in both modes are copied to its Parquet files.

accounts ──▶ for each, live and test: probe eight indexes; copy what changed
"""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from tenure.analytics.warehouse import warehouse_of
from tenure.domain.documents import Scope
from tenure.store.schema import accounts
from tenure.store.store import Store
from tenure.worker.jobs import Job

EVERY_S = 15
IDLE_MS = 5 * 60_000
_ACCOUNTS = select(accounts.c.id).order_by(accounts.c.id)


def warehouse_job(store: Store, clock: Callable[[], int], data_dir: Path) -> Job:
    """The job for the worker's list; the files are in `data_dir`/warehouse."""
    warehouse = warehouse_of(store, data_dir)

    async def refresh() -> bool:
        for account in await store.system_read(lambda tx: tx.rows(_ACCOUNTS)):
            for livemode in (False, True):
                await warehouse.refresh(Scope(account.id, livemode), now_ms=clock() * 1000, idle_ms=IDLE_MS)
        return False

    return Job("warehouse", refresh, every_s=EVERY_S)
