"""What the official SDK can ask of the nouns that are here: it has a route, or the docs say that it has not.

stripe/_invoice_service.py   self._request("post", "/v1/invoices/{invoice}/pay")   ─▶   POST /v1/invoices/{}/pay
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import stripe

from tenure.api import RESOURCES

DOCS = Path(__file__).parents[2] / "docs"
API = (DOCS / "api.md").read_text()
DIFFERS = "".join(page.read_text().partition("## What differs")[2] for page in DOCS.glob("*.md"))
TYPES = set(get_args(get_args(stripe.PaymentMethod.__annotations__["type"])[0]))  # docs/payments.md names those it has
OURS = {"GET /v1/cancellation_sessions", "GET /v1/cancellation_sessions/{}"}
OLD = {"GET /v1/customers/{}/subscriptions"}  # the reference still answers it, newer SDKs have no call for it


def _plain(path: str) -> str:
    return re.sub(r"{\w+}|:\w+", "{}", path)


def _requests() -> Iterator[str]:
    """The operations in the services of the SDK that is installed."""
    for module in Path(stripe.__file__).parent.rglob("_*_service.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "_request":
                verb = node.args[0]
                path = next(n.value for n in ast.walk(node.args[1]) if isinstance(n, ast.Constant) and "/" in n.value)
                assert isinstance(verb, ast.Constant)
                yield f"{verb.value.upper()} {_plain(path)}"


ASKED = frozenset(_requests())
NOUNS = frozenset(_plain(resource.path) for resource in RESOURCES)
HERE = frozenset(
    f"{operation.verb} {_plain(resource.path + operation.path)}"
    for resource in RESOURCES
    for operation in resource.operations
)


def _is_of_our_nouns(operation: str) -> bool:
    path = operation.partition(" ")[2]
    return any(path == noun or path.startswith(f"{noun}/") for noun in NOUNS)


def _named_as_missing() -> frozenset[str]:
    """The operations in the table of docs/api.md under "What is not supported"."""
    table = API.partition("## What is not supported")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(/v1/[^`]+)` \| ([A-Z, ]+) \|", table, re.M)
    return frozenset(f"{verb} {_plain(path)}" for path, verbs in rows for verb in verbs.split(", "))


def test_what_the_sdk_asks_of_our_nouns_is_here_or_named_as_missing():
    assert len(ASKED) > 500
    missing = {operation for operation in ASKED - HERE if _is_of_our_nouns(operation)}
    assert missing == _named_as_missing()


def test_what_is_here_and_the_sdk_does_not_know_is_ours():
    assert HERE - ASKED == OURS | OLD


def test_every_parameter_that_is_refused_is_named_in_the_docs():
    refused = {name for resource in RESOURCES for name in resource.unsupported} - TYPES
    assert len(refused) > 20
    assert [name for name in sorted(refused) if f"`{name}`" not in DIFFERS] == []
