"""Jobs come round, are woken, and survive what goes wrong in them."""

import asyncio
import time

import pytest

from tenure.worker import jobs
from tenure.worker.jobs import Job


async def ended(job: Job, task: "asyncio.Task[None]") -> None:
    job.stop()
    await asyncio.wait_for(task, 1)


async def test_a_job_comes_round_at_its_pace_and_at_once_when_woken() -> None:
    rounds: list[float] = []

    async def once() -> bool:
        rounds.append(time.monotonic())
        return False

    job = Job("test", once, every_s=30)
    task = asyncio.create_task(job.run())
    await asyncio.sleep(0.05)
    assert len(rounds) == 1
    job.wake()
    await asyncio.sleep(0.05)
    assert len(rounds) == 2
    await ended(job, task)


async def test_a_job_with_more_to_do_goes_on_without_its_pause() -> None:
    left = 20

    async def once() -> bool:
        nonlocal left
        left -= 1
        return left > 0

    job = Job("test", once, every_s=30, busy_s=0)
    task = asyncio.create_task(job.run())
    await asyncio.sleep(0.1)
    assert left == 0
    await ended(job, task)


async def test_a_job_that_fails_waits_longer_each_time_and_recovers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "FIRST_BACKOFF_S", 0.02)
    rounds: list[float] = []

    async def once() -> bool:
        rounds.append(time.monotonic())
        if len(rounds) <= 4:
            raise ValueError("a bug")
        return False

    job = Job("test", once, every_s=30)
    task = asyncio.create_task(job.run())
    for _ in range(50):
        job.wake()  # waking does not shorten the pause of a failing job
        await asyncio.sleep(0.02)
    waits = [after - before for before, after in zip(rounds[:4], rounds[1:5], strict=True)]
    assert all(wait >= 0.95 * expected for wait, expected in zip(waits, (0.02, 0.04, 0.08, 0.16), strict=True))
    assert job.failures == 0
    await ended(job, task)


async def test_a_stop_ends_the_pause_of_a_failing_job() -> None:
    async def once() -> bool:
        raise ValueError("a bug")

    job = Job("test", once, every_s=30)
    task = asyncio.create_task(job.run())
    await asyncio.sleep(0.02)
    await ended(job, task)
    assert job.failures == 1
