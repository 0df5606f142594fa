"""The process that asks: a few keep-alive connections, each sending its next request when the last was answered.

    Job on standard input ──▶ warm up ──▶ measure ──▶ Result on standard output

The CPU is that of the server's process, all its threads, from /proc, taken at both ends of the measured time.
"""

import asyncio
import itertools
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
END_OF_HEAD = b"\r\n\r\n"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask whom, and for how long; `pid` is the server's."""

    port: int
    pid: int
    requests: list[bytes]
    connections: int
    warm_up_s: float
    seconds: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came back in the measured time; `failures` counts answers other than 200."""

    answers: int
    failures: int
    seconds: float
    cpu_s: float
    size: int
    times_s: list[float]


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


class Asker(asyncio.Protocol):
    """One connection; it keeps asking until `stop`."""

    def __init__(self, requests: Iterator[bytes], seen: "Seen") -> None:
        self.requests, self.seen = requests, seen
        self.buffer = b""
        self.length = -1
        self.sent_at = 0.0
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        self.sent_at = time.perf_counter()
        self.transport.write(next(self.requests))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.length < 0:
            head, found, _ = self.buffer.partition(END_OF_HEAD)
            if not found:
                return
            self.length = len(head) + 4 + _content_length(head)
        if len(self.buffer) < self.length:
            return
        self.seen.note(time.perf_counter() - self.sent_at, self.buffer)
        self.buffer, self.length = b"", -1
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        self.seen.lost = True


class Seen:
    """What all connections have got."""

    def __init__(self) -> None:
        self.times_s: list[float] = []
        self.failures = 0
        self.size = 0
        self.lost = False

    def note(self, took_s: float, answer: bytes) -> None:
        self.times_s.append(took_s)
        self.size = len(answer)
        if answer[9:12] != b"200":
            if not self.failures:
                sys.stderr.write(answer[:600].decode(errors="replace") + "\n")
            self.failures += 1


def _content_length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(b"content-length:")
    if at < 0:
        raise ValueError(f"An answer has no length: {head!r}")
    return int(lower[at + 15 :].split(b"\r\n", 1)[0])


async def _stay_awake() -> None:
    """Never sleep: waking a process costs the one that wakes it, and only the slower server would have to pay."""
    while True:
        await asyncio.sleep(0)


async def measure(job: Job) -> Result:
    """Ask for the time of the job."""
    loop = asyncio.get_running_loop()
    seen = Seen()
    requests = itertools.cycle(job.requests)
    askers = [
        (await loop.create_connection(lambda: Asker(requests, seen), "127.0.0.1", job.port))[0]
        for _ in range(job.connections)
    ]
    awake = loop.create_task(_stay_awake())
    await asyncio.sleep(job.warm_up_s)
    seen.times_s.clear()
    cpu_s, started = cpu_of(job.pid), time.perf_counter()
    await asyncio.sleep(job.seconds)
    times_s, seconds, cpu_s = list(seen.times_s), time.perf_counter() - started, cpu_of(job.pid) - cpu_s
    awake.cancel()
    if seen.lost:
        raise ConnectionError("The server closed a connection.")
    for transport in askers:
        transport.abort()
    return Result(
        answers=len(times_s), failures=seen.failures, seconds=seconds, cpu_s=cpu_s, size=seen.size, times_s=times_s
    )


def main() -> None:
    """Read the job, do it, say what came back."""
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
    with asyncio.Runner(loop_factory=uvicorn.Config(lambda: None).get_loop_factory()) as runner:
        sys.stdout.buffer.write(msgspec.msgpack.encode(runner.run(measure(job))))


if __name__ == "__main__":
    main()
