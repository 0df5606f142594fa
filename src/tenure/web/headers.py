"""Headers that keep pages private and inert: nothing inline, nothing framed, nothing cached, nothing sent along.

pages    CSP below, no-store, no referrer, COOP; Strict-Transport-Security on https only
preview  the same, but the dashboard may frame it
mail     a mail that the dashboard frames: its own styles, no scripts, no links that lead anywhere
bare     errors and redirects outside the doors: the same without any source at all
assets   nosniff; cached for good under a hashed name
"""

from typing import Literal

import falcon.asgi

Framing = Literal["none", "self", "mail"]
YEAR_S = 31536000
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors '{framing}'; "
    "require-trusted-types-for 'script'"
)
BARE = "default-src 'none'; base-uri 'none'"
# A mail in a frame: the styles that stand in it, and nothing else at all.
MAIL_POLICY = f"sandbox; {BARE}; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'"
POLICIES: dict[Framing, str] = {
    "none": POLICY.format(framing="none"),
    "self": POLICY.format(framing="self"),
    "mail": MAIL_POLICY,
}
BARE_POLICY = f"{BARE}; frame-ancestors 'none'"
PERMISSIONS = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"
PAGE_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": PERMISSIONS,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
HSTS = f"max-age={YEAR_S}; includeSubDomains"


def protect_bare(resp: falcon.asgi.Response, *, https: bool) -> None:
    """The same for an answer that is no page: nothing in it may load, run or be framed."""
    protect(resp, https=https)
    resp.set_header("content-security-policy", BARE_POLICY)


def protect(resp: falcon.asgi.Response, *, https: bool, framing: Framing = "none") -> None:
    """Put the headers of a page on a response."""
    resp.set_headers(PAGE_HEADERS)
    resp.set_header("content-security-policy", POLICIES[framing])
    if framing == "none":
        resp.set_header("x-frame-options", "DENY")
    if https:
        resp.set_header("strict-transport-security", HSTS)
