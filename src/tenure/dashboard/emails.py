"""Emails to customers: what was written, what became of it, what it says, and sending it again.

GET /dashboard/emails            POST /dashboard/emails/mail_…/resend
GET /dashboard/emails/mail_…     GET /dashboard/emails/mail_…/preview     the mail itself, in a frame where nothing runs
"""

from typing import Any

from tenure.dashboard import audit, lists
from tenure.dashboard.formats import Words
from tenure.dashboard.visit import Answer, Frame, Page, Redirect, Route, Visit
from tenure.dashboard.words import Badge
from tenure.domain.customers import Customer
from tenure.domain.errors import NotFound
from tenure.domain.mails import MailKind, MailState
from tenure.i18n.locales import native_name
from tenure.mail.letters import as_html, as_text
from tenure.store import mails
from tenure.store.mails import NO_SERVER, TEST_MODE, Mail
from tenure.store.tx import Tx
from tenure.web.mails import read_letter

FOLDERS = {"in_": "invoices", "sub": "subscriptions"}


def kind_text(words: Words, kind: MailKind) -> str:
    """What a mail is about."""
    _ = words._
    return {
        MailKind.PAYMENT_FAILED: _("Payment failed"),
        MailKind.CONFIRM_PAYMENT: _("Payment to be confirmed"),
        MailKind.INVOICE_SENT: _("Invoice sent"),
        MailKind.INVOICE_OVERDUE: _("Invoice overdue"),
        MailKind.CANCELLATION: _("Receipt of a cancellation"),
        MailKind.CANCELLATION_UNDONE: _("Cancellation taken back"),
        MailKind.OFFER_ACCEPTED: _("Offer accepted"),
        MailKind.PAYMENT_RECEIPT: _("Receipt of a payment"),
        MailKind.TRIAL_WILL_END: _("Trial about to end"),
    }[kind]


def state_badge(words: Words, state: MailState) -> Badge:
    """Where a mail is."""
    _ = words._
    return {
        MailState.PENDING: Badge(_("Waiting"), "info", "clock"),
        MailState.SENDING: Badge(_("Sending"), "info", "clock"),
        MailState.SENT: Badge(_("Sent"), "ok", "check"),
        MailState.FAILED: Badge(_("Failed"), "bad", "alert"),
        MailState.UNSENT: Badge(_("Not sent"), "", "x"),
    }[state]


def why(words: Words, mail: Mail) -> str:
    """What came of the last try, or why there was none."""
    _ = words._
    reasons = {
        NO_SERVER: _("Not sent: no mail server is set up."),
        TEST_MODE: _("Not sent: it is of test mode, and the settings keep those here."),
    }
    return reasons.get(mail.error or "", mail.error or "")


async def index(visit: Visit) -> Answer:
    """The list, the newest first."""
    after, before = visit.query.one("after") or None, visit.query.one("before") or None

    def load(tx: Tx) -> dict[str, Any]:
        page = mails.page(tx, limit=lists.PER_PAGE, after=after, before=None if after else before)
        return {"rows": [_row(visit, each) for each in page.items], **lists.links(visit, page)}

    shows = {"nav": "emails", "server": visit.app.mail_server is not None}
    return Page(template="emails.html", shows=shows | await visit.read(load))


def _row(visit: Visit, mail: Mail) -> dict[str, Any]:
    return {
        "id": mail.id,
        "text": kind_text(visit.words, mail.kind),
        "to": mail.recipient,
        "created": mail.created,
        "badge": state_badge(visit.words, mail.state),
        "why": why(visit.words, mail),
    }


def _need(tx: Tx, visit: Visit) -> Mail:
    mail = mails.get(tx, visit.ids["id"])
    if mail is None:
        raise NotFound("No such email.", code="resource_missing")
    return mail


async def show(visit: Visit) -> Answer:
    """One mail, with its words."""

    def load(tx: Tx) -> dict[str, Any]:
        mail = _need(tx, visit)
        letter = read_letter(tx, mail)
        customer = tx.get(Customer, mail.customer, deleted=True)
        folder = FOLDERS.get(mail.object_id[:3])
        return {
            "m": mail,
            "subject": letter.subject,
            "text": as_text(letter),
            "sender": letter.sender,
            "kind": kind_text(visit.words, mail.kind),
            "badge_of": state_badge(visit.words, mail.state),
            "why": why(visit.words, mail),
            "spoken": native_name(mail.locale),
            "customer": lists.title_of(customer, mail.customer),
            "link": f"/dashboard/{folder}/{mail.object_id}" if folder else "",
            "resendable": mail.state in (MailState.SENT, MailState.FAILED, MailState.UNSENT),
        }

    return Page(template="email.html", shows={"nav": "emails"} | await visit.read(load))


async def preview(visit: Visit) -> Answer:
    """The mail as its reader sees it."""
    return Frame(body=(await visit.read(lambda tx: as_html(read_letter(tx, _need(tx, visit))))).encode(), mail=True)


async def resend(visit: Visit) -> Answer:
    """Send it once more; what waits or is on its way stays as it is."""
    id = visit.ids["id"]

    def act(tx: Tx) -> bool:
        _need(tx, visit)
        again = mails.resend(tx, id)
        if again:
            audit.note(tx, visit, "email.resend", id)
        return again

    done = "mail-resent" if await visit.write(act) else "mail-waits"
    return Redirect(to=f"/dashboard/emails/{id}?done={done}")


ROUTES = (
    Route(path="/dashboard/emails", get=index),
    Route(path="/dashboard/emails/{id}", get=show),
    Route(path="/dashboard/emails/{id}/preview", get=preview),
    Route(path="/dashboard/emails/{id}/resend", post=resend),
)
