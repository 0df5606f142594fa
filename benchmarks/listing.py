"""L: how fast are a hundred subscriptions listed?  GET /v1/subscriptions?limit=100"""

from benchmarks.bench import Bench, request


def run(bench: Bench) -> None:
    own = [request("GET", "/v1/subscriptions?limit=100", key=bench.stock.key)]
    asked = {bench.tenure: own, bench.floor: own}
    if bench.localstripe is not None:
        asked[bench.localstripe] = [request("GET", "/v1/subscriptions?limit=100", key="sk_test_12345")]
    bench.compare("L  list a hundred subscriptions", asked)
