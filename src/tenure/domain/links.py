"""Addresses that pages lead customers to: made by the merchant, judged once, when they are saved.

https://shop.example/account     fine
http://localhost:3000/           fine in test mode
http://shop.example/             refused: not https
https://shop.example@evil.example/, javascript:alert(1), //evil.example, "https://x\\n"     refused
"""

import unicodedata
from urllib.parse import SplitResult, urlsplit

from tenure.domain.errors import Invalid

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})


def check_address(url: str, *, param: str) -> None:
    """Refuse what is not one plain address of the web, such as that of a product's picture. Raises Invalid."""
    if _parts(url, param).scheme not in ("https", "http"):
        raise Invalid("Not a valid URL", code="url_invalid", param=param)


def check_link(url: str, *, livemode: bool, param: str) -> None:
    """Refuse what is not one plain https address; http leads only to this machine, in test mode. Raises Invalid."""
    parts = _parts(url, param)
    if parts.scheme != "https" and (livemode or parts.scheme != "http" or parts.hostname not in LOOPBACK):
        raise Invalid(
            "Invalid URL: it must begin with https://, or in test mode with http://localhost.",
            code="url_invalid",
            param=param,
        )


def _parts(url: str, param: str) -> SplitResult:
    if any(unicodedata.category(each) in INVISIBLE or each in '\\"<>' for each in url):
        raise Invalid("Not a valid URL", code="url_invalid", param=param)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Invalid("Not a valid URL", code="url_invalid", param=param) from None
    if not host or port == 0 or "@" in parts.netloc:
        raise Invalid("Not a valid URL", code="url_invalid", param=param)
    return parts
