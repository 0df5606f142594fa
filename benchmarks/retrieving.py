"""R: how fast is one subscription retrieved?  GET /v1/subscriptions/{id}"""

from benchmarks.bench import Bench, request, shuffled


def requests(ids: list[str], key: str) -> list[bytes]:
    return shuffled([request("GET", f"/v1/subscriptions/{id}", key=key) for id in ids])


def run(bench: Bench) -> None:
    own = requests(bench.stock.subscriptions, bench.stock.key)
    asked = {bench.tenure: own, bench.floor: own}
    if bench.localstripe is not None:
        asked[bench.localstripe] = requests(bench.localstripe_ids, "sk_test_12345")
    bench.compare("R  retrieve a subscription", asked)
