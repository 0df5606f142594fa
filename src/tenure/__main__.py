"""The command line.

tenure serve --data DIR --port N            an empty server, or the one whose data is there
tenure worker --data DIR                    only the background jobs
tenure demo --port N --data DIR             a sample merchant to try
tenure migrate --data DIR                   bring the database to this version
tenure user add --email E --role owner      someone who may sign in to the dashboard
tenure key create [--live] [--restricted]   an API key
"""

import argparse
import asyncio
import getpass
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tenure import __version__
from tenure.app import opened
from tenure.commands import accounts, demo, serve
from tenure.domain.errors import Refused
from tenure.settings import Settings, SettingsError, read_settings
from tenure.web.context import App

ROLES = ("owner", "editor", "viewer")
Command = Callable[[App, Settings, argparse.Namespace], Awaitable[None]]


def parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    root = argparse.ArgumentParser(prog="tenure", description="Self-hosted customer portal with a cancellation page.")
    root.add_argument("--version", action="version", version=f"tenure {__version__}")
    commands = root.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", type=Path, default=Path("var"), help="folder of the database and keys (var)")
    _add(commands, "serve", _serve, common, ports=True, help="serve the API, the portal and the dashboard")
    _add(commands, "worker", _work, common, help="run only the background jobs")
    _add(commands, "migrate", _migrate, common, help="bring the database to this version")
    example = _add(commands, "demo", _demo, common, ports=True, help="serve a sample merchant")
    example.add_argument("--json", type=Path, metavar="FILE", help="write what the demo says to FILE as JSON too")
    example.add_argument("--quiet", action="store_true", help="print nothing")
    user = commands.add_parser("user", help="people of the dashboard").add_subparsers(dest="verb", required=True)
    person = _add(user, "add", _add_user, common, help="add someone who may sign in")
    person.add_argument("--email", required=True)
    person.add_argument("--role", choices=ROLES, default="owner")
    person.add_argument("--name")
    person.add_argument("--password", help="asked for when left out")
    person.add_argument("--json", action="store_true")
    key = commands.add_parser("key", help="API keys").add_subparsers(dest="verb", required=True)
    made = _add(key, "create", _create_key, common, help="make an API key")
    made.add_argument("--live", action="store_true", help="for live mode")
    made.add_argument("--restricted", action="store_true", help="may only read")
    made.add_argument("--name")
    made.add_argument("--json", action="store_true")
    return root


def _add(
    group: Any, name: str, run: Command, common: argparse.ArgumentParser, *, help: str, ports: bool = False
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = group.add_parser(name, parents=[common], help=help, description=help)
    command.set_defaults(run=run)
    if ports:
        command.add_argument("--port", type=int, help="port to listen on (8080)")
        command.add_argument("--host", help="address to listen on (127.0.0.1)")
    return command


async def _serve(app: App, settings: Settings, args: argparse.Namespace) -> None:
    await accounts.ensure_account(app)
    await serve.run(app, settings)


async def _work(app: App, settings: Settings, args: argparse.Namespace) -> None:
    await serve.work(app)


async def _migrate(app: App, settings: Settings, args: argparse.Namespace) -> None:
    print(f"The database in {settings.store_url} is up to date.")


async def _demo(app: App, settings: Settings, args: argparse.Namespace) -> None:
    await demo.run(app, settings, json_file=args.json, quiet=args.quiet)


async def _add_user(app: App, settings: Settings, args: argparse.Namespace) -> None:
    account = await accounts.ensure_account(app)
    password = args.password or getpass.getpass("Password: ")
    user = await accounts.add_user(app, account.id, email=args.email, password=password, role=args.role, name=args.name)
    facts = {"id": user.id, "email": user.email, "role": args.role, "account": account.id}
    print(
        json.dumps(facts) if args.json else f"{user.email} can sign in at {settings.base_url}/dashboard as {args.role}."
    )


async def _create_key(app: App, settings: Settings, args: argparse.Namespace) -> None:
    account = await accounts.ensure_account(app)
    key = await accounts.create_key(app, account.id, livemode=args.live, restricted=args.restricted, name=args.name)
    facts = {"key": key, "account": account.id, "livemode": args.live, "restricted": args.restricted}
    print(json.dumps(facts) if args.json else key)


async def _with_app(settings: Settings, args: argparse.Namespace) -> None:
    async with opened(settings) as app:
        await args.run(app, settings, args)


def main() -> None:
    """Read the arguments, open the store, run one command; a refusal is one line and exit status 1."""
    args = parser().parse_args()
    try:
        given = {name: getattr(args, name, None) for name in ("port", "host")}
        settings = read_settings(args.data, **given, **demo.SETTINGS if args.command == "demo" else {})
        serve.configure_logging(settings.log_level)
        with asyncio.Runner(loop_factory=serve.loop_factory()) as runner:
            runner.run(_with_app(settings, args))
    except (SettingsError, Refused, OSError) as error:
        sys.exit(f"tenure: {error}")
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
