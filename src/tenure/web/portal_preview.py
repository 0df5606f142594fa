"""The portal as a draft configuration would make it, with a sample customer: the real templates, no working links.

preview("offer", draft, merchant=…, coupon=…, language=…, now=…) ──▶ HTML
pages:  home │ ending │ reason │ offer │ confirm │ done │ saved
"""

from collections.abc import Mapping
from typing import Literal

from tenure.domain.cancellations import at_period_end, cancel_now
from tenure.domain.coupons import Coupon
from tenure.domain.invoice_totals import off
from tenure.domain.periods import DAY_S, add_months
from tenure.domain.portal import Configuration, FeedbackOption
from tenure.domain.prices import Price, Recurring
from tenure.domain.products import Product
from tenure.domain.retention import CancellationSession, OfferRecord, OfferTerms, Payment, Policy, offered_terms, policy
from tenure.domain.subscriptions import Status, Subscription, SubscriptionItem
from tenure.i18n.languages import Language
from tenure.web import portal_cancel
from tenure.web.portal_cancel import Case
from tenure.web.portal_pages import HomePage, Page, frame, render
from tenure.web.portal_plans import Catalog, plan
from tenure.web.readers import Merchant, Reader

PreviewPage = Literal["home", "ending", "reason", "offer", "confirm", "done", "saved"]
PAGES: tuple[PreviewPage, ...] = ("home", "ending", "reason", "offer", "confirm", "done", "saved")
SAMPLE_AMOUNT, SAMPLE_CURRENCY = 2900, "eur"
MOST_PAYMENTS = 37


def sample_catalog(merchant: Merchant, currency: str) -> Catalog:
    """One product with one monthly price."""
    product = Product(id="prod_sample", name=f"{merchant.name} Studio")
    price = Price(
        id="price_sample", product=product.id, currency=currency, unit_amount=SAMPLE_AMOUNT, type="recurring",
        recurring=Recurring(interval="month"),
    )  # fmt: skip
    return Catalog(prices={price.id: price}, products={product.id: product})


def sample_subscription(now: int, currency: str) -> Subscription:
    """An active subscription, a week into its month."""
    start = now - 8 * DAY_S
    item = SubscriptionItem(
        id="si_sample", created=start, current_period_start=start, current_period_end=add_months(start, 1),
        price="price_sample", quantity=1, subscription="sub_sample",
    )  # fmt: skip
    return Subscription(
        id="sub_sample", created=add_months(start, -20), billing_cycle_anchor=start, currency=currency,
        customer="cus_sample", items=[item], start_date=add_months(start, -20), status=Status.ACTIVE,
    )  # fmt: skip


def _sample_flow(page: PreviewPage, rules: Policy, coupon: Coupon | None, now: int) -> CancellationSession:
    done = page == "done" or (page == "reason" and rules.ask != "before")
    accepted = now if page == "saved" else None
    offer = OfferRecord(coupon=coupon.id, shown_at=now, accepted_at=accepted) if coupon else None
    first = rules.options[0] if rules.options else None
    return CancellationSession(
        id="cxs_sample", created=now, customer="cus_sample", subscription="sub_sample", offer=offer,
        feedback=first if page in ("offer", "confirm") and rules.ask == "before" else None,
        confirmed_at=now if done else None, reference="C-7Q4MW2XK",
    )  # fmt: skip


def sample_terms(coupon: Coupon, subscription: Subscription, *, now: int) -> OfferTerms | None:
    """The offer over the sample's payments, which all cost the same."""
    months = coupon.duration_in_months if coupon.duration == "repeating" else None
    until = add_months(now, months) if months is not None else None
    count = min(months + 1, MOST_PAYMENTS) if months is not None else 2
    first, currency = subscription.items[0].current_period_end, subscription.currency
    lower = SAMPLE_AMOUNT - off(coupon, [SAMPLE_AMOUNT], currency)[0]
    payments = []
    for number in range(count):
        at = add_months(first, number)
        covered = number == 0 or coupon.duration == "forever" or (until is not None and at < until)
        payments.append(Payment(at=at, full=SAMPLE_AMOUNT, reduced=lower if covered else SAMPLE_AMOUNT))
    return offered_terms(coupon, currency, payments, until=until, most=MOST_PAYMENTS)


def _page(page: PreviewPage, case: Case, draft: Configuration, coupon: Coupon | None) -> Page:
    offered = sample_terms(coupon, case.subscription, now=case.reader.now) if coupon else None
    match page:
        case "reason":
            return portal_cancel.reason_page(case)
        case "offer" if coupon is not None:
            return portal_cancel.offer_page(case, coupon, offered)
        case "saved" if coupon is not None:
            return portal_cancel.saved_page(case, coupon, offered)
        case "confirm" | "offer" | "saved":
            return portal_cancel.confirm_page(case)
        case "done":
            return portal_cancel.canceled_page(case)
        case "home" | "ending":
            may = draft.features.subscription_cancel.enabled
            card = plan(case.subscription, case.catalog, case.reader, may_cancel=may)
            _ = case.reader.language.gettext
            details = ((_("Name"), "Ada Moreau"), (_("Email"), "ada@moreau.example"))
            return HomePage(plans=(card,), details=details)


def preview(
    page: PreviewPage,
    draft: Configuration,
    *,
    merchant: Merchant,
    language: Language,
    now: int,
    coupon: Coupon | None = None,
    options: Mapping[str, FeedbackOption] | None = None,
) -> bytes:
    """One page of the portal under the draft; without a coupon the offer's page is the one that would follow it."""
    rules = policy(draft, None)
    currency = coupon.currency if coupon and coupon.currency else SAMPLE_CURRENCY
    subscription = sample_subscription(now, currency)
    flow = _sample_flow(page, rules, coupon, now)
    if page == "ending" or flow.confirmed_at is not None:
        ends_now = rules.mode == "immediately" and page != "ending"
        subscription = cancel_now(subscription, now) if ends_now else at_period_end(subscription, now, from_portal=True)
    case = Case(
        subscription=subscription,
        catalog=sample_catalog(merchant, currency),
        policy=rules,
        flow=flow,
        reader=Reader(language=language, time_zone=merchant.time_zone, now=now),
        merchant=merchant,
        options=options or {},
        offer=coupon is not None,
    )
    around = frame(merchant, draft, language, inert=True)
    return render(_page(page, case, draft, coupon), around, language)
