"""`make bench`: fills the servers, asks every question, prints the tables; `--full` adds the one about a million.

python -m benchmarks [R] [W] [L] [P] [--full] [--seconds 0.8] [--rounds 7] [--objects 10000]
python -m benchmarks renewals [--full] [--renewals 2000] [--on sqlite]
"""

import argparse
import contextlib
import os
import platform
import sys
import tempfile
from pathlib import Path

from benchmarks import growing, listing, portal_home, renewals, retrieving, servers, stock, updating
from benchmarks.bench import CONNECTIONS, Bench

QUESTIONS = {"R": retrieving.run, "W": updating.run, "L": listing.run, "P": portal_home.run}


def main() -> None:
    """Ask what was asked for."""
    if sys.argv[1:2] == ["renewals"]:
        renewals.main(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast Tenure is.")
    parser.add_argument("questions", nargs="*", default=list(QUESTIONS), help="R, W, L, P; all when left out")
    parser.add_argument("--full", action="store_true", help="also a million subscriptions: some minutes more")
    parser.add_argument("--objects", type=int, default=10_000, help="stored subscriptions (10000)")
    parser.add_argument("--seconds", type=float, default=0.8, help="of each round (0.8)")
    parser.add_argument("--rounds", type=int, default=7, help="of each server and question (7)")
    args = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{args.objects:,} subscriptions, {CONNECTIONS} connections, {args.rounds} rounds of {args.seconds} s")
    with contextlib.ExitStack() as stack:
        bench = prepare(stack, args)
        for name in args.questions:
            QUESTIONS[name](bench)
        if args.full:
            growing.run(bench)


def prepare(stack: contextlib.ExitStack, args: argparse.Namespace) -> Bench:
    """Fill and start the servers; they end with the stack."""
    data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tenure-bench-")))
    filled = stock.fill(data, args.objects)
    stock.copy_for_floor(data, data / "floor.db")
    script = os.environ.get("LOCALSTRIPE")
    other, ids = None, []
    if script:
        other, ids = stack.enter_context(servers.localstripe(Path(script), args.objects))
    return Bench(
        tenure=stack.enter_context(servers.tenure(data)),
        floor=stack.enter_context(servers.floor(data / "floor.db")),
        stock=filled,
        localstripe=other,
        localstripe_ids=ids,
        seconds=args.seconds,
        rounds=args.rounds,
    )


if __name__ == "__main__":
    main()
