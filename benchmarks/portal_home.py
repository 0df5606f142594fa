"""P: how fast is the portal's home page, compressed as browsers ask for it?  GET /p/"""

from benchmarks.bench import Bench, request


def run(bench: Bench) -> None:
    own = [
        request("GET", "/p/", headers={"Cookie": f"tenure_portal={cookie}", "Accept-Encoding": "gzip, br"})
        for cookie in bench.stock.cookies
    ]
    bench.compare("P  the portal's home page", {bench.tenure: own, bench.floor: own})
