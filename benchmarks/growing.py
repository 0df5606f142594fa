"""How much slower are R and W with a million subscriptions than with ten thousand? Two servers, asked in turn."""

import random
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks import retrieving, servers, stock, updating
from benchmarks.bench import Bench

TIMES = 100


def run(bench: Bench) -> None:
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as folder:
        data = Path(folder)
        few = stock.fill(data, len(bench.stock.subscriptions))
        stock.multiply(data, TIMES)
        # Any of the million: a sample, of the copies as of the originals.
        random.seed(7)
        ids = [each + random.choice(["", *map(str, range(1, TIMES))]) for each in few.subscriptions]
        with servers.tenure(data) as large:
            large = replace(large, name=f"{TIMES * len(ids):,}")
            small = replace(bench.tenure, name=f"{len(ids):,}")
            for title, make in (("R", retrieving.requests), ("W", updating.requests)):
                asked = {small: make(bench.stock.subscriptions, bench.stock.key), large: make(ids, few.key)}
                rows = bench.compare(f"{title}  by the number of subscriptions", asked)
                ratio = rows[large.name].cpu_us / rows[small.name].cpu_us
                print(f"  {ratio:.2f} times the CPU")
