"""A subscription as its customer sees it: name, price, what happens next, and what can be done.

Subscription + Catalog ── plan() ──▶ Plan(name, amount, per, badge, facts, can_cancel, can_renew)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from tenure.domain.coupons import Coupon, amount_off
from tenure.domain.discounts import Discount
from tenure.domain.invoice_totals import off
from tenure.domain.prices import Price
from tenure.domain.products import Product
from tenure.domain.retention import recurring_amount
from tenure.domain.subscriptions import TERMINAL, Status, Subscription, SubscriptionItem, is_ending, period_end
from tenure.web.readers import Reader

UNPAID = frozenset({Status.PAST_DUE, Status.UNPAID})


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """What subscriptions refer to, by id."""

    prices: Mapping[str, Price] = field(default_factory=dict)
    products: Mapping[str, Product] = field(default_factory=dict)
    coupons: Mapping[str, Coupon] = field(default_factory=dict)


@dataclass(frozen=True)
class Badge:
    """A state in a word, a colour and an icon."""

    text: str
    kind: str
    icon: str
    testid: str = ""


@dataclass(frozen=True)
class Fact:
    """One line of what happens next."""

    icon: str
    text: str


@dataclass(frozen=True)
class Line:
    """One of several items."""

    name: str
    detail: str
    amount: str


@dataclass(frozen=True, kw_only=True)
class Due:
    """The money of a subscription, minor units: its next invoice as it looks now, and the one that is open.

    `varies` says that usage still to come changes the next one; `method` names what pays it. `newest` is
    what remains of the newest open one, and `page` shows that.
    """

    next_amount: int | None = None
    varies: bool = False
    sent: bool = False
    method: str = ""
    unpaid: int = 0
    newest: int = 0
    page: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A subscription, ready to be shown."""

    id: str
    name: str
    detail: str
    amount: str
    was: str
    per: str
    lines: tuple[Line, ...]
    badge: Badge
    facts: tuple[Fact, ...]
    can_cancel: bool
    can_renew: bool
    ends_on: str
    renews_on: str
    since: str
    pay: str = ""
    pay_page: str = ""


def ends_at(subscription: Subscription) -> int:
    """When it ends if nothing changes, or when it ended; the period's end where no end is set."""
    if subscription.ended_at is not None:
        return subscription.ended_at
    if subscription.cancel_at is not None:
        return subscription.cancel_at
    if subscription.status is Status.TRIALING and subscription.trial_end is not None:
        return subscription.trial_end
    return period_end(subscription)


def product_name(item: SubscriptionItem, catalog: Catalog) -> str:
    """The product's name; its id where the product is gone."""
    price = catalog.prices.get(item.price)
    product = catalog.products.get(price.product) if price else None
    return product.name if product else item.price


def plan_name(subscription: Subscription, catalog: Catalog, reader: Reader) -> str:
    """The names of its products as one phrase."""
    return reader.listed(list(dict.fromkeys(product_name(item, catalog) for item in subscription.items)))


def _quantity(item: SubscriptionItem, catalog: Catalog, reader: Reader) -> str:
    quantity = item.quantity
    if quantity is None or quantity == 1:
        return ""
    price = catalog.prices.get(item.price)
    product = catalog.products.get(price.product) if price else None
    if product is not None and product.unit_label:
        return f"{quantity} × {product.unit_label}"
    return reader.language.gettext("Quantity: %(count)s", count=str(quantity))


def _detail(item: SubscriptionItem, catalog: Catalog, reader: Reader) -> str:
    price = catalog.prices.get(item.price)
    product = catalog.products.get(price.product) if price else None
    parts = [product.description if product and product.description else "", _quantity(item, catalog, reader)]
    return " · ".join(part for part in parts if part)


def _one_amount(subscription: Subscription, item: SubscriptionItem, catalog: Catalog) -> int | None:
    """The regular amount of one item, minor units, or None where it is not fixed."""
    return recurring_amount(_only(subscription, item), catalog.prices)


def _only(subscription: Subscription, item: SubscriptionItem) -> Subscription:
    return Subscription(
        id=subscription.id, billing_cycle_anchor=0, currency=subscription.currency, customer=subscription.customer,
        items=[item], start_date=0, status=subscription.status,
    )  # fmt: skip


def _intervals(subscription: Subscription, catalog: Catalog) -> set[tuple[str, int]]:
    found = (catalog.prices[item.price].recurring for item in subscription.items if item.price in catalog.prices)
    return {(recurring.interval, recurring.interval_count) for recurring in found if recurring}


def interval_text(subscription: Subscription, catalog: Catalog, reader: Reader) -> str:
    """What follows the amount, such as "per month"; nothing where its items have several intervals."""
    intervals = _intervals(subscription, catalog)
    return reader.per(*next(iter(intervals))) if len(intervals) == 1 else ""


def full_amount(subscription: Subscription, catalog: Catalog) -> int | None:
    """The regular amount of one period, or None where it is not fixed or periods differ."""
    return recurring_amount(subscription, catalog.prices) if len(_intervals(subscription, catalog)) == 1 else None


def _running(discounts: list[Discount], catalog: Catalog, now: int) -> list[tuple[Discount, Coupon]]:
    """The discounts that lower more than the next payment, with their coupons."""
    found = [(each, catalog.coupons[each.source.coupon]) for each in discounts if each.source.coupon in catalog.coupons]
    return [(each, coupon) for each, coupon in found if each.end is None or each.end > now]


def discounted_amount(subscription: Subscription, catalog: Catalog, now: int) -> int | None:
    """The amount of one period with the discounts that last; item discounts first. None where it is not fixed."""
    if full_amount(subscription, catalog) is None:
        return None
    left = [_one_amount(subscription, item, catalog) or 0 for item in subscription.items]
    products = [catalog.prices[item.price].product for item in subscription.items]
    for place, item in enumerate(subscription.items):
        for _, coupon in _running(item.discounts, catalog, now):
            _take(coupon, left, products, [place], subscription.currency)
    for _, coupon in _running(subscription.discounts, catalog, now):
        _take(coupon, left, products, range(len(left)), subscription.currency)
    return sum(left)


def _is_reduced(subscription: Subscription) -> bool:
    return bool(subscription.discounts) or any(item.discounts for item in subscription.items)


def _take(coupon: Coupon, left: list[int], products: Sequence[str], covered: Iterable[int], currency: str) -> None:
    """What a discount takes off every period of what is left of the items in these places, as far as it applies."""
    only = coupon.applies_to
    places = [n for n in covered if left[n] > 0 and (only is None or products[n] in only.products)]
    if not places or coupon.duration == "once":
        return
    for n, amount in zip(places, off(coupon, [left[n] for n in places], currency), strict=True):
        left[n] -= amount


def off_text(coupon: Coupon, currency: str, reader: Reader) -> str:
    """How much the coupon takes off: "25%" or "€5.00"."""
    if coupon.percent_off is not None:
        return reader.percent(coupon.percent_off)
    return reader.money(amount_off(coupon, 10**15, currency), currency)


def discount_text(discount: Discount, coupon: Coupon, currency: str, reader: Reader) -> str:
    """What a discount does and until when."""
    _, off = reader.language.gettext, off_text(coupon, currency, reader)
    if discount.end is not None:
        return _("%(off)s off until %(date)s", off=off, date=reader.day(discount.end))
    if coupon.duration == "once":
        return _("%(off)s off your next payment", off=off)
    return _("%(off)s off", off=off)


def _discount_facts(subscription: Subscription, catalog: Catalog, reader: Reader) -> list[Fact]:
    every = [*subscription.discounts, *(each for item in subscription.items for each in item.discounts)]
    running = _running(every, catalog, reader.now)
    return [Fact("tag", discount_text(each, coupon, subscription.currency, reader)) for each, coupon in running]


def _badge(subscription: Subscription, reader: Reader) -> Badge:
    _, status = reader.language.gettext, subscription.status
    if status in TERMINAL:
        return Badge(_("Ended"), "", "")
    if is_ending(subscription):
        text = _("Ends %(date)s", date=reader.short_day(ends_at(subscription)))
        return Badge(text, "warn", "clock", "subscription-cancel-at-period-end-badge")
    if status in UNPAID:
        return Badge(_("Payment failed"), "bad", "alert")
    if status is Status.TRIALING:
        text = _("Trial ends %(date)s", date=reader.short_day(ends_at(subscription)))
        return Badge(text, "info", "clock", "trial-ending-badge")
    if status is Status.PAUSED or subscription.pause_collection is not None:
        return Badge(_("Paused"), "", "clock")
    if status is Status.INCOMPLETE:
        return Badge(_("Incomplete"), "warn", "alert")
    return Badge(_("Active"), "ok", "check")


def _strong(reader: Reader, sentence: str, **values: str) -> Markup:
    """A translated sentence whose values stand out."""
    isolate = reader.language.isolate
    filled = {name: Markup(f"<strong>{isolate(escape(value))}</strong>") for name, value in values.items()}  # noqa: S704
    return Markup(sentence) % filled


def _next(subscription: Subscription, name: str, reader: Reader) -> list[Fact]:
    """What happens next, in the order of time."""
    _, status = reader.language.gettext, subscription.status
    if status in TERMINAL:
        return [Fact("calendar", _strong(reader, _("Ended on %(date)s"), date=reader.day(ends_at(subscription))))]
    end = reader.day(ends_at(subscription))
    if is_ending(subscription):
        until = _strong(reader, _("You can use %(plan)s until %(date)s"), plan=name, date=end)
        return [Fact("calendar", until), Fact("card", _("It won’t renew"))]
    if status is Status.TRIALING:
        return [Fact("calendar", _strong(reader, _("Your trial ends on %(date)s. It renews then."), date=end))]
    if status is Status.PAUSED:
        return [Fact("clock", _("Paused until you or the seller resume it"))]
    if subscription.pause_collection is not None:
        resumes = subscription.pause_collection.resumes_at
        if resumes is None:
            return [Fact("clock", _("Payments are paused"))]
        return [Fact("clock", _strong(reader, _("Payments are paused until %(date)s"), date=reader.day(resumes)))]
    if status is Status.INCOMPLETE:
        return [Fact("card", _("The first payment is still open"))]
    return [Fact("calendar", _strong(reader, _("Renews on %(date)s"), date=end))]


def _money_facts(subscription: Subscription, due: Due, reader: Reader) -> list[Fact]:
    """What is to be paid now, and what comes next."""
    _, found = reader.language.gettext, []
    if due.unpaid:
        amount = reader.money(due.unpaid, subscription.currency)
        found.append(Fact("alert", _strong(reader, _("%(amount)s is open"), amount=amount)))
    if due.next_amount is None:
        return found
    amount = reader.money(due.next_amount, subscription.currency)
    if due.varies:
        found.append(Fact("card", _strong(reader, _("Next invoice so far: %(amount)s"), amount=amount)))
    elif due.sent:
        found.append(Fact("card", _strong(reader, _("Next invoice: %(amount)s"), amount=amount)))
    elif due.method:
        text = _("Next payment: %(amount)s with %(method)s")
        found.append(Fact("card", _strong(reader, text, amount=amount, method=due.method)))
    else:
        found.append(Fact("card", _strong(reader, _("Next payment: %(amount)s"), amount=amount)))
    return found


def _lines(subscription: Subscription, catalog: Catalog, reader: Reader) -> tuple[Line, ...]:
    if len(subscription.items) == 1:
        return ()
    lines = []
    for item in subscription.items:
        only = _only(subscription, item)
        amount = full_amount(only, catalog)
        varies = reader.language.gettext("Price varies with usage")
        text = reader.money(amount, subscription.currency) if amount is not None else varies
        per = interval_text(only, catalog, reader)
        lines.append(Line(product_name(item, catalog), _detail(item, catalog, reader), f"{text} {per}".strip()))
    return tuple(lines)


def plan(
    subscription: Subscription, catalog: Catalog, reader: Reader, *, may_cancel: bool = False, due: Due | None = None
) -> Plan:
    """The subscription as a card; `due` adds what its invoices say."""
    name = plan_name(subscription, catalog, reader)
    full = full_amount(subscription, catalog)
    reduced = discounted_amount(subscription, catalog, reader.now) if _is_reduced(subscription) else full
    varies = "" if len(_intervals(subscription, catalog)) > 1 else reader.language.gettext("Price varies with usage")
    ending, ended = is_ending(subscription), subscription.status in TERMINAL
    end = reader.day(ends_at(subscription))
    discounts = [] if ended else _discount_facts(subscription, catalog, reader)
    return Plan(
        id=subscription.id,
        name=name,
        detail=_detail(subscription.items[0], catalog, reader) if len(subscription.items) == 1 else "",
        amount=reader.money(reduced, subscription.currency) if reduced is not None else varies,
        was=reader.money(full, subscription.currency) if full is not None and full != reduced else "",
        per=interval_text(subscription, catalog, reader) if reduced is not None else "",
        lines=_lines(subscription, catalog, reader),
        badge=_badge(subscription, reader),
        facts=(*_next(subscription, name, reader), *_money_facts(subscription, due or Due(), reader), *discounts),
        can_cancel=may_cancel and not ended and not ending and subscription.schedule is None,
        can_renew=may_cancel and not ended and ending and subscription.schedule is None,
        ends_on=end if ending or ended else "",
        renews_on="" if ending or ended else end,
        since=reader.month(subscription.start_date),
        pay=reader.money(due.newest, subscription.currency) if due and due.page else "",
        pay_page=due.page if due else "",
    )
