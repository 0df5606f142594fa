"""One POST to a stranger: never into a private network, never for more than 15 s, never following a redirect.

    url ─▶ check_url ─▶ DNS (threads of its own) ─▶ socket for each address ─▶ TLS ─▶ POST ─▶ first 64 kB of the answer
                                                    └ the guard: what is dialled is what was judged

Whatever goes wrong comes back as a Reply with an `error`; nothing of the network below is told to the merchant.
"""

import asyncio
import errno
import socket
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from tenure.domain.addresses import check_url, refusal
from tenure.domain.errors import Invalid
from tenure.domain.retries import Answer

USER_AGENT = "Tenure/1.0 (+webhooks)"
CONNECT_S = 3.0
TOTAL_S = 15.0
KEEP_ALIVE_S = 2.0  # below the 5 s after which Node's server, the shortest in common use, hangs up
READ_BYTES = 64 * 1024
KEPT_BYTES = 4096
DNS_THREADS = 32
BLOCKED = errno.EACCES  # several addresses that fail alike are reported as one OSError with this number


class BlockedAddress(OSError):
    """The host's name leads to an address that webhooks are never sent to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What came of one POST: a status or an error, how long it took, and the beginning of the answer's text."""

    ms: int
    status: int | None = None
    error: str | None = None
    retry_after: str | None = None
    response: str | None = None

    @property
    def answer(self) -> Answer:
        """The part that decides about the next attempt."""
        return Answer(status=self.status, retry_after=self.retry_after)


class Resolver(AbstractResolver):
    """DNS in threads of its own, so that names which do not answer never hold up the rest of the process."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(DNS_THREADS, thread_name_prefix="dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _lookup, host, port, family)
        return [_result(host, port, each) for each in found]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


class Sender:
    """The client of all lanes; open between `start` and `close`."""

    def __init__(self, *, allow_private: bool, total_s: float = TOTAL_S, connect_s: float = CONNECT_S) -> None:
        self._allow_private = allow_private
        self._timeout = aiohttp.ClientTimeout(total=total_s, connect=connect_s)
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        connector = aiohttp.TCPConnector(
            limit=0,  # the lanes limit
            resolver=Resolver(),
            ttl_dns_cache=10,
            keepalive_timeout=KEEP_ALIVE_S,
            socket_factory=self._socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=self._timeout,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity", "Accept": "*/*"},
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> Reply:
        """Send `body` once; the reply tells what happened, it never raises for what the other side does."""
        if self._session is None:
            raise RuntimeError("The sender is not started.")
        started = time.monotonic()
        try:
            check_url(url, allow_private=self._allow_private)
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                text = await _beginning(response)
                retry_after = response.headers.get("Retry-After")
                return Reply(ms=_ms(started), status=response.status, retry_after=retry_after, response=text)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, Invalid) as problem:
            return Reply(ms=_ms(started), error=_explain(problem))

    def _socket(self, info: tuple[Any, ...]) -> socket.socket:
        """The only place where sockets are made: refuses the address that is about to be dialled."""
        family, kind, protocol, _, sockaddr = info
        why = refusal(str(sockaddr[0]), allow_private=self._allow_private)
        if why is not None:
            raise BlockedAddress(BLOCKED, why)
        return socket.socket(family=family, type=kind, proto=protocol)


def _lookup(host: str, port: int, family: int) -> list[tuple[Any, ...]]:
    return list(socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG))


def _result(host: str, port: int, found: tuple[Any, ...]) -> ResolveResult:
    family, _, protocol, _, sockaddr = found
    address = sockaddr[0] if len(sockaddr) < 4 or not sockaddr[3] else f"{sockaddr[0]}%{sockaddr[3]}"
    return ResolveResult(
        hostname=host, host=address, port=port, family=family, proto=protocol, flags=socket.AI_NUMERICHOST
    )


async def _beginning(response: aiohttp.ClientResponse) -> str:
    """The first bytes of the answer as text; an answer that breaks off is still an answer."""
    kept, total = b"", 0
    try:
        while total < READ_BYTES and (chunk := await response.content.read(READ_BYTES - total)):
            total += len(chunk)
            kept = (kept + chunk)[:KEPT_BYTES]
    except (aiohttp.ClientError, TimeoutError, OSError):
        pass
    if not response.content.at_eof():
        response.close()
    text = kept.decode("utf-8", errors="replace").replace("\x00", "\ufffd")
    return text.encode()[:KEPT_BYTES].decode(errors="ignore")


def _ms(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _explain(problem: BaseException) -> str:
    """A sentence for the merchant; a connector's error carries the reason inside."""
    inner = getattr(problem, "os_error", None)
    if getattr(inner, "errno", None) == BLOCKED:
        return "The host leads to an address that webhooks may not be sent to."
    for kind, sentence in _SENTENCES:
        if isinstance(problem, kind):
            return sentence
    return "The connection broke before an answer came."


_SENTENCES: tuple[tuple[type[BaseException], str], ...] = (
    (Invalid, "The address of the endpoint may not be used."),
    (aiohttp.ConnectionTimeoutError, f"No connection within {CONNECT_S:.0f} seconds."),
    (TimeoutError, f"No answer within {TOTAL_S:.0f} seconds."),
    (aiohttp.ClientConnectorDNSError, "The host name was not found."),
    (aiohttp.ClientSSLError, "The server's certificate could not be verified."),
    (ssl.SSLError, "No secure connection could be made."),
    (aiohttp.ClientConnectorError, "No connection could be made."),
    (aiohttp.ServerDisconnectedError, "The server hung up without an answer."),
    (aiohttp.ClientResponseError, "The answer was not HTTP."),
    (ValueError, "The address of the endpoint could not be read."),
)
