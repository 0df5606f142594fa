"""Fixtures of every test; each file of tests/support holds one kind.

run        runs a coroutine to its end             store      an opened store, on SQLite and on PostgreSQL
server     a real Tenure process, one a module     client     the official SDK, signed in there
mailbox    a mail server that records mails
receiver   an HTTP server that records webhooks    page       a page of a real Chromium
"""

from tests.support import network

pytest_plugins = [
    "tests.support.loop",
    "tests.support.postgres",
    "tests.support.stores",
    "tests.support.server",
    "tests.support.receiver",
    "tests.support.mailbox",
    "tests.support.browser",
    "tests.support.properties",
]

network.guard()
