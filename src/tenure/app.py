"""The only file that knows every door: settings ─▶ store, clock, key ring ─▶ API, portal, invoices, dashboard, worker.

async with opened(settings) as app: serve(web(app))
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import falcon
import falcon.asgi

from tenure import api, dashboard, hosted, portal
from tenure.domain.errors import Invalid
from tenure.mail.send import InvalidAddress, MailServer, address_of
from tenure.settings import Settings, SettingsError
from tenure.store.open import open_store
from tenure.store.seal import open_ring
from tenure.web import static_files
from tenure.web.asgi import Application, Connection, Receive, Send
from tenure.web.context import App
from tenure.web.metrics import Metrics
from tenure.web.outside import Health, Outside, Root
from tenure.web.rates import Rates
from tenure.wire import versions
from tenure.worker.loop import Worker
from tenure.worker.mail import mail_jobs
from tenure.worker.warehouse import warehouse_job


def now() -> int:
    """Unix seconds."""
    return int(time.time())


def default_version(settings: Settings) -> str:
    """The API version of requests and webhook endpoints that name none. Raises SettingsError."""
    try:
        return versions.check(settings.api_version)
    except Invalid as invalid:
        raise SettingsError(f"A setting is wrong: api_version: {invalid.message}") from None


LOOPBACK = ("localhost", "127.0.0.1", "::1")


def mail_server(settings: Settings) -> MailServer | None:
    """Where mails go, or None where no host is set. Raises SettingsError."""
    if settings.smtp_host is None:
        return None
    try:
        sender = address_of(settings.mail_from or "")
    except InvalidAddress as invalid:
        raise SettingsError(f"A setting is wrong: mail_from: {invalid}") from None
    if settings.smtp_security == "none" and settings.smtp_user and settings.smtp_host not in LOOPBACK:
        raise SettingsError("A setting is wrong: smtp_security: no password is sent in the clear: use starttls or tls.")
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        user=settings.smtp_user,
        password=settings.smtp_password,
        security=settings.smtp_security,
        sender=sender,
    )


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[App]:
    """The pieces that doors share, over a migrated and started store, closed at the end."""
    server = mail_server(settings)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = open_store(settings.store_url)
    store.public_url = settings.base_url
    store.migrate()
    await store.start()
    try:
        yield App(
            store=store,
            clock=now,
            ring=open_ring(settings.data_dir, settings.secret_key),
            public_url=settings.base_url,
            data_dir=settings.data_dir,
            secure=settings.base_url.startswith("https://"),
            allow_private_webhooks=settings.allow_private_webhooks,
            api_version=default_version(settings),
            rates=Rates(settings.rate_limit),
            mail_server=server,
            mail_test_mode=settings.mail_test_mode,
        )
    finally:
        await store.close()


def web(app: App, metrics: Metrics | None = None) -> Application:
    """Every door in one ASGI app; with `metrics`, counted, and /metrics too."""
    door, site = api.door(app), pages(app, metrics)

    async def doors(connection: Connection, receive: Receive, send: Send) -> None:
        under_v1 = connection["type"] == "http" and connection["path"].startswith("/v1")
        await (door if under_v1 else site)(connection, receive, send)

    return metrics.around(doors) if metrics is not None else doors


def pages(app: App, metrics: Metrics | None = None) -> "falcon.asgi.App":  # type: ignore[type-arg]
    """The routes of everything but the API."""
    site = falcon.asgi.App()
    outside = Outside(https=app.secure)
    site.add_error_handler(falcon.HTTPError, outside.refused)
    site.add_error_handler(Exception, outside.failed)
    static_files.routes(site)
    portal.add_routes(site, app)
    hosted.add_routes(site, app)
    dashboard.add_routes(site, app)
    site.add_route("/healthz", Health(outside))
    site.add_route("/", Root(outside))
    if metrics is not None:
        site.add_route("/metrics", metrics)
    return site


def worker(app: App) -> Worker:
    """The background jobs over the same store."""
    return Worker(
        app.store,
        clock=app.clock,
        ring=app.ring,
        allow_private=app.allow_private_webhooks,
        api_version=app.api_version,
        jobs=(warehouse_job(app.store, app.clock, app.data_dir), *mail_jobs(app)),
    )
