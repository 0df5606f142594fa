"""The pages of the customer portal, ready to be rendered; the portal serves them, the dashboard's preview shows them.

Frame   the rail: merchant, headline or plan, way back, links, languages
Page    what one page says; `template` names its template
render(page, frame, language) ──▶ bytes
"""

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from tenure.domain.portal import Configuration
from tenure.i18n.languages import Language
from tenure.web import pages
from tenure.web.portal_plans import Badge, Plan
from tenure.web.readers import Merchant
from tenure.web.reasons import Option

HOME = "/p/"


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What surrounds every page; an `inert` one (a preview) has no working links."""

    merchant: Merchant
    headline: str = ""
    terms_url: str | None = None
    privacy_url: str | None = None
    return_url: str | None = None
    languages: tuple[Language, ...] = ()
    here: str = HOME
    home: bool = True
    inert: bool = False
    language_url: str = "/p/language"

    def to(self, url: str) -> str:
        """The address, or nowhere in a preview."""
        return "#" if self.inert else url


@dataclass(frozen=True)
class Notice:
    """One message above everything else."""

    title: str
    text: str = ""
    kind: str = "info"
    icon: str = "info"
    focus: bool = False


class Page(Protocol):
    """What one page says; `template` names its template."""

    template: ClassVar[str]


@dataclass(frozen=True, kw_only=True)
class InvoiceRow:
    """One invoice in a list; without an address where it has no page."""

    id: str
    date: str
    amount: str
    number: str
    badge: Badge
    url: str


@dataclass(frozen=True, kw_only=True)
class HomePage:
    """The customer's subscriptions, invoices and details; `older` is where the next subscriptions are."""

    template: ClassVar[str] = "portal/home.html"
    plans: tuple[Plan, ...]
    older: str = ""
    first: bool = True
    past: tuple[Plan, ...] = ()
    notices: tuple[Notice, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    invoices: tuple[InvoiceRow, ...] = ()
    more_invoices: bool = False
    methods_url: str = ""


@dataclass(frozen=True, kw_only=True)
class InvoicesPage:
    """A page of invoices; `older` is where the next one is."""

    template: ClassVar[str] = "portal/invoices.html"
    rows: tuple[InvoiceRow, ...]
    older: str = ""
    first: bool = True


@dataclass(frozen=True, kw_only=True)
class MethodRow:
    """One payment method in a list."""

    id: str
    mark: str
    name: str
    detail: str = ""
    default: bool = False


@dataclass(frozen=True, kw_only=True)
class MethodsPage:
    """The payment methods, and with `cards` the form for one more; `errors` are (field, what to do)."""

    template: ClassVar[str] = "portal/payment_methods.html"
    rows: tuple[MethodRow, ...]
    url: str
    cards: bool = False
    expiry: str = ""
    errors: tuple[tuple[str, str], ...] = ()
    notice: Notice | None = None

    def error(self, name: str) -> str:
        """What is wrong with a field."""
        return next((text for field, text in self.errors if field == name), "")


@dataclass(frozen=True, kw_only=True)
class RemoveMethodPage:
    """What is about to be removed."""

    template: ClassVar[str] = "portal/payment_method_remove.html"
    row: MethodRow
    url: str
    back: str


@dataclass(frozen=True, kw_only=True)
class ReasonPage:
    """The reason, asked before the cancel or, with `done`, after it."""

    template: ClassVar[str] = "portal/reason.html"
    plan: Plan
    options: tuple[Option, ...]
    title: str
    lead: str
    chosen: str = ""
    comment: str = ""
    error: str = ""
    limit: int = 5000
    limit_text: str = ""
    done: Notice | None = None
    step: int = 1
    steps: int = 1


@dataclass(frozen=True)
class PriceRow:
    """One line of an offer's price path."""

    label: str
    amount: str
    was: str = ""
    saving: bool = False


@dataclass(frozen=True, kw_only=True)
class OfferPage:
    """The one offer to stay, in full, with two equal ways on."""

    template: ClassVar[str] = "portal/offer.html"
    plan: Plan
    title: str
    lead: str
    headline: str
    rows: tuple[PriceRow, ...]
    terms: str
    accept: str
    step: int = 1
    steps: int = 1


@dataclass(frozen=True)
class Point:
    """One thing that happens on confirming."""

    icon: str
    title: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class ConfirmPage:
    """What ends, when, and how to undo it; `version` stands for the facts that are stated."""

    template: ClassVar[str] = "portal/confirm.html"
    plan: Plan
    points: tuple[Point, ...]
    version: str
    immediate: bool = False
    reason: str = ""
    reason_lang: str | None = None
    asks_before: bool = False
    notice: Notice | None = None
    step: int = 1
    steps: int = 1


@dataclass(frozen=True, kw_only=True)
class DonePage:
    """The receipt of a cancellation, an accepted offer, an undo, or of having kept everything."""

    template: ClassVar[str] = "portal/done.html"
    plan: Plan
    title: str
    lead: str = ""
    message: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    can_undo: bool = False


@dataclass(frozen=True, kw_only=True)
class MessagePage:
    """One calm sentence where something else was expected: expired, not found, already ended, an error."""

    template: ClassVar[str] = "portal/message.html"
    title: str
    text: str = ""
    kind: str = "info"
    support: bool = False
    code: str = ""
    plan: None = None


@dataclass(frozen=True, kw_only=True)
class OpenPage:
    """The landing page of a link: it posts its secret, by itself or by the button."""

    template: ClassVar[str] = "portal/open.html"
    secret: str = field(repr=False)
    plan: None = None


@dataclass(frozen=True, kw_only=True)
class LeavePage:
    """Says that it is done and goes on to the merchant's address by itself."""

    template: ClassVar[str] = "portal/leave.html"
    title: str
    url: str
    plan: None = None


def frame(
    merchant: Merchant,
    configuration: Configuration | None,
    language: Language,
    *,
    return_url: str | None = None,
    languages: tuple[Language, ...] = (),
    here: str = HOME,
    home: bool = True,
    inert: bool = False,
    language_url: str = "/p/language",
) -> Frame:
    """The frame that a configuration describes; without a headline of its own it has a translated one."""
    profile = configuration.business_profile if configuration else None
    default = language.gettext("Manage your %(merchant)s subscription.", merchant=merchant.name)
    return Frame(
        merchant=merchant,
        headline=profile.headline if profile and profile.headline else default,
        terms_url=profile.terms_of_service_url if profile else None,
        privacy_url=profile.privacy_policy_url if profile else None,
        return_url=return_url or (configuration.default_return_url if configuration else None),
        languages=languages,
        here=here,
        home=home,
        inert=inert,
        language_url=language_url,
    )


def render(page: Page, frame: Frame, language: Language) -> bytes:
    """The page as HTML."""
    return pages.render(page.template, language, {"page": page, "frame": frame})
