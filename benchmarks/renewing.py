"""The process that renews: what is due, as the worker does it, and how long a person's write waits meanwhile.

python -m benchmarks.renewing URL NOW [--profile FILE]     ──▶ {"seconds": …, "cpu_s": …, "waits_ms": […]}
"""

import argparse
import asyncio
import contextlib
import cProfile
import sys
import time
from pathlib import Path

import msgspec

from benchmarks import renewing_floor
from benchmarks.renewing_floor import Renewed
from benchmarks.renewing_stock import SCOPE
from tenure.actions import customers
from tenure.commands.serve import SWITCH_INTERVAL_S, configure_logging, loop_factory, settle_memory
from tenure.domain.customers import Customer
from tenure.store.due import due
from tenure.store.open import open_store
from tenure.store.store import Store
from tenure.worker.clock import Clock

ASKED_EVERY_S = 0.02
MOST_IDLE = 200


async def renew(url: str, now: int, *, asking: bool) -> Renewed:
    """Everything that is due at `now`, and what becomes due by it."""
    store = open_store(url)
    await store.start()
    try:
        clock = Clock(store, clock=lambda: now)
        waits: list[float] = []
        customer = (await store.read(SCOPE, lambda tx: tx.page(Customer, limit=1).items, now=now))[0].id
        settle_memory()
        print("ready", flush=True)
        sys.stdin.readline()
        person = asyncio.create_task(_ask(store, customer, now, waits)) if asking else None
        started, cpu_s = time.perf_counter(), time.process_time()
        for _ in range(MOST_IDLE):  # as often as others have all that is left
            while await clock.pass_time():
                pass
            if not await store.system_read(lambda tx: due(tx, now, 1)):
                break
        seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu_s
        if person is not None:
            person.cancel()
        return Renewed(seconds=seconds, cpu_s=cpu_s, waits_ms=waits)
    finally:
        await store.close()


async def _ask(store: Store, customer: str, now: int, waits: list[float]) -> None:
    """A customer's phone number changes, again and again."""
    number = 0
    while True:
        number += 1
        started = time.perf_counter()
        await store.write(
            SCOPE, lambda tx, number=number: customers.update(tx, customer, {"phone": str(number)}), now=now
        )
        waits.append(1000 * (time.perf_counter() - started))
        await asyncio.sleep(ASKED_EVERY_S)


def main() -> None:
    """Wait for a line, renew, say how it went."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("now", type=int)
    parser.add_argument("--asking", action="store_true", help="a person writes meanwhile")
    parser.add_argument("--profile", help="where to leave what cProfile found")
    parser.add_argument("--record", help="where to leave what was said to the database")
    args = parser.parse_args()
    configure_logging("warning")
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    profiler = cProfile.Profile(time.thread_time) if args.profile else None
    recording = renewing_floor.recorded(Path(args.record)) if args.record else contextlib.nullcontext()
    with recording, asyncio.Runner(loop_factory=loop_factory()) as runner:
        if profiler is not None:
            profiler.enable()
        done = runner.run(renew(args.url, args.now, asking=args.asking))
    if profiler is not None:
        profiler.disable()
        profiler.dump_stats(args.profile)
    print(msgspec.json.encode(done).decode(), flush=True)


if __name__ == "__main__":
    main()
