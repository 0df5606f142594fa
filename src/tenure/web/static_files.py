"""Serves /static: assets under hashed names for good, brand stylesheets by colour, everything else 404.

GET /static/base.4f1c09ab.css        GET /static/brand/0e7c6b.css
"""

import falcon
import falcon.asgi

from tenure.web import assets, brand

MAX_AGE_PLAIN = "public, max-age=300"


def _put(req: falcon.asgi.Request, resp: falcon.asgi.Response, asset: assets.Asset, cache_control: str) -> None:
    resp.set_header("x-content-type-options", "nosniff")
    resp.set_header("cross-origin-resource-policy", "same-origin")
    resp.set_header("cache-control", cache_control)
    resp.set_header("vary", "Accept-Encoding")
    resp.etag = asset.path.rsplit(".", 2)[-2]
    resp.content_type = asset.type
    if req.if_none_match and any(tag in ("*", resp.etag) for tag in req.if_none_match):
        resp.status = falcon.HTTP_304
        return
    resp.data = asset.content
    if "gzip" in (req.get_header("accept-encoding") or "") and not asset.type.startswith("image/png"):
        resp.data = asset.as_gzip
        resp.set_header("content-encoding", "gzip")


class Assets:
    """Files of the static folder, by hashed name (cached for good) or plain name (for a few minutes)."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, name: str) -> None:
        hashed = assets.by_path().get(f"/static/{name}")
        plain = assets.assets().get(name)
        if hashed is not None:
            _put(req, resp, hashed, assets.FOREVER)
        elif plain is not None:
            _put(req, resp, plain, MAX_AGE_PLAIN)
        else:
            raise falcon.HTTPNotFound


class Brands:
    """A stylesheet of eight custom properties for any colour."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, name: str) -> None:
        color, _, suffix = name.partition(".")
        if suffix != "css" or not brand.HEX.fullmatch(color):
            raise falcon.HTTPNotFound
        content = brand.stylesheet(color.lower())
        resp.set_header("x-content-type-options", "nosniff")
        resp.set_header("cache-control", assets.FOREVER)
        resp.content_type = assets.TYPES[".css"]
        resp.data = content


class Favicon:
    """Browsers ask for it by themselves; the product's mark."""

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        _put(req, resp, assets.assets()["icon.svg"], MAX_AGE_PLAIN)


def routes(app: falcon.asgi.App) -> None:  # type: ignore[type-arg]
    """Add the routes of /static."""
    app.add_route("/static/{name}", Assets())
    app.add_route("/static/brand/{name}", Brands())
    app.add_route("/favicon.ico", Favicon())
