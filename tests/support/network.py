"""Nothing that a test does leaves this machine: a connection or a name lookup beyond loopback is an error of the test.

An audit hook sees what every library does through Python's sockets; it cannot be taken off, which is the point.
"""

import ipaddress
import sys
from typing import Any

LOCAL_NAMES = {"localhost", "localhost.localdomain", "ip6-localhost", ""}


class Forbidden(RuntimeError):
    """A test tried to reach something beyond loopback."""


def guard() -> None:
    sys.addaudithook(_audit)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = args[1]
        if isinstance(address, tuple) and not is_local(address[0]):
            raise Forbidden(f"A test tried to reach {address!r}.")
    elif event == "socket.getaddrinfo" and not (is_local(args[0]) or _is_literal(args[0])):
        raise Forbidden(f"A test tried to look up {args[0]!r}.")


def is_local(host: str | bytes | None) -> bool:
    """Whether this host is this machine; a literal address of another one may be looked up, not reached."""
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name.lower() in LOCAL_NAMES or name.lower().endswith(".localhost"):
        return True
    return _is_literal(name) and ipaddress.ip_address(name.split("%")[0]).is_loopback


def _is_literal(host: str | bytes | None) -> bool:
    try:
        ipaddress.ip_address((host.decode() if isinstance(host, bytes) else host or "").split("%")[0])
    except ValueError:
        return False
    return True
