"""One POST against real servers on loopback, and the guard at the moment of connecting."""

import asyncio
import contextlib
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tenure.worker.sending import KEPT_BYTES, USER_AGENT, Reply, Sender
from tests.support.receiver import Answer, Receiver

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def sending(*, allow_private: bool = True, total_s: float = 5, connect_s: float = 1) -> AsyncIterator[Sender]:
    sender = Sender(allow_private=allow_private, total_s=total_s, connect_s=connect_s)
    await sender.start()
    try:
        yield sender
    finally:
        await sender.close()


@contextlib.asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


def saying(answer: bytes, *, stay_s: float = 0) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            await asyncio.sleep(stay_s)
        writer.close()

    return handle


async def post_to(handler: Handler, **options: float) -> Reply:
    async with serving(handler) as url, sending(**options) as sender:  # type: ignore[arg-type]
        return await sender.post(url, b"{}", headers={})


async def test_a_post_carries_our_name_the_body_and_the_given_headers(receiver: Receiver) -> None:
    receiver.answers = [Answer(status=202, body=b"thanks")]
    async with sending() as sender:
        reply = await sender.post(receiver.url, b'{"a":1}', headers={"webhook-id": "evt_1"})
    assert (reply.status, reply.response, reply.error) == (202, "thanks", None)
    [got] = receiver.deliveries
    assert got.body == b'{"a":1}'
    assert got.headers["user-agent"] == USER_AGENT == "Tenure/1.0 (+webhooks)"
    assert got.headers["webhook-id"] == "evt_1"
    assert got.headers["accept-encoding"] == "identity"
    assert "cookie" not in got.headers


async def test_a_redirect_is_an_answer_and_never_followed(receiver: Receiver) -> None:
    receiver.answers = [Answer(status=307, headers={"location": receiver.url, "set-cookie": "a=b"}), 200]
    async with sending() as sender:
        assert (await sender.post(receiver.url, b"{}", headers={})).status == 307
        assert len(receiver.deliveries) == 1
        await sender.post(receiver.url, b"{}", headers={})
    assert "cookie" not in receiver.deliveries[1].headers


async def test_a_proxy_of_the_environment_is_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with sending() as sender:
        assert (await sender.post(receiver.url, b"{}", headers={})).status == 200


async def test_retry_after_comes_back_with_the_answer(receiver: Receiver) -> None:
    receiver.answers = [Answer(status=503, headers={"retry-after": "120"})]
    async with sending() as sender:
        reply = await sender.post(receiver.url, b"{}", headers={})
    assert (reply.answer.status, reply.answer.retry_after) == (503, "120")


async def test_of_a_long_answer_only_the_beginning_is_read_and_kept(receiver: Receiver) -> None:
    receiver.answers = [Answer(body="ü".encode() * 5_000_000)]
    async with sending() as sender:
        reply = await sender.post(receiver.url, b"{}", headers={})
    assert reply.status == 200
    assert reply.response == "ü" * (KEPT_BYTES // 2)


async def test_a_compressed_answer_is_not_unpacked(receiver: Receiver) -> None:
    receiver.answers = [Answer(headers={"content-encoding": "gzip"}, body=gzip.compress(b"0" * 10_000_000))]
    async with sending() as sender:
        reply = await sender.post(receiver.url, b"{}", headers={})
    assert reply.status == 200
    assert "0000" not in (reply.response or "")


async def test_bytes_that_are_not_text_are_kept_as_text_without_nul(receiver: Receiver) -> None:
    receiver.answers = [Answer(body=b"\x00\xff\xfeok" + b"\xff" * 5000)]
    async with sending() as sender:
        reply = await sender.post(receiver.url, b"{}", headers={})
    assert reply.response is not None
    assert reply.response.startswith("\ufffd\ufffd\ufffdok")
    assert "\x00" not in reply.response
    assert len(reply.response.encode()) <= KEPT_BYTES


async def test_a_server_that_never_answers_is_given_up_after_the_total_time() -> None:
    reply = await post_to(saying(b"", stay_s=5), total_s=0.3)
    assert (reply.status, reply.error) == (None, "No answer within 15 seconds.")
    assert 250 <= reply.ms < 2000


async def test_a_server_that_hangs_up_is_a_failure() -> None:
    assert (await post_to(saying(b""))).error == "The server hung up without an answer."


async def test_an_answer_that_is_not_http_is_a_failure() -> None:
    assert (await post_to(saying(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"))).error == "The answer was not HTTP."


async def test_an_endless_header_is_a_failure() -> None:
    answer = b"HTTP/1.1 200 OK\r\nx: " + b"a" * 200_000 + b"\r\n\r\n"
    assert (await post_to(saying(answer))).error == "The answer was not HTTP."


async def test_a_success_whose_text_breaks_off_is_a_success() -> None:
    reply = await post_to(saying(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"))
    assert (reply.status, reply.response) == (200, "half")


async def test_a_success_whose_text_never_ends_is_a_success() -> None:
    reply = await post_to(saying(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", stay_s=5), total_s=0.3)
    assert reply.status == 200


async def test_a_closed_port_is_a_failure() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        async with sending() as sender:
            assert (await sender.post(url, b"{}", headers={})).error == "No connection could be made."


async def test_a_server_without_tls_is_a_failure_for_https(receiver: Receiver) -> None:
    async with sending() as sender:
        reply = await sender.post(receiver.url.replace("http:", "https:"), b"{}", headers={})
    assert reply.error == "The server's certificate could not be verified."
    assert receiver.deliveries == []


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/"])
async def test_an_address_that_the_text_gives_away_is_not_even_resolved(url: str) -> None:
    async with sending(allow_private=False) as sender:
        assert (await sender.post(url, b"{}", headers={})).error == "The address of the endpoint may not be used."


async def test_a_name_that_leads_to_loopback_is_stopped_at_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with DNS rebinding: the text is fine, the resolver's answer is not."""

    def rebound(host: str, port: int, **_: object) -> list[object]:
        assert host == "shop.example"
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0)),
        ]

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        listening.settimeout(0.1)
        monkeypatch.setattr("tenure.domain.addresses.PORTS", {port})
        monkeypatch.setattr(socket, "getaddrinfo", rebound)
        async with sending(allow_private=False) as sender:
            reply = await sender.post(f"https://shop.example:{port}/", b"{}", headers={})
        assert reply.error == "The host leads to an address that webhooks may not be sent to."
        with pytest.raises(TimeoutError):
            listening.accept()


async def test_a_sender_that_is_not_started_says_so() -> None:
    with pytest.raises(RuntimeError, match="not started"):
        await Sender(allow_private=True).post("http://127.0.0.1/", b"", headers={})
