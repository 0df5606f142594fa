"""What a bank would ask its customer, played in test mode: 3-D Secure with two buttons.

GET  /i/authenticate/<token>    the question     POST    complete │ fail ─▶ the invoice, or the merchant's return_url

The token names account and mode and holds the client secret of a payment intent or of a setup intent.
"""

from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from falcon.asgi import Request as AsgiRequest
from falcon.asgi import Response as AsgiResponse

from tenure.actions import configurations, payment_intents, setup_intents
from tenure.actions.clock import moment
from tenure.domain.customers import Customer
from tenure.domain.documents import Request, Scope
from tenure.domain.errors import NotFound
from tenure.domain.invoices import Invoice
from tenure.domain.payment_intents import PaymentIntent
from tenure.domain.payment_methods import PaymentMethod
from tenure.domain.payments import read_token
from tenure.domain.setup_intents import SetupIntent
from tenure.hosted.door import Door, Made
from tenure.hosted.guest import url_of
from tenure.store import Tx
from tenure.web.asked import Answer, Asked, Goto, Shown, message, read_form, reading_language
from tenure.web.invoice_pages import AuthenticatePage
from tenure.web.methods import method_name
from tenure.web.portal_pages import LeavePage, frame
from tenure.web.readers import Reader, read_merchant

Intent = PaymentIntent | SetupIntent
SETUP = "seti_"


class Question:
    """The page of one intent that waits for its customer."""

    def __init__(self, door: Door) -> None:
        self.door = door

    async def on_get(self, req: AsgiRequest, resp: AsgiResponse, token: str) -> None:
        await self.door.answer(req, resp, partial(self._run, req, resp, token, None))

    async def on_post(self, req: AsgiRequest, resp: AsgiResponse, token: str) -> None:
        await self.door.answer(req, resp, partial(self._post, req, resp, token))

    async def _post(self, req: AsgiRequest, resp: AsgiResponse, token: str, rid: str) -> None:
        await self._run(req, resp, token, await read_form(req), rid)

    async def _run(
        self, req: AsgiRequest, resp: AsgiResponse, token: str, form: dict[str, str] | None, rid: str
    ) -> None:
        scope, secret = known(token)
        asked = self.door.asked(req, {"token": token}, form)
        store = self.door.app.store
        run: Any = store.read if form is None else store.write
        work = partial(ask if form is None else take, secret=secret, asked=asked)
        self.door.put(req, resp, *await run(scope, work, now=self.door.app.clock(), request=Request(id=rid)))


def known(token: str) -> tuple[Scope, str]:
    """Scope and client secret of a token of test mode. Raises NotFound."""
    found = read_token(token)
    if found is None or found[0].livemode:
        raise NotFound("There is no such page.")
    return found


def intent_of(tx: Tx, secret: str) -> Intent:
    """The intent of either kind with this client secret. Raises NotFound."""
    if secret.startswith(SETUP):
        return setup_intents.by_secret(tx, secret)
    return payment_intents.by_secret(tx, secret)


def ask(tx: Tx, *, secret: str, asked: Asked) -> Made:
    """The question, while there is one."""
    intent, reader = intent_of(tx, secret), _reader(tx, asked)
    if intent.status != "requires_action":
        return _made(tx, asked, reader, _after(tx, intent, reader, return_url=None))
    _ = reader.language.gettext
    page = AuthenticatePage(
        url=asked.path,
        title=_("Confirm that it’s you"),
        lead=_("This is a test. In live mode, the bank that issued the card asks here."),
        rows=_rows(tx, intent, reader),
    )
    return _made(tx, asked, reader, Shown(page))


def take(tx: Tx, *, secret: str, asked: Asked) -> Made:
    """The answer, once; the intent goes on, and its invoice with it."""
    before, reader = intent_of(tx, secret), _reader(tx, asked)
    if before.status != "requires_action":
        return _made(tx, asked, reader, _after(tx, before, reader, return_url=None))
    customer = tx.get(Customer, before.customer) if before.customer else None
    now, ok = moment(tx, customer.test_clock if customer else None), asked.form.get("outcome") == "complete"
    actions = setup_intents if isinstance(before, SetupIntent) else payment_intents
    after: Intent = actions.authenticate(tx, secret, ok=ok, now=now)
    redirect = (before.next_action or {}).get("redirect_to_url") or {}
    return _made(tx, asked, reader, _after(tx, after, reader, return_url=redirect.get("return_url")))


def _after(tx: Tx, intent: Intent, reader: Reader, *, return_url: str | None) -> Answer:
    """Where a customer goes on who has answered: the merchant's page, the invoice, or a calm sentence."""
    _, done = reader.language.gettext, intent.status in ("succeeded", "requires_capture", "processing")
    title = _("Your payment is confirmed") if done else _("Your payment is not confirmed")
    if return_url is not None:
        return Shown(LeavePage(title=title, url=_back_to(return_url, intent, done=done)))
    invoice = tx.get(Invoice, intent.invoice) if isinstance(intent, PaymentIntent) and intent.invoice else None
    if invoice is not None and invoice.hosted_token is not None:
        return Goto(f"{url_of(invoice)}?paid=1" if done else url_of(invoice))
    return message(title, _("You can close this page."))


def _back_to(url: str, intent: Intent, *, done: bool) -> str:
    """The merchant's address with what it is told. Source: Stripe documentation, "PaymentIntents: return_url"."""
    parts, kind = urlsplit(url), intent.object
    told = {
        kind: intent.id,
        f"{kind}_client_secret": intent.client_secret or "",
        "redirect_status": "succeeded" if done else "failed",
    }
    query = "&".join(part for part in (parts.query, urlencode(told)) if part)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))


def _rows(tx: Tx, intent: Intent, reader: Reader) -> tuple[tuple[str, str], ...]:
    _ = reader.language.gettext
    method = tx.get(PaymentMethod, intent.payment_method) if intent.payment_method else None
    rows = [(_("Payable to"), read_merchant(tx).name)]
    if isinstance(intent, PaymentIntent):
        rows.append((_("Amount"), reader.money(intent.amount, intent.currency)))
    if method is not None:
        rows.append((_("Payment method"), method_name(method, reader.language)))
    return tuple(rows)


def _reader(tx: Tx, asked: Asked) -> Reader:
    merchant = read_merchant(tx)
    tongue = reading_language(asked, asked.language_cookie, default=merchant.language)
    return Reader(language=tongue, time_zone=merchant.time_zone, now=tx.now)


def _made(tx: Tx, asked: Asked, reader: Reader, answer: Answer) -> Made:
    around = frame(read_merchant(tx), configurations.default(tx), reader.language, here=asked.path, home=False)
    return answer, around, reader.language
