"""Coupons: the list, the form with its sentence in money, one coupon with its redemptions, and deleting it.

25% off for 3 months ─▶ "A €29.00 invoice becomes €21.75 for 3 months."      computed here, never in the browser
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from tenure.actions import coupons, promotion_codes
from tenure.dashboard import audit, lists, words
from tenure.dashboard.formats import Words
from tenure.dashboard.visit import Answer, Form, Page, Redirect, Route, Visit
from tenure.domain.coupons import Coupon, amount_off, is_valid
from tenure.domain.customers import Customer
from tenure.domain.errors import NotFound, Refused
from tenure.domain.money import exponent
from tenure.domain.products import Product
from tenure.domain.promotion_codes import PromotionCode
from tenure.domain.subscriptions import Subscription
from tenure.i18n.formats import zone
from tenure.store.tx import Tx

SAMPLE = 2900
CURRENCIES = ("eur", "usd", "gbp", "chf", "sek", "nok", "dkk", "pln", "czk", "jpy", "cad", "aud")
NAME_MAX = 40
REDEEMED_SHOWN = 50


def status(w: Words, coupon: Coupon) -> words.Badge:
    """Whether it can still be redeemed, and why not."""
    if is_valid(coupon, w.now):
        return words.Badge(w._("Active"), "ok", "check")
    if coupon.redeem_by is not None and coupon.redeem_by <= w.now:
        return words.Badge(w._("Expired"), "", "clock")
    return words.Badge(w._("Used up"), "", "x")


def sentence(w: Words, coupon: Coupon) -> str:
    """What a sample invoice becomes."""
    currency = coupon.currency or "eur"
    sample = SAMPLE * 10 ** max(0, exponent(currency) - 2) // 10 ** max(0, 2 - exponent(currency))
    before = w.money(sample, currency)
    after = w.money(sample - amount_off(coupon, sample, currency), currency)
    if coupon.duration == "forever":
        return w._("A %(before)s invoice becomes %(after)s, for good.") % {"before": before, "after": after}
    if coupon.duration == "once":
        return w._("The next %(before)s invoice becomes %(after)s, once.") % {"before": before, "after": after}
    months = coupon.duration_in_months or 1
    return w.ngettext(
        "A %(before)s invoice becomes %(after)s for %(num)s month.",
        "A %(before)s invoice becomes %(after)s for %(num)s months.",
        months,
        before=before,
        after=after,
    )


async def index(visit: Visit) -> Answer:
    """The list."""
    w = visit.words

    def load(tx: Tx) -> dict[str, Any]:
        page = lists.one_page(tx, Coupon, [], visit)
        rows = [
            {
                "id": each.id,
                "name": lists.title_of(each, ""),
                "terms": words.coupon_terms(w, each),
                "redeemed": _redeemed(w, each),
                "badge": status(w, each),
                "created": each.created,
            }
            for each in page.items
        ]
        return {"rows": rows, **lists.links(visit, page)}

    return Page(template="coupons.html", shows={"nav": "coupons"} | await visit.read(load))


def _redeemed(w: Words, coupon: Coupon) -> str:
    count = w.number(coupon.times_redeemed)
    if coupon.max_redemptions is None:
        return count
    return w._("%(count)s of %(most)s") % {"count": count, "most": w.number(coupon.max_redemptions)}


BLANK = {
    "type": "percent", "currency": "eur", "duration": "repeating", "duration_in_months": "3",
    "code_active": "", "limit_date": "", "limit_count": "",
}  # fmt: skip
TEXTS = (
    "name", "id", "percent_off", "amount_off", "duration_in_months", "redeem_by", "max_redemptions", "code",
    "code_customer", "code_minimum", "code_expires", "code_max",
)  # fmt: skip
FLAGS = ("limit_products", "limit_date", "limit_count", "code_active", "code_first")


async def new(visit: Visit) -> Answer:
    """The blank form; its address may fill fields in."""
    given = {
        name: visit.query.one(name)
        for name in (*TEXTS, *FLAGS, "type", "currency", "duration")
        if visit.query.one(name)
    }
    blank = dict.fromkeys((*TEXTS, *FLAGS), "")
    return await _form(visit, {**blank, **BLANK, **given, "products": []}, {}, "")


async def _form(visit: Visit, form: dict[str, Any], errors: dict[str, str], told: str) -> Page:
    products = await visit.read(lambda tx: tx.page(Product, [("active", "=", True)], limit=100).items)
    shows = {
        "nav": "coupons",
        "f": form,
        "errors": errors,
        "products": [(each.id, each.name) for each in products],
        "currencies": [(each, each.upper()) for each in CURRENCIES],
        "sentence": told,
    }
    return Page(template="coupon_new.html", shows=shows, status=422 if errors else 200)


class Reading:
    """A form read field by field; what is wrong is kept by the field's name."""

    def __init__(self, visit: Visit) -> None:
        self.visit, self.form = visit, visit.form
        self.errors: dict[str, str] = {}

    def decimal(self, name: str) -> Decimal | None:
        """A number with a point or a comma."""
        text = self.form.one(name).replace(",", ".").replace("%", "")
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            self.errors[name] = self.visit.words._("Enter a number.")
            return None
        return value

    def whole(self, name: str, least: int = 1, most: int = 1_000_000_000) -> int | None:
        """A whole number within bounds."""
        text = self.form.one(name)
        if not text.isascii() or not text.isdigit() or not least <= int(text[:12]) <= most:
            self.errors[name] = self.visit.words._("Enter a whole number, at least %(least)s.") % {"least": least}
            return None
        return int(text)

    def money(self, name: str, currency: str) -> int | None:
        """An amount over zero, as minor units; more decimals than the currency has are refused."""
        value = self.decimal(name)
        if value is None:
            return None
        minor = value.scaleb(exponent(currency))
        if value <= 0 or minor != minor.to_integral_value() or minor > 99_999_999:
            self.errors[name] = self.visit.words._("Enter an amount in %(currency)s, over zero.") % {
                "currency": currency.upper()
            }
            return None
        return int(minor)

    def end_of_day(self, name: str) -> int | None:
        """The end of a day on the account's clock."""
        try:
            day = date.fromisoformat(self.form.one(name)) + timedelta(days=1)
        except (ValueError, OverflowError):
            self.errors[name] = self.visit.words._("Enter a date as year, month and day: 2026-11-22.")
            return None
        return int(datetime.combine(day, time(), zone(self.visit.words.zone)).timestamp())


def described(reading: Reading) -> dict[str, Any]:
    """The parameters of the coupon that the form describes."""
    form, fields = reading.form, dict[str, Any]()
    _ = reading.visit.words._
    if form.one("name"):
        fields["name"] = form.one("name")
        if len(form.one("name")) > NAME_MAX:
            reading.errors["name"] = _("Use 40 characters at most.")
    if form.one("type") == "amount":
        currency = form.one("currency", "eur") if form.one("currency") in CURRENCIES else "eur"
        fields |= {"amount_off": reading.money("amount_off", currency), "currency": currency}
    else:
        off = reading.decimal("percent_off")
        if off is not None and not 0 < off <= 100:
            reading.errors["percent_off"] = _("Enter a percentage over 0 and up to 100.")
        fields["percent_off"] = float(off) if off is not None else None
    fields["duration"] = form.one("duration") if form.one("duration") in ("forever", "once", "repeating") else "once"
    if fields["duration"] == "repeating":
        fields["duration_in_months"] = reading.whole("duration_in_months", most=120)
    return fields | _limits(reading)


def _limits(reading: Reading) -> dict[str, Any]:
    form, fields = reading.form, dict[str, Any]()
    if form.flag("limit_products"):
        if not form.every("products"):
            reading.errors["products"] = reading.visit.words._("Choose at least one product.")
        fields["applies_to"] = {"products": form.every("products")}
    if form.flag("limit_date"):
        fields["redeem_by"] = reading.end_of_day("redeem_by")
    if form.flag("limit_count"):
        fields["max_redemptions"] = reading.whole("max_redemptions")
    return fields


def _code_fields(reading: Reading, currency: str) -> dict[str, Any] | None:
    """The parameters of the customer-facing code, where one is wanted."""
    form, fields = reading.form, dict[str, Any]()
    if not form.flag("code_active"):
        return None
    if form.one("code"):
        fields["code"] = form.one("code")
        if not all(sign.isascii() and (sign.isalnum() or sign == "-") for sign in form.one("code")):
            reading.errors["code"] = reading.visit.words._("Use letters, digits and dashes only.")
    if form.one("code_customer"):
        fields["customer"] = form.one("code_customer")
    if form.one("code_expires"):
        fields["expires_at"] = reading.end_of_day("code_expires")
    if form.one("code_max"):
        fields["max_redemptions"] = reading.whole("code_max")
    restrictions: dict[str, Any] = {"first_time_transaction": form.flag("code_first")}
    if form.one("code_minimum"):
        restrictions |= {"minimum_amount": reading.money("code_minimum", currency), "minimum_amount_currency": currency}
    return fields | {"restrictions": restrictions}


async def create(visit: Visit) -> Answer:
    """Read the form; show what it means, or make the coupon."""
    reading = Reading(visit)
    fields = described(reading)
    code = _code_fields(reading, fields.get("currency") or "eur")
    wanted = visit.form.one("id")
    if wanted and not all(sign.isascii() and (sign.isalnum() or sign in "-_") for sign in wanted):
        reading.errors["id"] = visit.words._("Use letters, digits, dashes and underscores only.")
    kept = _kept(visit.form)
    if reading.errors:
        return await _form(visit, kept, reading.errors, "")
    if visit.form.one("action") == "preview":
        return await _form(visit, kept, {}, _preview(visit, fields))

    def act(tx: Tx) -> Coupon:
        coupon = coupons.create(tx, fields, id=wanted or None)
        if code is not None:
            promotion_codes.create(tx, code, coupon=coupon.id)
        audit.note(tx, visit, "coupon.create", coupon.id)
        return coupon

    try:
        made = await visit.write(act)
    except Refused as refused:
        name = (refused.param or "").partition("[")[0]
        known = name in kept or name == "products"
        return await _form(visit, kept, {name if known else "": refused.message}, "")
    return Redirect(to=f"/dashboard/coupons/{made.id}?done=created")


def _preview(visit: Visit, fields: dict[str, Any]) -> str:
    known = {name: value for name, value in fields.items() if name != "applies_to"}
    return sentence(visit.words, Coupon(id="preview", **known))


def _kept(form: Form) -> dict[str, Any]:
    """What the form is filled with when it is shown again."""
    texts = {name: form.one(name) for name in (*TEXTS, "type", "currency", "duration")}
    return {**texts, **{name: form.flag(name) for name in FLAGS}, "products": form.every("products")}


async def show(visit: Visit) -> Answer:
    """One coupon: terms, limits, codes, and who has it now."""
    w = visit.words

    def load(tx: Tx) -> dict[str, Any]:
        coupon = tx.get(Coupon, visit.ids["id"], deleted=True)
        if coupon is None:
            raise NotFound("No such coupon.")
        gone = tx.get(Coupon, coupon.id) is None
        carried = tx.page(Subscription, [("doc", "~", f'"coupon":"{coupon.id}"')], limit=REDEEMED_SHOWN).items
        customers = lists.many(tx, Customer, (each.customer for each in carried))
        products = lists.many(tx, Product, coupon.applies_to.products if coupon.applies_to else [])
        return {
            "c": coupon,
            "gone": gone,
            "title": lists.title_of(coupon, coupon.id),
            "state": words.Badge(w._("Deleted"), "", "x") if gone else status(w, coupon),
            "terms": words.coupon_terms(w, coupon),
            "sentence": sentence(w, coupon),
            "redeemed": _redeemed(w, coupon),
            "products": [(each.id, each.name) for each in products.values()],
            "codes": tx.page(PromotionCode, [("coupon", "=", coupon.id)], limit=50).items,
            "carried": [
                (each.id, lists.title_of(customers.get(each.customer), each.customer), words.status_badge(w, each))
                for each in carried
            ],
        }

    return Page(template="coupon.html", shows={"nav": "coupons"} | await visit.read(load))


async def rename(visit: Visit) -> Answer:
    """Give it another name, the only thing that can change."""
    id, name = visit.ids["id"], visit.form.one("name")[:NAME_MAX]

    def act(tx: Tx) -> None:
        coupons.update(tx, id, {"name": name or None})
        audit.note(tx, visit, "coupon.rename", id, detail=name)

    await visit.write(act)
    return Redirect(to=f"/dashboard/coupons/{id}?done=saved")


async def delete(visit: Visit) -> Answer:
    """Delete it; discounts already given go on."""
    id = visit.ids["id"]

    def act(tx: Tx) -> None:
        coupons.delete(tx, id)
        audit.note(tx, visit, "coupon.delete", id)

    await visit.write(act)
    return Redirect(to="/dashboard/coupons?done=deleted")


ROUTES = (
    Route(path="/dashboard/coupons", get=index),
    Route(path="/dashboard/coupons/new", get=new, post=create, reads="editor"),
    Route(path="/dashboard/coupons/{id}", get=show, post=rename),
    Route(path="/dashboard/coupons/{id}/delete", post=delete),
)
