"""How many subscriptions are renewed in a second, beside the same SQL by the raw driver.

python -m benchmarks renewals [--full] [--renewals 2000] [--on sqlite]

A renewal is the next period with its draft, then the invoice final and paid by card: eight events, each with a
delivery. With --full: what one costs among 10,000 and among 1,000,000 subscriptions.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from benchmarks import renewing_stock
from benchmarks.claims import database
from benchmarks.renewing_floor import Renewed

NOW = renewing_stock.DUE + 2 * 3600
FEW, TIMES = 10_000, 100
ROUNDS = 3
HEAD = ("", "renewals/s", "CPU µs each", "of the floor", "a person's write: p50, p95, slowest ms")


def main(arguments: list[str]) -> None:
    """Measure on SQLite, and on PostgreSQL from its wheel."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks renewals", description="How many renewals a second.")
    parser.add_argument("--full", action="store_true", help="also among a million subscriptions: some minutes more")
    parser.add_argument("--renewals", type=int, default=2000, help="of each run (2000)")
    parser.add_argument("--on", choices=("sqlite", "postgresql", "both"), default="both", help="which database (both)")
    args = parser.parse_args(arguments)
    print(f"{args.renewals:,} renewals, best of {ROUNDS}; load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    print("  ".join(HEAD))
    if args.on != "postgresql":
        with tempfile.TemporaryDirectory(prefix="tenure-bench-") as folder:
            _compare("SQLite", Sqlite(Path(folder)), args.renewals)
            if args.full:
                _grow(Path(folder), args.renewals)
    if args.on != "sqlite":
        with database("postgresql") as url:
            _compare("PostgreSQL", Postgres(url), args.renewals)


class Sqlite:
    """Copies of one file."""

    workers = (1,)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stock = f"sqlite:///{folder}/stock.db"

    def copy(self) -> str:
        target = self.folder / "copy.db"
        for each in self.folder.glob("copy.db*"):
            each.unlink()
        shutil.copy(self.folder / "stock.db", target)
        return f"sqlite:///{target}"


class Postgres:
    """Copies of one database."""

    workers = (1, 2)

    def __init__(self, url: str) -> None:
        self.url = url
        self._run("CREATE DATABASE stock")
        self.stock = url.replace("/postgres?", "/stock?")

    def copy(self) -> str:
        self._run("DROP DATABASE IF EXISTS copy WITH (FORCE)", "CREATE DATABASE copy TEMPLATE stock")
        return self.url.replace("/postgres?", "/copy?")

    def _run(self, *statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for each in statements:
                connection.execute(sql.SQL(each))  # type: ignore[arg-type]


def _compare(name: str, base: Sqlite | Postgres, number: int) -> None:
    renewing_stock.fill(base.stock, number, due=number)
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as folder:
        said = Path(folder) / "said"
        _run(base.copy(), "--record", str(said))
        floor = min((_floor(base.copy(), said) for _ in range(ROUNDS)), key=_seconds)
    _show(f"{name}: floor", number, [floor], floor)
    for workers in base.workers:
        best = min(
            (_run(base.copy(), workers=workers) for _ in range(ROUNDS)), key=lambda done: max(map(_seconds, done))
        )
        _show(f"{name}: {workers} worker{'s' * (workers > 1)}", number, best, floor)
    _show(f"{name}: and a person writes", number, _run(base.copy(), "--asking"), floor)


def _grow(folder: Path, due: int) -> None:
    """The same number of renewals among few subscriptions and among many."""
    for times in (1, TIMES):
        path = folder / f"of{times}.db"
        renewing_stock.fill(f"sqlite:///{path}", FEW, due=due // times)
        if times > 1:
            renewing_stock.multiply(path, times)
        _show(f"SQLite: of {FEW * times:,}", due, _run(f"sqlite:///{path}"), None)


def _seconds(done: Renewed) -> float:
    return done.seconds


def _run(url: str, *options: str, workers: int = 1) -> list[Renewed]:
    """Workers that begin at the same time; what each says."""
    return _measured([[sys.executable, "-m", "benchmarks.renewing", url, str(NOW), *options]] * workers)


def _floor(url: str, said: Path) -> Renewed:
    return _measured([[sys.executable, "-m", "benchmarks.renewing_floor", url, str(said)]])[0]


def _measured(commands: list[list[str]]) -> list[Renewed]:
    with tempfile.TemporaryFile("w+") as log, contextlib.ExitStack() as stack:
        started = [stack.enter_context(_started(each, log)) for each in commands]
        for each in started:
            each.stdout.readline()
        for each in started:
            each.stdin.write("go\n")
            each.stdin.flush()
        said = [each.stdout.readline() for each in started]
        log.seek(0)
        failures = [line for line in log if "due_failed" in line]
        if failures or not all(said):
            log.seek(0)
            raise RuntimeError(f"{len(failures)} failures.\n{log.read()[:3000]}")
        return [msgspec.json.decode(each, type=Renewed) for each in said]


@contextlib.contextmanager
def _started(command: list[str], log: Any) -> Iterator[Any]:
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log, text=True)
    try:
        yield process
        process.wait(60)
    finally:
        process.kill()
        process.wait()


def _show(name: str, number: int, done: list[Renewed], floor: Renewed | None) -> None:
    seconds, cpu_s = max(map(_seconds, done)), sum(each.cpu_s for each in done)
    cells = [f"{number / seconds:,.0f}", f"{1e6 * cpu_s / number:,.0f}"]
    if floor is not None:
        cells.append(f"{100 * floor.seconds / seconds:.0f} %")
    waits = sorted(wait for each in done for wait in each.waits_ms)
    if waits:
        cells.append(f"{waits[len(waits) // 2]:.1f}, {waits[len(waits) * 95 // 100]:.1f}, {waits[-1]:.1f}")
    print("  " + name.ljust(34) + "  ".join(cell.rjust(10) for cell in cells), flush=True)
