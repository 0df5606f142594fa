"""`tenure serve` and `tenure worker`: the web server and the background jobs, in one process by default."""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Callable

import structlog
import uvicorn

from tenure import app as assembly
from tenure.settings import Settings
from tenure.web.context import App
from tenure.web.metrics import Metrics

SWITCH_INTERVAL_S = 0.0005
# New objects between two collections of the young: a list of a hundred subscriptions makes thousands that live.
YOUNG, MIDDLE, OLD = 10_000, 20, 20


def configure_logging(level: str) -> None:
    """One line of JSON per event on standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """The fastest event loop that this platform has."""
    found: Callable[[], asyncio.AbstractEventLoop] | None = uvicorn.Config(lambda: None).get_loop_factory()
    return found or asyncio.new_event_loop


def server(app: App, settings: Settings, metrics: Metrics | None = None) -> uvicorn.Server:
    """The web server, not started yet; it neither logs requests nor tells its name."""
    config = uvicorn.Config(
        assembly.web(app, metrics),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        lifespan="off",
        timeout_graceful_shutdown=10,
    )
    return uvicorn.Server(config)


def settle_memory() -> None:
    """What start-up made stays for good: the garbage collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)


async def run(app: App, settings: Settings) -> None:
    """Serve until a signal asks to end; then finish what is under way."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    settle_memory()
    metrics = Metrics() if settings.metrics else None
    web = server(app, settings, metrics)
    watching = asyncio.create_task(metrics.watch_loop()) if metrics is not None else None
    worker = assembly.worker(app) if settings.workers else None
    jobs = asyncio.create_task(worker.run()) if worker is not None else None
    try:
        await web.serve()
    finally:
        if watching is not None:
            watching.cancel()
        if worker is not None and jobs is not None:
            worker.stop()
            await jobs


async def work(app: App) -> None:
    """Only the background jobs, for a process beside others on PostgreSQL; a signal lets what is under way arrive."""
    worker = assembly.worker(app)
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, worker.stop)
    await worker.run()
