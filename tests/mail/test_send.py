"""Letters on their way: real SMTP on loopback. A hostile name is a name at the other end, and nothing else."""

import re
import socket
from email import message_from_bytes as compat
from email.policy import default
from email.utils import getaddresses
from functools import partial
from html.parser import HTMLParser

import pytest

from tenure.mail.letters import Letter, as_html, as_text, header_line
from tenure.mail.send import InvalidAddress, Later, MailServer, Refused, ServerDown, Taken, address_of, message_of
from tests.support.mailbox import SENDER, Mailbox
from tests.support.server import free_port

HEADERS = {
    "message-id", "date", "from", "to", "reply-to", "subject", "auto-submitted", "mime-version", "content-type",
    "content-language",
}  # fmt: skip
AT = 1_793_664_000
read = partial(compat, policy=default)
MARKUP = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'><iframe src=//evil.example>",
    "</title><style>*{display:none}</style>",
    "<a href=javascript:alert(1)>x</a>",
    "{{ 7*7 }}",
    "{% raw %}",
    "${7*7}",
    "<!--",
    "]]>",
    "&lt;script&gt;",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0>",
    "<form action=//evil.example><input name=card>",
]
BREAKS = [
    "x\r\nBcc: eve@evil.example",
    "x\nBcc: eve@evil.example",
    "x\rBcc: eve@evil.example",
    "x\r\n\r\n<b>body</b>",
    "x\u2028Bcc: eve@evil.example",
    "x\u2029Bcc: e@evil.example",
    "x\x0bBcc: e@evil.example",
    "x\x0cBcc: e@evil.example",
    "x\x1eBcc: e@evil.example",
    "x\x85Bcc: e@evil.example",
    "x\x00Bcc: e@evil.example",
    "\r\n.\r\nMAIL FROM:<e@evil.example>",
    "=?utf-8?q?x=0ABcc:_eve@evil.example?=",
    "=?utf-8?b?Cgpib2R5?=",
    '"Eve" <eve@evil.example>',
    "eve@evil.example, x",
    "x\u202egnp.exe",
    "x;y=z",
    "(comment) <x",
    '\\"',
    "a" * 5000,
    "é" * 900,
    "\ud800",
    "\u2068x",
    "=?utf-8?q?=0aBcc:_v@e.test?=",
    "=?utf-8?b?CkJjYzogdkBlLnRlc3Q=?= and =?utf-8?q?=0d=0aBcc:_v@e.test?=",
    'Acme "Best" Co., Ltd. of a rather long name that must be folded, evil@e.test',
    "Zoë <evil@e.test>, a name that is long enough to be folded by whoever folds names, and more of it",
]


def letter(text: str) -> Letter:
    return Letter(
        subject=f"About {text}",
        preview=text,
        title=text,
        sender=text,
        mark=text[:1],
        reply_to=text,
        paragraphs=(text,),
        facts=((text, text),),
        button=(text, "https://billing.example/i/x"),
        after=(text,),
        foot=(text,),
    )


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(sorted(name for name, _ in attrs))))


def tags(text: str) -> list[tuple[str, tuple[str, ...]]]:
    parser = Tags()
    parser.feed(as_html(letter(text)))
    return parser.found


@pytest.fixture
def server(mailbox: Mailbox) -> MailServer:
    return MailServer(host="127.0.0.1", port=mailbox.port, sender=SENDER, security="none", timeout_s=5)


@pytest.mark.parametrize("text", [*MARKUP, *BREAKS])
async def test_a_hostile_text_makes_no_header_no_recipient_and_no_markup(
    server: MailServer, mailbox: Mailbox, text: str
):
    mailbox.received.clear()
    async with server.connected() as line:
        assert await line.send(letter(text), to="ada@moreau.example", id="mail_1", at=AT) == Taken()
    (got,) = mailbox.received
    assert got.recipients == ("ada@moreau.example",) and got.sender == SENDER
    names = [name.lower() for name in got.message.keys()]
    assert set(names) <= HEADERS and len(names) == len(set(names))
    assert [each.addr_spec for each in got.message["from"].addresses] == [SENDER]
    assert [each.addr_spec for each in got.message["to"].addresses] == ["ada@moreau.example"]
    assert "\n" not in got.subject and "\r" not in got.subject and len(got.subject) <= 200
    assert got.subject == header_line(f"About {text}")
    name = got.message["from"].addresses[0].display_name  # where a name is two words, this parser sees a space
    assert name.replace(" ", "") == header_line(text).replace(" ", "")
    assert [address for _, address in getaddresses([compat(got.raw)["from"]])] == [SENDER]
    assert tags(text) == tags("Ada")
    assert got.message.is_multipart() and len(list(got.message.iter_parts())) == 2


def test_there_are_enough_hostile_texts():
    assert len(MARKUP) + len(BREAKS) >= 30


def test_plain_text_keeps_one_line_a_text():
    assert as_text(letter("x")).count("\n") == as_text(letter("x\r\n\r\ny\u2028z")).count("\n")


def test_a_line_stays_what_a_person_wrote():
    assert header_line("  Zoë & Söhne <GmbH>  ") == "Zoë & Söhne <GmbH>"
    assert header_line("29,00\u00a0€") == "29,00\u00a0€"


@pytest.mark.parametrize(
    "text", ["", "ada", "ada@", "@x.example", "a@b@c.example", "a\r\nb@x.example", "ada@x", "a b@x.example"]
)
def test_what_is_no_address_is_refused_before_the_server_hears_of_it(text: str):
    with pytest.raises(InvalidAddress):
        address_of(text)


def test_a_domain_beyond_ascii_is_written_as_servers_want_it():
    assert address_of("ada@möreau.example") == "ada@xn--mreau-jua.example"


async def test_an_address_that_is_none_is_given_up_at_once(server: MailServer, mailbox: Mailbox):
    mailbox.received.clear()
    async with server.connected() as line:
        assert isinstance(await line.send(letter("x"), to="nobody", id="mail_1", at=AT), Refused)
        assert await line.send(letter("x"), to="ada@moreau.example", id="mail_2", at=AT) == Taken()
    assert len(mailbox.received) == 1


@pytest.mark.parametrize(("said", "kind"), [("451 later", Later), ("452 full", Later), ("550 no", Refused)])
async def test_what_the_server_says_decides(server: MailServer, mailbox: Mailbox, said: str, kind: type):
    mailbox.answers = [said]
    async with server.connected() as line:
        outcome = await line.send(letter("x"), to="ada@moreau.example", id="mail_1", at=AT)
    assert isinstance(outcome, kind) and said in outcome.why


async def test_a_server_that_goes_away_is_down(server: MailServer, mailbox: Mailbox):
    mailbox.answers = ["421 going away"]
    with pytest.raises(ServerDown):
        async with server.connected() as line:
            await line.send(letter("x"), to="ada@moreau.example", id="mail_1", at=AT)


async def test_nobody_there_is_down():
    with pytest.raises(ServerDown):
        async with MailServer(host="127.0.0.1", port=free_port(), sender=SENDER, security="none").connected():
            pass


async def test_a_server_without_tls_gets_no_password_unless_the_settings_say_so(mailbox: Mailbox):
    server = MailServer(host="127.0.0.1", port=mailbox.port, sender=SENDER, user="ada", password="secret")
    with pytest.raises(ServerDown):
        async with server.connected():
            pass


async def test_a_server_that_says_nothing_is_down_after_a_while():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        with pytest.raises(ServerDown):
            async with MailServer(
                host="127.0.0.1", port=port, sender=SENDER, security="none", timeout_s=0.2
            ).connected():
                pass


def test_the_same_mail_is_the_same_message():
    one, two = (read(message_of(letter("x"), sender=SENDER, to="a@x.example", id="mail_1", at=AT)) for _ in range(2))
    assert one["Message-ID"] == two["Message-ID"] == "<mail_1@halyard.example>"
    assert one["Date"] == two["Date"] == "Tue, 03 Nov 2026 00:00:00 +0000"
    assert re.search("Content-Language: en", str(one))
