"""One visit of a customer to one portal page: who, under which configuration, in which language.

    cookie ─▶ Opened (store) ─▶ visit(tx) ─▶ handler(tx, visit) ─▶ Shown | Goto

Customer, flow and return address come from the session, never from the request; what belongs to another customer does
not exist for this one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec.structs import replace

from tenure.actions.clock import moment
from tenure.domain.customers import Customer
from tenure.domain.errors import NotFound
from tenure.domain.portal import Configuration, Flow, Session
from tenure.domain.subscriptions import Subscription
from tenure.i18n.languages import Language
from tenure.store import Tx
from tenure.store.portal_sessions import Opened, remember
from tenure.web.asked import Answer, Asked, offered_languages, reading_language
from tenure.web.portal_pages import Frame, frame
from tenure.web.readers import Merchant, Reader, read_merchant


class State(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the pages remember: the language chosen, and the cancel flow of each subscription."""

    language: str | None = None
    finished: bool = False
    flows: dict[str, str] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A customer with a session, and what they asked for."""

    asked: Asked
    cookie_hash: str
    session: Session
    state: State
    configuration: Configuration
    customer: Customer
    merchant: Merchant
    reader: Reader

    @property
    def flow(self) -> Flow | None:
        """The one task that a deep link is for."""
        return self.session.flow

    @property
    def language(self) -> Language:
        return self.reader.language

    def gettext(self, message: str, **values: str) -> str:
        return self.reader.language.gettext(message, **values)

    def own(self, tx: Tx, id: str) -> Subscription:
        """A subscription of this customer, and of the deep link's task where there is nothing around that.

        Raises NotFound, the same for a foreign one as for none.
        """
        task = self.flow.subscription_cancel if self.flow else None
        elsewhere = task is not None and task.subscription != id and not self.has_home()
        found = None if elsewhere else tx.get(Subscription, id)
        if found is None or found.customer != self.customer.id:
            raise NotFound(f"No such subscription: '{id}'", code="resource_missing")
        return found

    def keep(self, tx: Tx, state: State) -> None:
        """Remember something for the next request."""
        remember(tx, self.cookie_hash, msgspec.to_builtins(state))

    def keep_flow(self, tx: Tx, subscription: str, flow: str) -> None:
        """Remember the cancel flow of a subscription."""
        self.keep(tx, replace(self.state, flows={**self.state.flows, subscription: flow}))

    def keep_finished(self, tx: Tx) -> None:
        """Remember that the task of the deep link is done."""
        if self.flow is not None:
            self.keep(tx, replace(self.state, finished=True))

    def has_home(self) -> bool:
        """Whether the rest of the portal can be reached; a deep link shows its task alone, until that leads home."""
        if self.flow is None:
            return True
        return self.state.finished and self.flow.after_completion.type == "portal_homepage"


Handler = Callable[[Tx, Visit], Answer]


def visit(tx: Tx, opened: Opened, asked: Asked, *, cookie_hash: str) -> Visit:
    """The visit of an open session."""
    session = opened.session
    state: State = msgspec.convert(opened.state, State)
    customer = tx.need(Customer, session.customer)
    merchant = read_merchant(tx)
    wishes = (state.language, session.locale, asked.language_cookie, *customer.preferred_locales)
    reader = Reader(
        language=reading_language(asked, *wishes, default=merchant.language),
        time_zone=merchant.time_zone,
        now=moment(tx, customer.test_clock),
    )
    return Visit(
        asked=asked,
        cookie_hash=cookie_hash,
        session=session,
        state=state,
        configuration=tx.need(Configuration, session.configuration),
        customer=customer,
        merchant=merchant,
        reader=reader,
    )


def around(visit: Visit) -> Frame:
    """The frame of this visit's pages."""
    return frame(
        visit.merchant,
        visit.configuration,
        visit.language,
        return_url=visit.session.return_url,
        languages=offered_languages(),
        here=visit.asked.path,
        home=visit.has_home(),
    )


def bare_frame(tx: Tx, opened: Opened, tongue: Language) -> Frame:
    """The frame of a page without a visit, such as an expired link's."""
    session = opened.session
    configuration: Any = tx.get(Configuration, session.configuration)
    return frame(read_merchant(tx), configuration, tongue, return_url=session.return_url, home=False)
