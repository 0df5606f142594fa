"""Refuses changes that another site asked a visitor's browser to make.

    unsafe request ─ Sec-Fetch-Site: same-origin | none ─▶ fine
                   ─ no such header, Origin is ours     ─▶ fine
                   ─ neither header (not a browser)     ─▶ fine: there is no browser to misuse
                   ─ anything else                      ─▶ Forbidden

Where we are reached by plain http beyond loopback, browsers send no Sec-Fetch-Site, and our own Referrer-Policy makes
the Origin `null`; there SameSite=Lax alone has to do, as nothing on such a connection is safe from anybody on the way.

With SameSite=Lax cookies this is the whole defence; there are no tokens in the pages.
Source: OWASP, "Cross-Site Request Forgery Prevention", Fetch Metadata.
"""

from urllib.parse import urlsplit

import falcon.asgi

from tenure.domain.errors import Forbidden

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def _same_origin(origin: str, host: str) -> bool:
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


def check(req: falcon.asgi.Request, *, https: bool) -> None:
    """Raise Forbidden for an unsafe request that comes from another site."""
    if req.method in SAFE_METHODS:
        return
    site, origin = req.get_header("sec-fetch-site"), req.get_header("origin")
    if site is not None:
        allowed = site in ("same-origin", "none")
    elif origin is not None:
        unsaid = origin == "null" and not https
        allowed = unsaid or _same_origin(origin, req.get_header("host") or "")
    else:
        allowed = True
    if not allowed:
        raise Forbidden("This request came from another site, so it was refused. Nothing was changed.")
