"""Settings → Customer portal: every section of the configuration, and a preview that renders the real pages.

GET  /dashboard/settings/portal            the saved settings of one configuration
POST …  action=save | overwrite            writes them, unless somebody else did meanwhile
        action=create_coupon | add_reason  makes it, and comes back with everything typed kept
        action=retire:ID                   stops offering a custom reason, for good
        action=up:CODE | down:CODE         moves a reason, a preset or a custom one
POST /dashboard/settings/portal/preview    a page of the portal under what is typed, for the frame
POST /dashboard/settings/portal/new        one more configuration, a copy of the one that is shown
POST /dashboard/settings/portal/{id}       puts a configuration in or out of use
"""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from msgspec.structs import replace as changed

from tenure.actions import configurations, feedback_options
from tenure.actions import coupons as coupon_actions
from tenure.dashboard import audit, coupons, portal_draft, words
from tenure.dashboard.portal_draft import Draft
from tenure.dashboard.visit import Answer, Form, Frame, Page, Redirect, Route, Visit
from tenure.domain.coupons import Coupon, is_valid
from tenure.domain.documents import full
from tenure.domain.errors import NotFound, Refused
from tenure.domain.portal import Configuration, Feedback, FeedbackOption
from tenure.i18n import languages, locales
from tenure.store import accounts
from tenure.store.tx import Tx
from tenure.web import brand, portal_preview, reasons
from tenure.web.readers import merchant_of

PATH = "/dashboard/settings/portal"
MOST = 100


def _configuration(tx: Tx, id: str) -> Configuration:
    """The one that is named, else the default one."""
    found = tx.get(Configuration, id) if id else configurations.default(tx)
    if found is None:
        raise NotFound("There is no such configuration.")
    return found


async def _page(
    visit: Visit, draft: Draft, *, errors: dict[str, str] | None = None, conflict: bool = False, opened: str = "cancel"
) -> Page:
    """The page for a draft, with everything that its choices need."""

    found = await visit.read(lambda tx: _load(tx, draft))
    draft = replace(draft, custom=portal_draft.kept_custom(draft, found["options"]))
    shows = {
        "nav": "portal",
        "d": draft,
        "conflict": conflict,
        "opened": opened,
        "errors": errors or {},
        "coupon_wrong": any(name.startswith("coupon_") for name in errors or {}),
        "config": found["config"],
        "configurations": sorted(found["configurations"], key=lambda each: not each.is_default),
        "picks": [(each.id, _title(visit, each)) for each in found["configurations"] if each.active],
        "new_coupon": portal_draft.NEW_COUPON | {k: v for k, v in (draft.new_coupon or {}).items() if v},
        "currencies": [(each, each.upper()) for each in coupons.CURRENCIES],
        "languages": [(tag, locales.native_name(tag)) for tag in languages.translated_tags()],
        "link_note": _link_note(draft),
        "pages": _pages(visit),
        "states": _states(visit, draft),
    }
    shows |= _reasons(visit, draft, found["options"]) | _coupons(visit, draft, found["coupons"], found["coupon"])
    return Page(template="settings.html", shows=shows, status=422 if errors else 409 if conflict else 200)


def _load(tx: Tx, draft: Draft) -> dict[str, Any]:
    return {
        "config": _configuration(tx, draft.configuration),
        "configurations": tx.page(Configuration, (), limit=MOST).items,
        "coupons": [each for each in tx.page(Coupon, (), limit=MOST).items if is_valid(each, tx.now)],
        "coupon": tx.get(Coupon, draft.coupon) if draft.coupon else None,
        "options": {each.id: each for each in tx.page(FeedbackOption, (), limit=MOST).items},
    }


def _reasons(visit: Visit, draft: Draft, options: dict[str, FeedbackOption]) -> dict[str, Any]:
    """The presets and the custom reasons in their order and words, and what their fields are called."""
    labels = reasons.preset_labels(visit.words.language)
    return {
        "presets": [(code, labels[code]) for code in draft.order],  # type: ignore[index]
        "customs": [portal_draft.reworded(options[id], draft) for id in portal_draft.ordered_custom(draft, options)],
        "wordings": _wordings(draft),
        "label_name": portal_draft.label_name,
        "custom_name": portal_draft.custom_name,
    }


def _coupons(visit: Visit, draft: Draft, usable: list[Coupon], chosen: Coupon | None) -> dict[str, Any]:
    """The coupons to choose from; one that was chosen and cannot be redeemed any more is still shown."""
    gone = bool(draft.coupon) and (chosen is None or not is_valid(chosen, visit.now))
    choices = [*usable, *([chosen] if chosen is not None and chosen not in usable else [])]
    return {"coupon_options": [(each.id, _coupon_label(visit, each)) for each in choices], "coupon_gone": gone}


def _title(visit: Visit, config: Configuration) -> str:
    name = config.name or config.id
    return visit.words._("%(name)s (default)") % {"name": name} if config.is_default else name


def _coupon_label(visit: Visit, coupon: Coupon) -> str:
    terms = words.coupon_terms(visit.words, coupon)
    return terms if coupon.name in (None, terms) else f"{coupon.name} – {terms}"


def _wordings(draft: Draft) -> list[tuple[str, str, dict[Feedback, str]]]:
    """The languages to reword presets in: those we translate to, and those that have labels; with our own words."""
    own = [tag for tag in languages.translated_tags() if "-" not in tag]
    used = sorted({tag for texts in draft.labels.values() for tag in texts})
    tags = dict.fromkeys((locales.DEFAULT, *own, *used))
    return [(tag, locales.native_name(tag), reasons.preset_labels(languages.language(tag))) for tag in tags]


def _link_note(draft: Draft) -> str:
    """The colour that links get where the brand's own would be hard to read on white."""
    color = draft.texts["brand_color"]
    link = brand.scheme(color, "light")["brand-text"] if portal_draft.COLOR.fullmatch(color) else color
    return link if link != color.lower() else ""


def _pages(visit: Visit) -> list[tuple[str, str]]:
    _ = visit.words._
    return [
        ("home", _("Home")),
        ("ending", _("Home: ending")),
        ("reason", _("Cancel: reason")),
        ("offer", _("Cancel: offer")),
        ("confirm", _("Cancel: confirm")),
        ("done", _("Cancel: done")),
        ("saved", _("Offer taken")),
    ]


def _states(visit: Visit, draft: Draft) -> dict[str, str]:
    """What each closed section says about itself."""
    _ = visit.words._
    on, off = _("On"), _("Off")
    ends = _("Straight away") if draft.mode == "immediately" else _("At period end")
    offered = _("%(ends)s, with offer") % {"ends": ends} if draft.on("retention") and draft.coupon else ends
    return {
        "cancel": offered if draft.on("cancel") else _("Customers cannot cancel"),
        "invoices": on if draft.on("invoices") else off,
        "details": on if draft.on("details") else off,
        "payment": on if draft.on("payment") else off,
        "update": on if draft.on("update") else off,
        "business": draft.texts["business_name"],
        "link": _("From the API or a customer’s page"),
    }


async def show(visit: Visit) -> Answer:
    """The saved settings."""

    def load(tx: Tx) -> Draft:
        config = _configuration(tx, visit.query.one("configuration"))
        return portal_draft.of(config, visit.account.settings, visit.account.name)

    return await _page(visit, await visit.read(load), opened=visit.query.one("open", "cancel"))


async def take(visit: Visit) -> Answer:
    """What a button of the form asks for."""
    draft = portal_draft.read(visit.form)
    action, _, about = visit.form.one("action", "save").partition(":")
    if action in ("up", "down"):
        by = -1 if action == "up" else 1
        order, own = portal_draft.moved(draft.order, about, by), portal_draft.moved(draft.custom_order, about, by)
        return await _page(visit, replace(draft, order=order, custom_order=own))
    if action == "create_coupon":
        return await _create_coupon(visit, draft)
    if action == "add_reason":
        return await _add_reason(visit, draft)
    if action == "retire":
        return await _retire(visit, draft, about)
    return await _save(visit, draft, overwrite=action == "overwrite")


async def _save(visit: Visit, draft: Draft, *, overwrite: bool) -> Answer:
    wrong = portal_draft.problems(draft, visit)
    if wrong:
        return await _page(visit, draft, errors=wrong, opened=_section(wrong))

    def save(tx: Tx) -> bool:
        config = _configuration(tx, draft.configuration)
        if not overwrite and str(config.updated) != draft.version:
            return False
        after = configurations.update(tx, config.id, portal_draft.fields(draft))
        if after != config:
            audit.note(tx, visit, "portal.settings", config.id)
        _save_wording(tx, visit, draft)
        _save_account(tx, visit, draft)
        return True

    try:
        saved = await visit.write(save)
    except Refused as refused:
        field = "coupon" if "[coupon]" in (refused.param or "") else ""
        return await _page(visit, draft, errors={field: refused.message})
    if not saved:
        return await _page(visit, draft, conflict=True)
    return Redirect(to=f"{PATH}?{urlencode({'configuration': draft.configuration, 'done': 'portal'})}")


def _save_wording(tx: Tx, visit: Visit, draft: Draft) -> None:
    """Custom reasons in their new words; the answers that were given carry the option, so they read anew too."""
    for id in draft.custom_texts:
        option = tx.get(FeedbackOption, id)
        after = portal_draft.reworded(option, draft) if option is not None else None
        if after is not None and after != option:
            feedback_options.update(tx, id, {"description": after.description, "descriptions": after.descriptions})
            audit.note(tx, visit, "feedback_option.update", id)


def _save_account(tx: Tx, visit: Visit, draft: Draft) -> None:
    """Name and colour belong to the account, not to one configuration; what was left alone stays as it is by now."""
    account = accounts.get(tx, visit.scope.account)
    if account is None:
        return
    typed = {name: draft.texts[name] for name in portal_draft.ACCOUNT_TEXTS}
    named = {name: text for name, text in typed.items() if draft.shown.get(name) != text}
    if any((account.settings.get(name) or "") != text for name, text in named.items()):
        accounts.change(tx, changed(account, settings={**account.settings, **named}))
        audit.note(tx, visit, "account.settings", account.id, detail=", ".join(named))


def _section(wrong: dict[str, str]) -> str:
    """The section that holds the first field with a problem."""
    first = next(iter(wrong))
    if first in ("coupon", "reason", "") or first.startswith(("label_", "own_")):
        return "cancel"
    return "update" if first == "update" else "business"


async def _create_coupon(visit: Visit, draft: Draft) -> Answer:
    """Make the coupon of the inner form and choose it; what else was typed stays as it is."""
    given = {name: [value] for name, value in (draft.new_coupon or {}).items()}
    reading = coupons.Reading(replace(visit, form=Form(given)))
    described = coupons.described(reading)
    if reading.errors:
        wrong = {f"coupon_{name}": text for name, text in reading.errors.items()}
        return await _page(visit, draft, errors=wrong)

    def create(tx: Tx) -> Coupon:
        made = coupon_actions.create(tx, described)
        audit.note(tx, visit, "coupon.create", made.id)
        return made

    try:
        made = await visit.write(create)
    except Refused as refused:
        return await _page(visit, draft, errors={"coupon_name": refused.message})
    chosen = replace(draft, coupon=made.id, flags=draft.flags | {"retention"}, new_coupon=None)
    return await _page(visit, chosen)


async def _add_reason(visit: Visit, draft: Draft) -> Answer:
    """Make a custom reason and tick it."""
    _, text = visit.words._, draft.new_reason
    if not 0 < len(text) <= portal_draft.REASON_MAX:
        wrong = {"new_reason": _("Enter 1 to 100 characters.")}
        return await _page(visit, draft, errors=wrong)

    def create(tx: Tx) -> FeedbackOption:
        made = feedback_options.create(tx, description=text)
        audit.note(tx, visit, "feedback_option.create", made.id)
        return made

    made = await visit.write(create)
    own = {"custom": (*draft.custom, made.id), "custom_order": (*draft.custom_order, made.id)}
    return await _page(visit, replace(draft, new_reason="", **own))  # type: ignore[arg-type]


async def _retire(visit: Visit, draft: Draft, id: str) -> Answer:
    """Stop offering a custom reason, for good; the answers that were given keep it."""

    def stop(tx: Tx) -> None:
        feedback_options.deactivate(tx, id)
        audit.note(tx, visit, "feedback_option.deactivate", id)

    await visit.write(stop)
    return await _page(visit, draft)


async def preview(visit: Visit) -> Answer:
    """One page of the portal under what is typed, or under what is saved when nothing was sent."""
    sent = visit.form if visit.req.method == "POST" else visit.query

    def load(tx: Tx) -> bytes:
        config = _configuration(tx, sent.one("configuration"))
        saved = portal_draft.of(config, visit.account.settings, visit.account.name)
        draft = portal_draft.read(visit.form) if visit.req.method == "POST" else saved
        known = {each.id: each for each in tx.page(FeedbackOption, (), limit=MOST).items}
        draft = replace(draft, custom=portal_draft.kept_custom(draft, known))
        color = draft.texts["brand_color"]
        settings = visit.account.settings | {
            "business_name": draft.texts["business_name"] or visit.account.name,
            "brand_color": color if portal_draft.COLOR.fullmatch(color) else None,
        }
        wanted = sent.one("preview_page", "reason")
        return portal_preview.preview(
            next((page for page in portal_preview.PAGES if page == wanted), "home"),
            portal_draft.applied(draft, config),
            merchant=merchant_of(visit.account.id, visit.account.name, settings),
            language=languages.language(_tag(sent.one("preview_language"))),
            now=tx.now,
            coupon=tx.get(Coupon, draft.coupon) if draft.on("retention") and draft.coupon else None,
            options={id: portal_draft.reworded(option, draft) for id, option in known.items()},
        )

    return Frame(body=await visit.read(load))


def _tag(wanted: str) -> str:
    return wanted if wanted in languages.translated_tags() else locales.DEFAULT


async def create(visit: Visit) -> Answer:
    """One more configuration, with the saved settings of the one that is shown."""
    name = visit.form.one("new_name")[: portal_draft.NAME_MAX] or visit.words._("Unnamed")

    def copy(tx: Tx) -> Configuration:
        source = _configuration(tx, visit.form.one("configuration"))
        wire = full(source)
        known = {each.id: each for each in tx.page(FeedbackOption, (), limit=MOST).items}
        draft = portal_draft.of(source, {}, "")
        cancel = wire["features"]["subscription_cancel"]
        cancel["cancellation_reason"]["feedback_options"] = list(portal_draft.kept_custom(draft, known)) or None
        if draft.coupon and tx.get(Coupon, draft.coupon) is None:
            cancel["retention"] = None
        copied = {part: wire[part] for part in ("business_profile", "default_return_url", "features")}
        made = configurations.create(tx, {"name": name, **copied})
        audit.note(tx, visit, "portal.create", made.id)
        return made

    made = await visit.write(copy)
    return Redirect(to=f"{PATH}?{urlencode({'configuration': made.id, 'done': 'created'})}")


async def switch(visit: Visit) -> Answer:
    """Put a configuration in use, or out of it; new links cannot name one that is out of use."""
    id, active = visit.ids["id"], visit.form.one("active") == "true"

    def act(tx: Tx) -> None:
        configurations.update(tx, id, {"active": active})
        audit.note(tx, visit, "portal.activate" if active else "portal.deactivate", id)

    await visit.write(act)
    return Redirect(to=f"{PATH}?{urlencode({'configuration': id, 'done': 'saved'})}")


ROUTES = (
    Route(path=PATH, get=show, post=take),
    Route(path=f"{PATH}/preview", get=preview, post=preview, writes="viewer"),
    Route(path=f"{PATH}/new", post=create),
    Route(path=f"{PATH}/{{id}}", post=switch),
)
