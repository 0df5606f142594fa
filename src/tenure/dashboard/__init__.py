"""DOOR: merchant pages under /dashboard. One file per noun, each with its ROUTES; one template per page.

login home subscriptions subscription customers invoices catalog coupons events emails webhooks keys sql
security settings
"""

from typing import Any

import falcon
from falcon.asgi import Request, Response

from tenure.dashboard import (
    billing,
    catalog,
    coupons,
    customers,
    emails,
    events,
    home,
    invoices,
    keys,
    login,
    mail_settings,
    security,
    settings,
    sql,
    subscription,
    subscriptions,
    webhooks,
)
from tenure.dashboard.view import Static, View, missing
from tenure.dashboard.visit import Answer, Route, Visit
from tenure.web.context import App

ROUTES: tuple[Route, ...] = (
    *home.ROUTES,
    *login.ROUTES,
    *subscriptions.ROUTES,
    *subscription.ROUTES,
    *customers.ROUTES,
    *invoices.ROUTES,
    *catalog.ROUTES,
    *coupons.ROUTES,
    *events.ROUTES,
    *emails.ROUTES,
    *webhooks.ROUTES,
    *keys.ROUTES,
    *sql.ROUTES,
    *security.ROUTES,
    *settings.ROUTES,
    *billing.ROUTES,
    *mail_settings.ROUTES,
)


async def _nothing(visit: Visit) -> Answer:
    return missing(visit)


def add_routes(site: Any, app: App) -> None:
    """Put the dashboard on the site; an address that it does not know is its own 404."""
    site.add_route("/dashboard/sign-in", login.SignIn(app))
    site.add_route("/dashboard/static/{name}", Static())
    for route in ROUTES:
        site.add_route(route.path, View(app, route))
    lost = View(app, Route(path="/dashboard", get=_nothing, post=_nothing, writes="viewer"))

    async def elsewhere(req: Request, resp: Response) -> None:
        if req.method in ("GET", "HEAD"):
            await lost.on_get(req, resp)
        elif req.method == "POST":
            await lost.on_post(req, resp)
        else:
            raise falcon.HTTPMethodNotAllowed(["GET", "POST"])

    site.add_sink(elsewhere, "/dashboard/")
