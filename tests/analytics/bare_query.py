"""Runs SQL in the locked process without the guard: what the layers below it hold is tested by this."""

import sys

import duckdb
import msgspec

from tenure.analytics import query_process
from tenure.analytics.query_process import Order

if __name__ == "__main__":
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    landlock = query_process.lock(order)
    database = query_process.connect(order, landlock, tables=["customers"])
    try:
        print(database.execute(order.sql).fetchall())
    except (duckdb.Error, MemoryError) as error:
        print("refused:", str(error).split("\n")[0])
