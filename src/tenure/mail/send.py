"""Sends letters to the mail server of the settings; what came of each is an outcome, not an error.

    async with server.connected() as line:        raises ServerDown
        await line.send(letter, to=…, id=…, at=…)      Taken
                                                       Refused    for good: the address, or what the server says of it
                                                       Later      for now: busy, full, greylisted
                                                       raises ServerDown: nobody is there, or takes anything from us

The Message-ID and the date are those of the mail's row, so a mail that is sent again is the same mail.
"""

import contextlib
import ssl
import string
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime
from typing import Literal

import aiosmtplib
from email_validator import EmailNotValidError, validate_email

from tenure.mail.letters import Letter, as_html, as_text, header_line

TIMEOUT_S = 20.0
WORD_MAX = 42  # bytes; an encoded word may have 75 characters
ATOMS = frozenset(string.ascii_letters + string.digits + "!#$%&'*+-/?^_`{|}~ ")
PLAIN = ATOMS | frozenset('().,:;<>@[]"\\=')
Security = Literal["starttls", "tls", "none"]


class InvalidAddress(ValueError):
    """Not an address that mail can go to; the message says why."""


class ServerDown(Exception):
    """The mail server cannot be reached, or takes nothing from us; the message says why."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The server has it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never be taken."""

    why: str


@dataclass(frozen=True, slots=True)
class Later:
    """It was not taken this time."""

    why: str


Outcome = Taken | Refused | Later


def address_of(text: str) -> str:
    """The address as it goes to a server, its domain in ASCII. Raises InvalidAddress."""
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise InvalidAddress(str(error)) from None
    return found.ascii_email or found.normalized


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Where mails go, and the address that they come from."""

    host: str
    sender: str
    port: int = 587
    user: str | None = None
    password: str | None = None
    security: Security = "starttls"
    timeout_s: float = TIMEOUT_S

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator["Line"]:
        """One connection, signed in, for as many letters as there are. Raises ServerDown."""
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=self.user,
            password=self.password,
            use_tls=self.security == "tls",
            start_tls=self.security == "starttls",
            timeout=self.timeout_s,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError, TimeoutError) as error:
            client.close()
            raise ServerDown(_said(error)) from error
        try:
            yield Line(client, self.sender)
        finally:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=2)
            client.close()


class Line:
    """An open connection."""

    def __init__(self, client: aiosmtplib.SMTP, sender: str) -> None:
        self._client = client
        self._sender = sender

    async def send(self, letter: Letter, *, to: str, id: str, at: int) -> Outcome:
        """Hand one letter over. Raises ServerDown."""
        try:
            recipient = address_of(to)
        except InvalidAddress as invalid:
            return Refused(str(invalid))
        message = message_of(letter, sender=self._sender, to=recipient, id=id, at=at)
        try:
            await self._client.sendmail(self._sender, [recipient], message)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            return _judged(refused.recipients[0])
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPHeloError) as refused:
            raise ServerDown(_said(refused)) from refused
        except aiosmtplib.SMTPResponseException as refused:
            return _judged(refused)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise ServerDown(_said(error)) from error
        return Taken()


def _judged(refused: aiosmtplib.SMTPResponseException) -> Outcome:
    """Source: RFC 5321, 4.2.1: 5yz is for good, 4yz for now; 421 says that the server is going away."""
    if refused.code == aiosmtplib.SMTPStatus.domain_unavailable:
        raise ServerDown(_said(refused)) from refused
    return Refused(_said(refused)) if refused.code >= 500 else Later(_said(refused))


def _said(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {header_line(str(error.message))}"
    return header_line(str(error)) or type(error).__name__


def message_of(letter: Letter, *, sender: str, to: str, id: str, at: int) -> bytes:
    """The letter as a message: plain text and HTML; what others wrote into its headers cannot become one.

    Name and subject are encoded here: the library decodes encoded words that stand in them, and loses the quotes of a
    name that it folds.
    """
    message = EmailMessage(policy=POLICY)
    message["Message-ID"] = f"<{id}@{sender.rpartition('@')[2]}>"
    message["Date"] = format_datetime(datetime.fromtimestamp(at, UTC))
    message["To"] = Address(addr_spec=to)
    if letter.reply_to is not None:
        with contextlib.suppress(InvalidAddress):
            message["Reply-To"] = Address(addr_spec=address_of(letter.reply_to))
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(as_text(letter), cte="quoted-printable")
    message.add_alternative(as_html(letter), subtype="html", cte="quoted-printable")
    message["Content-Language"] = letter.language
    name, subject = encoded(header_line(letter.sender), ATOMS), encoded(header_line(letter.subject), PLAIN)
    origin = f"{name}\r\n <{sender}>" if name else f"<{sender}>"
    return f"From: {origin}\r\nSubject: {subject}\r\n".encode() + message.as_bytes(policy=POLICY)


def encoded(text: str, plain: frozenset[str]) -> str:
    """A header's text: as it is where all of it is plain and short, else as encoded words of RFC 2047, one a line."""
    if len(text) <= WORD_MAX and plain.issuperset(text) and "=?" not in text:
        return text
    parts: list[bytes] = []
    part = b""
    for character in text:
        if len(part) + len(character.encode()) > WORD_MAX:
            parts, part = [*parts, part], b""
        part += character.encode()
    return "\r\n ".join(f"=?utf-8?b?{b64encode(each).decode()}?=" for each in (*parts, part))
