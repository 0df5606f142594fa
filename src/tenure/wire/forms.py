"""Bracketed form pairs to a tree, by Rack's rules; `read` then types the tree. Bodies and query strings alike.

    items[0][price]=p1&items[0][quantity]=2   {"items": {"0": {"price": "p1", "quantity": "2"}}}
    items[][price]=p1&items[][price]=p2       {"items": [{"price": "p1"}, {"price": "p2"}]}
    metadata[1]=a&metadata[2]=b               {"metadata": {"1": "a", "2": "b"}}
    expand[]=customer&name=Ada+L%C3%B6w       {"expand": ["customer"], "name": "Ada Löw"}

Maps with numeric keys stay maps: only the type they are read into knows whether they are lists.

    pairs ── decode ──> tree ── take_expand ──> tree without `expand` ── read(cls) ──> struct
"""

import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from tenure.domain.errors import Invalid
from tenure.wire.typed import Metadata, Node, Tree, merge_metadata, read, read_texts, spell

__all__ = ["MAX_DEPTH", "MAX_PAIRS", "Metadata", "Node", "Tree", "decode", "merge_metadata", "read", "take_expand"]

MAX_PAIRS = 10_000
MAX_DEPTH = 32

_CACHED_NAME_LENGTH = 128
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def decode(body: bytes | str) -> Tree:
    """The tree of an application/x-www-form-urlencoded text; of equal scalars the last wins. Raises Invalid."""
    text = body if isinstance(body, str) else _strict(body)
    tree: Tree = {}
    if not text:
        return tree
    if text.count("&") >= MAX_PAIRS:
        raise Invalid(f"Invalid request: a request may have at most {MAX_PAIRS} parameters.")
    escaped = "%" in text or "+" in text or not text.isascii()
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        if escaped:
            name, value = _unescape(name), _unescape(value)
        if "\0" in pair or "\0" in name or "\0" in value:
            raise _invalid_text(name.replace("\0", ""), "NUL characters are not allowed")
        if "[" not in name:
            if name:
                tree[name] = value
        else:
            _put(tree, _parts(name) if len(name) <= _CACHED_NAME_LENGTH else _split(name), value)
    return tree


def take_expand(tree: Tree) -> list[str]:
    """Removes `expand`, which every endpoint accepts, from the tree and returns its paths."""
    if "expand" not in tree:
        return []
    return read_texts(tree.pop("expand"), "expand")


def _strict(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Invalid("Invalid request: the parameters are not valid UTF-8.") from None


def _unescape(text: str) -> str:
    """Plus and percent decoding; anything that is not an escape, or not UTF-8, is refused."""
    if _BROKEN_ESCAPE.search(text):
        raise Invalid(f"Invalid %-encoding ({text[:100]})")
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    except UnicodeError:
        raise Invalid(f"Invalid UTF-8 in parameters ({text[:100]!r})") from None


def _invalid_text(param: str, reason: str) -> Invalid:
    return Invalid(f"Invalid string: {reason}", param=param or None)


def _split(name: str) -> tuple[str, ...]:
    """The steps of a name, `[]` being "a new element": a[][b][c] -> ("a", "[]", "b", "c").

    Source: Rack, QueryParser#_normalize_params, also for names with unbalanced brackets."""
    start = name.find("[", 1)
    if start < 0 or start == len(name) - 1:
        return (name,)
    parts, rest = [name[:start]], name[start:]
    while rest:
        end = rest.find("]", 1)
        if rest.startswith("[") and end > 0 and rest[end + 1 :] != "[":
            parts.append(rest[1:end] or "[]")
            rest = rest[end + 1 :]
        else:
            parts.append(rest)
            break
        if len(parts) > MAX_DEPTH:
            raise Invalid(f"Invalid request: parameters may be nested at most {MAX_DEPTH} levels deep.")
    return tuple(parts)


_parts = lru_cache(maxsize=4096)(_split)


def _put(node: Tree, parts: tuple[str, ...], value: str, at: int = 0) -> None:
    """Sets the value at the path from step `at` on, making maps and lists on the way."""
    key = parts[at]
    if at == len(parts) - 1:
        node[key] = value
    elif parts[at + 1] == "[]":
        items = node.setdefault(key, [])
        if not isinstance(items, list):
            raise Invalid("Invalid array", param=spell(parts[: at + 1]))
        _append(items, parts, value, at + 2)
    else:
        child = node.setdefault(key, {})
        if not isinstance(child, dict):
            raise Invalid("Invalid object", param=spell(parts[: at + 1]))
        _put(child, parts, value, at + 1)


def _append(items: list[Node], parts: tuple[str, ...], value: str, at: int) -> None:
    """Rack's rule for `x[][y]`: the last element takes the pair unless it has that key already."""
    rest = parts[at:]
    if not rest:
        items.append(value)
    elif rest == ("[]",):
        items.append([value])
    else:
        last = items[-1] if items else None
        if not isinstance(last, dict) or _has(last, rest):
            last = {}
            items.append(last)
        _put(last, parts, value, at)


def _has(node: Node, steps: tuple[str, ...]) -> bool:
    if "[]" in steps:
        return False
    for step in steps:
        if not isinstance(node, dict) or step not in node:
            return False
        node = node[step]
    return True
