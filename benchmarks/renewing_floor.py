"""The floor of renewals: the same statements with the same values by the raw driver, in transactions of the same size.

recorded(…)     what Tenure says to the database while it renews, statement by statement
python -m benchmarks.renewing_floor URL FILE     says it again to a copy of the same database; nothing else
"""

import contextlib
import pickle
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import msgspec
import psycopg

from tenure.store.postgres import PostgresLink
from tenure.store.sqlite import SqliteLink

Statement = tuple[str, Any]
THREADS = 2


class Renewed(msgspec.Struct, frozen=True, kw_only=True):
    """How long it took, with all threads' CPU, and the times of the writes that people made meanwhile."""

    seconds: float
    cpu_s: float
    waits_ms: list[float]


class Recorder:
    """Listens to what links say, and keeps it transaction by transaction."""

    def __init__(self) -> None:
        self.told: list[list[Statement]] = []
        self.open: dict[int, list[Statement]] = {}

    def tell(self, link: Any, text: str, params: Any = ()) -> None:
        if text.startswith("BEGIN"):
            self.open[id(link)] = []
            self.told.append(self.open[id(link)])
        if id(link) in self.open:
            many = params if isinstance(params, list) else [params]
            self.open[id(link)] += [(text, dict(each)) for each in many]

    def listening(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def said(link: Any, *args: Any) -> Any:
            self.tell(link, *args)
            return real(link, *args)

        return said

    def begun(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """PostgreSQL's link is made for one transaction, and its BEGIN is not said through it."""

        def made(link: Any, *args: Any, **kwargs: Any) -> None:
            real(link, *args, **kwargs)
            self.tell(link, "BEGIN")

        return made


@contextmanager
def recorded(file: Path) -> Iterator[None]:
    """Leave in `file` what is said to either database inside, in lists of one transaction each."""
    recorder = Recorder()
    listened = [(SqliteLink, name) for name in ("fetch", "change", "change_each", "command")]
    listened += [(PostgresLink, name) for name in ("fetch", "change", "change_each", "__init__")]
    kept = [(cls, name, getattr(cls, name)) for cls, name in listened]
    for cls, name, real in kept:
        setattr(cls, name, recorder.begun(real) if name == "__init__" else recorder.listening(real))
    try:
        yield
    finally:
        for cls, name, real in kept:
            setattr(cls, name, real)
        file.write_bytes(pickle.dumps([said for said in recorder.told if len(said) > 1]))


def again(url: str, told: list[list[Statement]]) -> Renewed:
    """Say it again, and measure."""
    started, cpu_s = time.perf_counter(), time.process_time()
    if url.startswith("sqlite"):
        _sqlite(url.removeprefix("sqlite:///"), told)
    else:
        _postgres(url, told)
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu_s
    return Renewed(seconds=seconds, cpu_s=cpu_s, waits_ms=[])


def _sqlite(path: str, told: list[list[Statement]]) -> None:
    connection = apsw.Connection(path, statementcachesize=500)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    execute = connection.execute
    for said in told:
        for text, params in said:
            execute(text, params).fetchall()
    connection.close()


def _postgres(url: str, told: list[list[Statement]]) -> None:
    """By as many connections as one worker uses."""
    waiting: queue.SimpleQueue[list[Statement]] = queue.SimpleQueue()
    for said in told:
        waiting.put(said)
    threads = [threading.Thread(target=_work, args=(url, waiting)) for _ in range(THREADS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def _work(url: str, waiting: "queue.SimpleQueue[list[Statement]]") -> None:
    with psycopg.connect(url, autocommit=True) as connection, contextlib.suppress(queue.Empty):
        while True:
            for text, params in waiting.get_nowait():
                done = connection.execute(text, params)
                if done.description is not None:
                    done.fetchall()
            connection.execute("COMMIT")


def main() -> None:
    """Wait for a line, say it all again, say how long it took."""
    told = pickle.loads(Path(sys.argv[2]).read_bytes())  # noqa: S301 - this program wrote it
    print("ready", flush=True)
    sys.stdin.readline()
    print(msgspec.json.encode(again(sys.argv[1], told)).decode(), flush=True)


if __name__ == "__main__":
    main()
