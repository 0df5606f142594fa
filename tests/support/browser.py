"""Pages of a real Chromium. A page that logs an error, throws, or asks for anything beyond loopback fails its test.

def test_a(page): page.goto(server.url)
def test_b(new_page): new_page(java_script_enabled=False, viewport={"width": 320, "height": 800})
"""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tests.support.network import is_local

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def chromium_path() -> str | None:
    """The browser that `make test` found, else one on the PATH, else None for Playwright's own."""
    found = (shutil.which(name) for name in NAMES)
    return os.environ.get("TENURE_TEST_CHROMIUM") or next(filter(None, found), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """new_page(**options of a browser context) -> a page in a context of its own.

    `allow_errors=True` is for answers that are not 2xx, which Chromium notes as errors.
    """
    contexts = []
    wrong: list[str] = []

    def make(*, allow_errors: bool = False, **options: Any) -> Page:
        given = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce", "locale": "en-US"} | options
        context = browser.new_context(**given)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        _watch(page, wrong, allow_errors=allow_errors)
        return page

    yield make
    for context in contexts:
        context.close()
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page at 1280 × 800 in English."""
    return new_page()


def _watch(page: Page, wrong: list[str], *, allow_errors: bool) -> None:
    def console(message: ConsoleMessage) -> None:
        if message.type == "error" and not allow_errors:
            wrong.append(f"console: {message.text}")

    def request(sent: Request) -> None:
        parts = urlsplit(sent.url)
        if parts.scheme in ("http", "https", "ws", "wss") and not is_local(parts.hostname):
            wrong.append(f"beyond loopback: {sent.url}")

    page.on("console", console)
    page.on("request", request)
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
