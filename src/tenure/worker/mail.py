"""Mails on their way: claimed in one transaction, sent outside of any, settled in another.

    poll ──▶ due? ──set aside──▶ unsent      no mail server; test mode, unless the settings let it out
              └──claim──▶ read the words ──▶ SMTP ──settle──▶ sent
                                                              again in 15 s, 1 min, … 12 h     (busy, or nobody there)
                                                              failed     refused, or about three days have passed

The claim is a lease: if this process dies, `reap` opens it again and the mail is sent again under the same Message-ID.
"""

import asyncio
import random
import secrets
from collections.abc import Callable, Sequence

import structlog

from tenure.domain.documents import Scope
from tenure.mail.send import Later, Line, MailServer, Outcome, Refused, ServerDown, Taken
from tenure.store import mails
from tenure.store.mails import NO_SERVER, TEST_MODE, Mail
from tenure.store.store import Store
from tenure.store.tx import SystemTx
from tenure.web.context import App
from tenure.web.mails import read_letter
from tenure.worker.jobs import Job

MINUTE_S, HOUR_S = 60, 3600
# Waits between one try and the next: about three days in all.
WAITS_S = (15, MINUTE_S, 5 * MINUTE_S, 15 * MINUTE_S, HOUR_S, 3 * HOUR_S, 6 * HOUR_S, *(12 * HOUR_S,) * 5)
JITTER = 0.1
FOREVER = 2**53
LINES, EACH = 4, 5  # connections at once, and mails over each
# Longer than a line can take: to connect, and for each mail three answers of the server at most TIMEOUT_S apart.
LEASE_S = 600

log = structlog.get_logger(__name__)


def again_at(attempt: int, now: int, draw: float) -> int | None:
    """When to try again after `attempt` tries, unix seconds; None when no try is left. `draw` is in [0, 1)."""
    if attempt > len(WAITS_S):
        return None
    return now + round(WAITS_S[attempt - 1] * (1 + JITTER * (2 * draw - 1)))


class Mails:
    """Sends what is due at `clock()`, unix seconds; `draw` spreads the tries. Without a server, nothing piles up."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], int],
        server: MailServer | None,
        test_too: bool = False,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._clock = clock
        self._server = server
        self._test_too = test_too
        self._draw = draw
        self._name = f"mailer_{secrets.token_hex(8)}"
        self._fresh = True

    async def poll(self) -> bool:
        """Send what is due; whether there may be more."""
        now = self._clock()
        until = now if self._server is not None else FOREVER
        if not await self._store.system_read(lambda tx: mails.any_due(tx, until), now=now):
            return False
        await self._set_aside(now)
        if self._server is None:
            return False
        claimed = await self._store.system_write(self._claim, now=now, background=True)
        parts = [claimed[at : at + EACH] for at in range(0, len(claimed), EACH)]
        await asyncio.gather(*(self._send(self._server, part) for part in parts))
        return len(claimed) == LINES * EACH

    async def reap(self) -> bool:
        """Open again what a dead worker had claimed; at the start on SQLite, all that is claimed: there is only one."""
        now, fresh = self._clock(), self._fresh

        def open_again(tx: SystemTx) -> int:
            return mails.reopen(tx, worker=self._name) if fresh and tx.dialect == "sqlite" else mails.reap(tx, now)

        number = await self._store.system_write(open_again, now=now, background=True)
        self._fresh = False
        if number:
            log.warning("mails_reopened", number=number)
        return False

    async def _set_aside(self, now: int) -> None:
        """What no try will be made for."""
        live_too = self._server is None
        if self._test_too and not live_too:
            return
        why = NO_SERVER if live_too else TEST_MODE
        aside = await self._store.system_write(
            lambda tx: mails.set_aside(tx, why, live_too=live_too), now=now, background=True
        )
        if aside:
            log.info("mails_not_sent", number=aside, why=why)

    def _claim(self, tx: SystemTx) -> list[Mail]:
        until = tx.now + LEASE_S
        return mails.claim(tx, limit=LINES * EACH, worker=self._name, lease_until=until, test_too=self._test_too)

    async def _send(self, server: MailServer, part: Sequence[Mail]) -> None:
        """Some mails over one line; where that breaks, the one that was being sent waits and the rest is given back."""
        waiting = list(part)
        try:
            async with server.connected() as line:
                while waiting:
                    outcome = await self._hand_over(line, waiting[0])
                    await self._settle(waiting.pop(0), outcome)
        except ServerDown as down:
            log.warning("mail_server_down", host=server.host, error=str(down))
            for mail in waiting:
                await self._settle(mail, Later(str(down)))

    async def _hand_over(self, line: Line, mail: Mail) -> Outcome:
        scope = Scope(mail.account, mail.livemode)
        try:
            letter = await self._store.read(scope, lambda tx: read_letter(tx, mail), now=self._clock())
            return await line.send(letter, to=mail.recipient, id=mail.id, at=mail.created)
        except ServerDown:
            raise
        except Exception:  # a bug in the words of one mail keeps no other waiting
            log.exception("mail_unwritten", mail=mail.id, kind=mail.kind.value)
            return Later("Its words could not be written; the log says why.")

    async def _settle(self, mail: Mail, outcome: Outcome) -> None:
        now = self._clock()

        def settle(tx: SystemTx) -> None:
            match outcome:
                case Taken():
                    mails.sent(tx, mail)
                case Refused(why):
                    mails.failed(tx, mail, why)
                case Later(why):
                    at = again_at(mail.attempt, now, self._draw())
                    if at is None:
                        mails.failed(tx, mail, why)
                    else:
                        mails.retry_at(tx, mail, at, why)

        await self._store.system_write(settle, now=now, background=True)
        log.info("mail_settled", mail=mail.id, kind=mail.kind.value, outcome=type(outcome).__name__.lower())


def mail_jobs(app: App) -> tuple[Job, Job]:
    """What a worker does about mails."""
    sender = Mails(app.store, clock=app.clock, server=app.mail_server, test_too=app.mail_test_mode)
    return Job("mail_leases", sender.reap, every_s=10), Job("mails", sender.poll, every_s=1)
