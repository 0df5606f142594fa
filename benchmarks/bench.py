"""What every question is asked with: the servers over their stock, rounds in turn, and a table of the answers.

with bench(data, …) as b:  b.compare("Retrieve a subscription", {server: requests, …})
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.load import Result
from benchmarks.servers import Server
from benchmarks.stock import Stock

CONNECTIONS = 16
HEAD = ("", "requests/s", "CPU µs", "of the floor", "p50 ms", "p99 ms", "answer kB")


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Running servers and how long to ask them; localstripe only where it is installed."""

    tenure: Server
    floor: Server
    stock: Stock
    localstripe: Server | None
    localstripe_ids: list[str]
    seconds: float
    rounds: int

    def compare(self, title: str, asked: Mapping[Server, list[bytes]]) -> dict[str, "Row"]:
        """Ask the servers in turn, some rounds, so that what else the machine does meets them all; print the table."""
        found: dict[Server, list[Result]] = {server: [] for server in asked}
        for _ in range(self.rounds):
            for server, requests in asked.items():
                found[server].append(server.ask(requests, seconds=self.seconds, connections=CONNECTIONS))
        rows = {server.name: Row.of(results) for server, results in found.items()}
        show(title, rows)
        return rows


@dataclass(frozen=True)
class Row:
    """One server's answers in the round that cost the least CPU: what else the machine does only ever adds to it."""

    per_second: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    kilobytes: float

    @classmethod
    def of(cls, results: list[Result]) -> "Row":
        failures = sum(each.failures for each in results)
        if failures:
            raise RuntimeError(f"{failures} requests were not answered with 200.")
        answered = [each for each in results if each.answers]
        if not answered:
            raise RuntimeError("No request was answered in any round: make the rounds longer.")
        best = min(answered, key=lambda each: each.cpu_s / each.answers)
        times_ms = sorted(1000 * each for each in best.times_s)
        return cls(
            per_second=best.answers / best.seconds,
            cpu_us=1e6 * best.cpu_s / best.answers,
            p50_ms=times_ms[len(times_ms) // 2],
            p99_ms=times_ms[len(times_ms) * 99 // 100],
            kilobytes=best.size / 1000,
        )


def show(title: str, rows: Mapping[str, Row]) -> None:
    """The table; "of the floor" is the bare server's CPU divided by this one's."""
    floor = rows.get("floor")
    lines = [HEAD]
    for name, row in rows.items():
        share = f"{100 * floor.cpu_us / row.cpu_us:.0f} %" if floor else ""
        cells = (f"{row.per_second:,.0f}", f"{row.cpu_us:,.0f}", share, f"{row.p50_ms:.1f}", f"{row.p99_ms:.1f}")
        lines.append((name, *cells, f"{row.kilobytes:.1f}"))
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    print(f"\n{title}")
    for line in lines:
        first, *others = (text.rjust(width) for text, width in zip(line, widths, strict=True))
        print("  " + "  ".join((line[0].ljust(widths[0]), *others)), flush=True)


def shuffled(requests: list[bytes]) -> list[bytes]:
    """The same order on every server, and no neighbours one after the other."""
    random.Random(7).shuffle(requests)
    return requests


def request(
    method: str, path: str, *, key: str = "", body: str = "", headers: Mapping[str, str] | None = None
) -> bytes:
    """One HTTP request, ready to be sent."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: */*", "User-Agent: benchmarks"]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    if body:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
