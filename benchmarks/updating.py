"""W: how fast is a subscription set to end, with a reason?  POST /v1/subscriptions/{id}

Each answer is given after its transaction is on the disk. localstripe knows no reasons: it is only asked to end it.
"""

from benchmarks.bench import Bench, request, shuffled

FEEDBACK = ("too_expensive", "unused")


def requests(ids: list[str], key: str) -> list[bytes]:
    """Every subscription with one reason, then with another: each request changes something."""
    found = []
    for feedback in FEEDBACK:
        body = f"cancel_at_period_end=true&cancellation_details[feedback]={feedback}"
        found += shuffled([request("POST", f"/v1/subscriptions/{id}", key=key, body=body) for id in ids])
    return found


def run(bench: Bench) -> None:
    own = requests(bench.stock.subscriptions, bench.stock.key)
    asked = {bench.tenure: own, bench.floor: own}
    if bench.localstripe is not None:
        body, key = "cancel_at_period_end=true", "sk_test_12345"
        asked[bench.localstripe] = [
            request("POST", f"/v1/subscriptions/{id}", key=key, body=body) for id in bench.localstripe_ids
        ]
    bench.compare("W  set a subscription to end, with a reason", asked)
