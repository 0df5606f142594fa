"""`tenure demo`: the server with the sample merchant Halyard, and one screen that says how to begin.

first run   makes the data, a key, a sign-in and a webhook endpoint; their secrets go to DIR/demo.json
later runs  find them again; only the portal link is new each time
"""

import asyncio
import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from rich.console import Console

from tenure.actions import portal_sessions, webhook_endpoints
from tenure.commands import accounts, serve
from tenure.commands.sample import SETTINGS as HALYARD
from tenure.commands.sample import Seeder
from tenure.domain.documents import Scope
from tenure.domain.errors import Refused
from tenure.domain.signatures import new_secret, verify
from tenure.settings import Settings
from tenure.web.context import App

SETTINGS: dict[str, Any] = {"allow_private_webhooks": True, "log_level": "warning", "rate_limit": 0}
EMAIL = "owner@halyard.example"
ADA = "Ada Moreau"


class Facts(msgspec.Struct, kw_only=True):
    """What a newcomer needs to know, also written as JSON."""

    api_base: str = ""
    api_key: str
    webhook_secret: str
    dashboard_url: str = ""
    dashboard_email: str
    dashboard_password: str
    portal_url: str = ""
    customers: dict[str, str]
    subscriptions: dict[str, str]
    data_dir: str = ""
    account: str
    endpoint: str


async def run(app: App, settings: Settings, *, json_file: Path | None, quiet: bool) -> None:
    """Seed where nothing is there yet, then serve until a signal."""
    console = Console(quiet=quiet, highlight=False, soft_wrap=True)
    facts = await _facts(app, settings, console)
    inbox = socket.create_server(("127.0.0.1", 0))
    await _point_endpoint(app, facts, f"http://127.0.0.1:{inbox.getsockname()[1]}/webhooks")
    facts.portal_url = await _portal_link(app, settings, facts)
    facts.api_base, facts.dashboard_url = settings.base_url, f"{settings.base_url}/dashboard"
    facts.data_dir = str(settings.data_dir.resolve())
    receiver = uvicorn.Server(
        uvicorn.Config(_receiver(facts.webhook_secret, console, app.clock), log_level="critical", lifespan="off")
    )
    listening = asyncio.create_task(receiver.serve(sockets=[inbox]))
    serving = asyncio.create_task(_until_served(app, settings, facts, console, json_file))
    try:
        await serve.run(app, settings)
    finally:
        serving.cancel()
        receiver.should_exit = True
        await listening


async def _until_served(app: App, settings: Settings, facts: Facts, console: Console, json_file: Path | None) -> None:
    """Tell how to begin once the port answers."""
    while True:
        try:
            _, writer = await asyncio.open_connection(settings.host, settings.port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        break
    if json_file is not None:
        _write_private(json_file, msgspec.json.format(msgspec.json.encode(facts), indent=2))
    console.rule("Tenure demo: Halyard")
    console.print(_screen(facts))
    console.rule()


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    beside.replace(path)


async def _facts(app: App, settings: Settings, console: Console) -> Facts:
    path = settings.data_dir / "demo.json"
    if path.is_file():
        return msgspec.json.decode(path.read_bytes(), type=Facts)
    console.print("Making the sample merchant Halyard, once …")
    account = await accounts.ensure_account(app, name="Halyard", settings=HALYARD)
    scope = Scope(account.id, False)
    made = await Seeder(app, scope).run()
    password, secret = secrets.token_urlsafe(12), new_secret(secrets.token_bytes(32))
    await accounts.add_user(app, account.id, email=EMAIL, password=password, role="owner", name="Halyard Owner")
    fields = {"url": "http://127.0.0.1:1/webhooks", "enabled_events": ["*"], "description": "The demo's own receiver"}
    endpoint = await app.store.write(
        scope, lambda tx: webhook_endpoints.create(tx, fields, secret=secret, seal=app.ring.seal), now=app.clock()
    )
    facts = Facts(
        api_key=await accounts.create_key(app, account.id, livemode=False, name="Demo"),
        webhook_secret=secret,
        dashboard_email=EMAIL,
        dashboard_password=password,
        customers=made.customers,
        subscriptions=made.subscriptions,
        account=account.id,
        endpoint=endpoint.id,
    )
    _write_private(path, msgspec.json.encode(facts))
    return facts


async def _point_endpoint(app: App, facts: Facts, url: str) -> None:
    """The receiver has a new port each time; the endpoint follows it, unless somebody deleted it."""
    scope = Scope(facts.account, False)
    try:
        await app.store.write(
            scope, lambda tx: webhook_endpoints.update(tx, facts.endpoint, {"url": url}), now=app.clock()
        )
    except Refused:
        return


async def _portal_link(app: App, settings: Settings, facts: Facts) -> str:
    fields = {"customer": facts.customers[ADA]}
    secret = f"test_{secrets.token_urlsafe(32)}"
    session = await app.store.write(
        Scope(facts.account, False),
        lambda tx: portal_sessions.create(tx, fields, secret=secret, portal_url=settings.base_url),
        now=app.clock(),
    )
    return session.url


def _receiver(secret: str, console: Console, clock: Callable[[], int]) -> Any:
    """A webhook receiver as merchants write it: verify, then say what came."""

    async def receive(scope: dict[str, Any], receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        try:
            verify(body, headers, [secret], now=clock())
            event = msgspec.json.decode(body)
            console.print(f"[dim]webhook[/] {event['type']} [dim]{event['data']['object'].get('id', '')}[/]")
            status = 200
        except Refused as refused:
            console.print(f"[red]webhook refused:[/] {refused}")
            status = 400
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return receive


def _screen(facts: Facts) -> str:
    subscription = facts.subscriptions["active"]
    return f"""
[bold]Dashboard[/]    {facts.dashboard_url}
             {facts.dashboard_email}   {facts.dashboard_password}

[bold]Portal[/]       {facts.portal_url}
             opens once, within five minutes, as {ADA}

[bold]API key[/]      {facts.api_key}
[bold]curl[/]         curl {facts.api_base}/v1/subscriptions/{subscription} -u {facts.api_key}:
[bold]Python[/]       import stripe
             client = stripe.StripeClient("{facts.api_key}", base_addresses={{"api": "{facts.api_base}"}})
             print(client.v1.subscriptions.retrieve("{subscription}").status)

[bold]Webhooks[/]     arrive below, verified with {facts.webhook_secret}
[bold]Data[/]         {facts.data_dir}   (stop with Ctrl+C; the same command finds it again)
"""
