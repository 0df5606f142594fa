"""Answers that belong to no door: root, health check, addresses that do not exist, bugs that no door caught.

unknown address ─▶ 404     wrong verb ─▶ 405     a bug ─▶ 500 with the id under which it was logged
"""

import falcon
import structlog
from falcon.asgi import Request, Response

from tenure.web import headers
from tenure.web.request_ids import new_request_id

log = structlog.get_logger("tenure.web")


class Outside:
    """Plain answers with the headers that keep them inert."""

    def __init__(self, *, https: bool) -> None:
        self.https = https

    def say(self, resp: Response, status: int, text: str) -> None:
        """One line of plain text."""
        headers.protect_bare(resp, https=self.https)
        resp.status, resp.text, resp.content_type = status, text, "text/plain; charset=utf-8"

    async def refused(self, req: Request, resp: Response, error: falcon.HTTPError, params: object) -> None:
        """What the framework refuses by itself, without its words about the request."""
        self.say(resp, error.status_code, str(error.status).partition(" ")[2])
        resp.set_headers(error.headers or {})

    async def failed(self, req: Request, resp: Response, bug: Exception, params: object) -> None:
        """Nothing of a bug reaches the caller but the id under which it was logged."""
        rid = new_request_id()
        log.error("request failed", request_id=rid, route=req.uri_template, exc_info=bug)
        self.say(resp, 500, f"Something went wrong on our side. Nothing was changed. ({rid})")
        resp.set_header("request-id", rid)


class Health:
    """Says that the process serves."""

    def __init__(self, outside: Outside) -> None:
        self.outside = outside

    async def on_get(self, req: Request, resp: Response) -> None:
        """200 with one word."""
        self.outside.say(resp, 200, "ok")


class Root:
    """Sends people to the dashboard."""

    def __init__(self, outside: Outside) -> None:
        self.outside = outside

    async def on_get(self, req: Request, resp: Response) -> None:
        """303 to the dashboard."""
        self.outside.say(resp, 303, "")
        resp.location = "/dashboard"
