"""A mail server on loopback: real SMTP, that records what it takes and answers as it is told.

mailbox.answers = ["451 later", "550 no such user"]     one for each message; then everything is taken
mailbox.wait(2)                                         the first two messages, parsed
mailbox.stop(); mailbox.start()                         nobody listens; then the same port again
mailbox.environment                                     the settings of a Tenure that mails here
"""

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tests.support.server import free_port
from tests.support.wait import until

SENDER = "billing@halyard.example"


@dataclass(frozen=True)
class Received:
    """One message as it arrived; `raw` is every byte of it."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")


class Mailbox:
    """Listens until `stop`."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[str] = []
        self.port = free_port()
        self._controller: Controller | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            "TENURE_SMTP_HOST": "127.0.0.1",
            "TENURE_SMTP_PORT": str(self.port),
            "TENURE_SMTP_SECURITY": "none",
            "TENURE_MAIL_FROM": SENDER,
            "TENURE_MAIL_TEST_MODE": "true",
        }

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def wait(self, count: int, seconds: float = 30) -> list[Received]:
        until(lambda: len(self.received) >= count, seconds)
        return self.received[:count]

    def wait_for(self, recipient: str, count: int = 1, seconds: float = 30) -> list[Received]:
        """What this address got, once it is as much as that."""
        until(lambda: len(self.of(recipient)) >= count, seconds)
        return self.of(recipient)

    def of(self, recipient: str) -> list[Received]:
        return [each for each in list(self.received) if each.recipients == (recipient,)]

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("2"):
            raw = envelope.original_content
            self.received.append(Received(envelope.mail_from, tuple(envelope.rcpt_tos), raw))
        return answer


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    """A mail server for the tests of a module."""
    box = Mailbox()
    box.start()
    yield box
    box.stop()
