"""Settings of billing: when failed payments are tried again, what follows, and how invoices are numbered.

GET, POST /dashboard/settings/billing     kept in the account's settings, read by the billing engine
"""

from typing import Any

from tenure.dashboard import audit
from tenure.dashboard.visit import Answer, Form, Page, Redirect, Route, Visit
from tenure.domain import dunning
from tenure.domain.errors import NotFound
from tenure.store import accounts
from tenure.store.tx import Tx

ADDRESS = "/dashboard/settings/billing"
THEN = ("cancel", "unpaid", "past_due")
LONGEST_WAIT_DAYS = 60
PREFIX_LENGTHS = range(1, 13)


async def show(visit: Visit) -> Answer:
    """The form with what is saved."""
    rules = dunning.of_account(visit.account.settings)
    numbering = visit.account.settings.get("invoice_numbering") or {}
    shown = {
        "retry_days": ", ".join(f"{days:g}" for days in rules.retry_days),
        "then": rules.then,
        "require_payment_method": bool(visit.account.settings.get("require_payment_method")),
        "numbering": numbering.get("by", "customer"),
        "prefix": numbering.get("prefix", "INV"),
    }
    return _page(visit, shown, {})


def _page(visit: Visit, shown: dict[str, Any], errors: dict[str, str]) -> Page:
    _ = visit.words._
    choices = {
        "cancel": _("Cancel the subscription"),
        "unpaid": _("Mark it as unpaid; it goes on without being charged"),
        "past_due": _("Leave it past due"),
    }
    saved = visit.query.flag("saved") and not errors
    shows = {
        "nav": "billing",
        "errors": errors,
        "form": shown,
        "saved": saved,
        "then_choices": tuple(choices.items()),
    }
    return Page(template="billing.html", shows=shows, status=422 if errors else 200)


async def save(visit: Visit) -> Answer:
    """Keep what was typed, or show what is wrong with it."""
    form, _ = visit.form, visit.words._
    days = _days(form.one("retry_days"))
    prefix = form.one("prefix", "INV").upper()
    errors: dict[str, str] = {}
    if days is None:
        errors["retry_days"] = _("Enter up to seven waits in days, such as 3, 5, 7; each is at most 60.")
    if form.one("then") not in THEN:
        errors["then"] = _("Choose what follows the last try.")
    if form.one("numbering") not in ("customer", "account"):
        errors["numbering"] = _("Choose how invoices are numbered.")
    if len(prefix) not in PREFIX_LENGTHS or not prefix.isalnum() or not prefix.isascii():
        errors["prefix"] = _("Use one to twelve letters and digits.")
    if days is None or errors:
        return _page(visit, _typed(form, prefix), errors)
    settings = {
        "dunning": {"retry_days": days, "then": form.one("then")},
        "invoice_numbering": {"by": form.one("numbering"), "prefix": prefix},
        "require_payment_method": form.flag("require_payment_method"),
    }
    await visit.write(lambda tx: _kept(tx, visit, settings))
    return Redirect(to=f"{ADDRESS}?saved=1")


def _typed(form: Form, prefix: str) -> dict[str, Any]:
    return {
        "retry_days": form.one("retry_days"),
        "then": form.one("then"),
        "require_payment_method": form.flag("require_payment_method"),
        "numbering": form.one("numbering"),
        "prefix": prefix,
    }


def _days(text: str) -> list[int] | None:
    """The waits in days, or None where they are none."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) >= dunning.MOST_TRIES or not all(part.isascii() and part.isdecimal() for part in parts):
        return None
    days = [int(part[:4]) for part in parts]
    return days if all(1 <= each <= LONGEST_WAIT_DAYS for each in days) else None


def _kept(tx: Tx, visit: Visit, settings: dict[str, Any]) -> None:
    account = accounts.get(tx, visit.account.id)
    if account is None:
        raise NotFound("No such account.")
    changed = accounts.Account(
        id=account.id, name=account.name, created=account.created, settings=account.settings | settings
    )
    accounts.change(tx, changed)
    audit.note(tx, visit, "billing.settings", account.id)


ROUTES = (Route(path=ADDRESS, get=show, post=save),)
