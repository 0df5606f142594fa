"""Settings of mails: which kinds customers get.

GET, POST /dashboard/settings/emails     kept in the account's settings, asked when a mail would be written
"""

from typing import Any

from tenure.dashboard import audit
from tenure.dashboard.emails import kind_text
from tenure.dashboard.visit import Answer, Page, Redirect, Route, Visit
from tenure.domain.errors import NotFound
from tenure.domain.mails import SETTING, MailKind, wanted
from tenure.store import accounts
from tenure.store.tx import Tx

ADDRESS = "/dashboard/settings/emails"


def _hints(visit: Visit) -> dict[MailKind, str]:
    _ = visit.words._
    return {
        MailKind.PAYMENT_FAILED: _("After each try that failed by itself, with the next try and a link to pay."),
        MailKind.CONFIRM_PAYMENT: _("When the bank wants the customer to confirm a payment."),
        MailKind.INVOICE_SENT: _("When an invoice that customers pay by themselves is final, or sent by hand."),
        MailKind.INVOICE_OVERDUE: _("When such an invoice was not paid by its due date."),
        MailKind.CANCELLATION: _("With the end, a reference, and until when it can be undone. Some laws demand it."),
        MailKind.CANCELLATION_UNDONE: _("When an end that was set is taken back, by whomever."),
        MailKind.OFFER_ACCEPTED: _("When a customer stays with the offer."),
        MailKind.PAYMENT_RECEIPT: _("After each payment, with a link to the receipt."),
        MailKind.TRIAL_WILL_END: _("Three days before a trial ends."),
    }


async def show(visit: Visit) -> Answer:
    """The switches."""
    server, hints = visit.app.mail_server, _hints(visit)
    kinds = [
        {
            "key": kind.value,
            "label": kind_text(visit.words, kind),
            "hint": hints[kind],
            "on": wanted(visit.account.settings, kind),
        }
        for kind in MailKind
    ]
    shows: dict[str, Any] = {
        "nav": "mail-settings",
        "kinds": kinds,
        "saved": visit.query.flag("saved"),
        "sender": server.sender if server is not None else None,
        "test_too": visit.app.mail_test_mode,
    }
    return Page(template="mail_settings.html", shows=shows)


async def save(visit: Visit) -> Answer:
    """Keep which are on."""
    on = set(visit.form.every("on"))
    chosen = {kind.value: kind.value in on for kind in MailKind}

    def act(tx: Tx) -> None:
        account = accounts.get(tx, visit.account.id)
        if account is None:
            raise NotFound("No such account.")
        settings = account.settings | {SETTING: chosen}
        changed = accounts.Account(id=account.id, name=account.name, created=account.created, settings=settings)
        accounts.change(tx, changed)
        audit.note(tx, visit, "email.settings", account.id, detail=", ".join(sorted(on & set(chosen))))

    await visit.write(act)
    return Redirect(to=f"{ADDRESS}?saved=1")


ROUTES = (Route(path=ADDRESS, get=show, post=save),)
