"""Lanes on their own: width, slots, probing and draining, with deliveries that a test holds and lets go."""

import asyncio
from collections import defaultdict

from tenure.worker.lanes import Health, Lanes


class Post:
    """Numbered deliveries for named endpoints, which arrive when the test says so."""

    def __init__(self, *, total: int = 64) -> None:
        self.due: dict[str, list[int]] = defaultdict(list)
        self.open: dict[str, list[asyncio.Event]] = defaultdict(list)
        self.done: list[tuple[str, int]] = []
        self.held = {"slow"}
        self.health = Health()
        self.lanes = Lanes(self.claim, self.deliver, health=self.health, total=total)

    async def claim(self, endpoint: str, limit: int) -> list[tuple[str, int]]:
        taken, self.due[endpoint] = self.due[endpoint][:limit], self.due[endpoint][limit:]
        return [(endpoint, each) for each in taken]

    async def deliver(self, each: tuple[str, int]) -> None:
        endpoint = each[0]
        if endpoint.split("-")[0] in self.held:
            gate = asyncio.Event()
            self.open[endpoint].append(gate)
            await gate.wait()
            self.open[endpoint].remove(gate)
        if endpoint == "broken":
            raise ValueError("a bug")
        self.done.append(each)

    async def settle(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)


async def test_a_lane_carries_four_at_once_and_goes_on_as_each_arrives() -> None:
    post = Post()
    post.due["slow"] = list(range(10))
    post.lanes.wake("slow")
    await post.settle()
    assert len(post.open["slow"]) == post.lanes.flying == 4
    post.open["slow"][0].set()
    await post.settle()
    assert post.done == [("slow", 0)]
    assert len(post.open["slow"]) == 4
    await post.lanes.drain(0.01)


async def test_a_slow_endpoint_keeps_nobody_else_waiting() -> None:
    post = Post()
    post.due["slow"], post.due["quick"] = list(range(10)), list(range(100))
    post.lanes.wake("slow")
    post.lanes.wake("quick")
    await post.settle()
    await asyncio.sleep(0.05)
    assert [each for endpoint, each in post.done if endpoint == "quick"] == list(range(100))
    await post.lanes.drain(0.01)


async def test_after_five_failures_in_a_row_a_lane_sends_one_at_a_time() -> None:
    post = Post()
    for second in range(5):
        post.health.note("slow", ok=False, now=1000 + second)
    post.due["slow"] = list(range(10))
    post.lanes.wake("slow")
    await post.settle()
    assert len(post.open["slow"]) == 1
    post.health.note("slow", ok=True, now=1010)
    post.open["slow"][0].set()
    await post.settle()
    assert len(post.open["slow"]) == 4
    await post.lanes.drain(0.01)


async def test_all_lanes_together_stay_below_the_total_and_failing_ones_below_half_of_it() -> None:
    post = Post(total=8)
    post.held = {"slow", "bad"}
    for number in range(20):
        for second in range(5):
            post.health.note(f"bad-{number}", ok=False, now=second)
        post.due[f"bad-{number}"] = [1, 2]
        post.lanes.wake(f"bad-{number}")
    await post.settle()
    assert post.lanes.flying == 4
    for number in range(5):
        post.due[f"slow-{number}"] = [1, 2, 3, 4]
        post.lanes.wake(f"slow-{number}")
    await post.settle()
    assert post.lanes.flying == 8
    await post.lanes.drain(0.01)
    assert post.lanes.flying == 0


async def test_a_bug_in_one_delivery_stops_neither_its_lane_nor_a_slot() -> None:
    post = Post(total=2)
    post.due["broken"] = list(range(20))
    post.lanes.wake("broken")
    await post.settle()
    await asyncio.sleep(0.05)
    assert post.due["broken"] == []
    post.due["fine"] = [1]
    post.lanes.wake("fine")
    await asyncio.sleep(0.05)
    assert post.done == [("fine", 1)]
    await post.lanes.drain(0.01)


async def test_what_becomes_due_while_a_lane_is_closing_is_found() -> None:
    post = Post()
    for number in range(200):
        post.due["quick"].append(number)
        post.lanes.wake("quick")
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    assert [each for _, each in post.done] == list(range(200))
    await post.lanes.drain(0.01)


async def test_draining_lets_what_is_on_its_way_arrive_and_claims_no_more() -> None:
    post = Post()
    post.due["slow"] = list(range(10))
    post.lanes.wake("slow")
    await post.settle()
    asyncio.get_running_loop().call_later(0.02, lambda: [gate.set() for gate in list(post.open["slow"])])
    await post.lanes.drain(5)
    assert [each for _, each in post.done] == [0, 1, 2, 3]
    assert post.due["slow"] == [4, 5, 6, 7, 8, 9]


def test_health_counts_failures_of_the_last_day_only() -> None:
    health = Health()
    for at in (0, 100, 86_500):
        health.note("we_1", ok=False, now=at)
    assert health.failures("we_1", now=86_500) == 1  # those at 0 and 100 are 24 hours old
    assert health.failures("we_1", now=86_499) == 2
    assert not health.probing("we_1")
    assert health.failures("we_2", now=0) == 0
