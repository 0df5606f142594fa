"""What the official SDK can send: the parameters of each of its calls, typed, by operation.

fields_of(declared()["POST /v1/coupons"])   ─▶   {"percent_off": Field(float, False), "metadata": …, "duration": …}
"""

import ast
import importlib
import re
import typing
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import stripe
import typing_extensions
from stripe._request_options import RequestOptions

OPTIONS = frozenset(RequestOptions.__annotations__)
NAMES = {"HTTPClient": Any, "Mapping": dict, "StripeContext": Any}  # which the SDK imports for type checkers only


class Field(NamedTuple):
    """One parameter: its type, and whether it must be there."""

    hint: Any
    required: bool


Fields = dict[str, Field]


@cache
def fields_of(cls: Any) -> Fields:
    """The fields of a TypedDict of the SDK, without the options that every call takes."""
    if cls is None:
        return {}
    hints = typing_extensions.get_type_hints(cls, localns=NAMES)
    options = OPTIONS if RequestOptions in cls.__orig_bases__ else frozenset()
    return {name: Field(hint, name in cls.__required_keys__) for name, hint in hints.items() if name not in options}


@cache
def declared() -> dict[str, Any]:
    """The class of the parameters of every call of the SDK by verb and path, ids in the path spelt `{}`."""
    return dict(_calls())


def _calls() -> Iterator[tuple[str, Any]]:
    for module in sorted(Path(stripe.__file__).parent.rglob("_*_service.py")):
        tree = ast.parse(module.read_text())
        homes = {
            alias.name: node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                yield from _call(function, homes)


def _call(function: ast.FunctionDef, homes: dict[str, str]) -> Iterator[tuple[str, Any]]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "_request":
            verb = typing.cast(ast.Constant, node.args[0]).value
            path = next(n.value for n in ast.walk(node.args[1]) if isinstance(n, ast.Constant) and "/" in str(n.value))
            named = [each.annotation for each in function.args.args if each.arg == "params"]
            known = re.search(r"\w+Params", ast.unparse(named[0])) if named and named[0] is not None else None
            cls = getattr(importlib.import_module(homes[known[0]]), known[0]) if known else None
            yield f"{str(verb).upper()} {re.sub(r'{[^}]+}', '{}', str(path))}", cls
