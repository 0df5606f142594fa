"""Cookies that carry a sign-in: a random token in the browser, its SHA-256 in the database.

https  __Host-tenure_portal=…; Secure; HttpOnly; SameSite=Lax; Path=/
http   tenure_portal=…; HttpOnly; SameSite=Lax; Path=/          (loopback, for development)
"""

import hashlib
import secrets

import falcon.asgi

TOKEN_BYTES = 32
MAX_TOKEN_LENGTH = 200


def new_token() -> str:
    """256 random bits, safe in URLs and cookies."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def cookie_name(name: str, *, https: bool) -> str:
    """The cookie's name; the prefix makes browsers insist on Secure, Path=/ and no Domain."""
    return f"__Host-tenure_{name}" if https else f"tenure_{name}"


def read(req: falcon.asgi.Request, name: str, *, https: bool) -> str | None:
    """The token that the browser sent, if it could be one."""
    token = req.cookies.get(cookie_name(name, https=https))
    return token if token and len(token) <= MAX_TOKEN_LENGTH else None


def write(resp: falcon.asgi.Response, name: str, token: str, *, https: bool, max_age_s: int | None = None) -> None:
    """Give the browser a token; without an age it goes when the browser closes."""
    cookie = cookie_name(name, https=https)
    resp.set_cookie(cookie, token, max_age=max_age_s, secure=https, http_only=True, same_site="Lax", path="/")


def clear(resp: falcon.asgi.Response, name: str, *, https: bool) -> None:
    """Take the token away from the browser."""
    resp.unset_cookie(cookie_name(name, https=https), path="/", same_site="Lax")
