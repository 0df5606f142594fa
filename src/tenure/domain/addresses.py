"""Where a webhook may be sent: the decision behind the guard against requests into private networks.

    https://shop.example/hooks       a name: may be saved; its addresses are judged at every connection
    https://10.0.0.8/                refused: private
    https://[::ffff:127.0.0.1]/      refused: the address inside the address is loopback
    https://2130706433/              refused: a number that resolvers read as 127.0.0.1
    https://shop.example:22/         refused: port

An operator's setting (`allow_private`) opens private and loopback addresses, plain http and every port.
What can never be a receiver (multicast, unspecified, link-local with the cloud's metadata) stays refused.
"""

import unicodedata
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from tenure.domain.errors import Invalid

PORTS = frozenset({443, 8443})
LONGEST_URL = 2048
LOCAL_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa", "localdomain")

Address = IPv4Address | IPv6Address


def _networks(*texts: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text) for text in texts)


NEVER = _networks(
    "0.0.0.0/8",
    "100.100.100.200/32",
    "169.254.0.0/16",
    "192.0.0.192/32",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "fe80::/10",
    "ff00::/8",
    "fd00:ec2::/32",
)
PRIVATE = _networks(
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
)
GLOBAL_V6 = IPv6Network("2000::/3")
PRIVATE_V6 = _networks(
    "2001::/23",
    "2001:db8::/32",
    "2620:4f:8000::/48",
    "3fff::/20",
)
MAPPED = IPv6Network("::ffff:0:0/96")
TRANSLATED = _networks("::ffff:0:0:0/96", "64:ff9b::/96")
SIX_TO_FOUR = IPv6Network("2002::/16")
COMPATIBLE = IPv6Network("::/96")


def refusal(text: str, *, allow_private: bool = False) -> str | None:
    """Why no connection to this IP address may be made, or None when it may; a zone index never may."""
    try:
        address = ip_address(text)
    except ValueError:
        return f"{text} is not an IP address"
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return f"{text} is bound to a network interface"
    inner = _inside(address)
    if inner is not None and (why := refusal(str(inner), allow_private=allow_private)) is not None:
        return f"{text} carries another address: {why}"
    if any(address in network for network in NEVER):
        return f"{text} can never receive webhooks"
    if not allow_private and (_private(address) or (inner is not None and address not in MAPPED)):
        return f"{text} is not a public address"
    return None


def check_url(url: str, *, allow_private: bool = False, param: str = "url") -> None:
    """Refuse a URL that no webhook may be sent to, as far as the text tells; names are judged when connecting."""
    parts, port = _split(url, param=param)
    schemes = {"https", "http"} if allow_private else {"https"}
    if parts.scheme not in schemes:
        raise Invalid("Invalid URL: a webhook endpoint needs an https:// address.", code="url_invalid", param=param)
    host = (parts.hostname or "").rstrip(".")
    if not host:
        raise Invalid("Invalid URL: an explicit host is required.", code="url_invalid", param=param)
    if parts.username is not None or parts.password is not None:
        raise Invalid("Invalid URL: a user name or password is not allowed.", code="url_invalid", param=param)
    if not allow_private and port not in {None, *PORTS}:
        raise Invalid(f"Invalid URL: port {port} is not allowed; use 443 or 8443.", code="url_invalid", param=param)
    if (why := _host_refusal(host, allow_private=allow_private)) is not None:
        raise Invalid(f"Invalid URL: {why}.", code="url_invalid", param=param)


def _split(url: str, *, param: str) -> tuple[SplitResult, int | None]:
    bad = any(unicodedata.category(each) in {"Cc", "Cf", "Zs", "Zl", "Zp"} for each in url) or "\\" in url
    if bad or not 0 < len(url) <= LONGEST_URL:
        raise Invalid("Invalid URL: empty, too long, or with characters not allowed.", code="url_invalid", param=param)
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError as problem:
        raise Invalid("Not a valid URL", code="url_invalid", param=param) from problem


def _host_refusal(host: str, *, allow_private: bool) -> str | None:
    plain = unicodedata.normalize("NFKC", host).replace("。", ".").lower().rstrip(".")
    if ":" in plain:
        return refusal(plain, allow_private=allow_private)
    number = _as_number(plain)
    if number is not None:
        if str(number) != host:
            return f"{host} is not written as a plain IP address or name"
        return refusal(host, allow_private=allow_private)
    if allow_private:
        return None
    if "." not in plain or any(plain == name or plain.endswith("." + name) for name in LOCAL_NAMES):
        return f"{host} is a name of a private network"
    return None


def _as_number(host: str) -> IPv4Address | None:
    """The address that a C library reads from a host made of numbers: 127.1, 0x7f.1, 017700000001, 2130706433.

    None for a name. A host whose last label is a number but not readable counts as 0.0.0.0, which is refused.
    """
    labels = host.split(".")
    if not _numeric(labels[-1]):
        return None
    try:
        values = [_c_number(label) for label in labels]
    except ValueError:
        return IPv4Address(0)
    last_width = 8 * (5 - len(values))
    if len(values) > 4 or any(value > 255 for value in values[:-1]) or values[-1] >= 1 << max(last_width, 0):
        return IPv4Address(0)
    high = sum(value << (24 - 8 * place) for place, value in enumerate(values[:-1]))
    return IPv4Address(high + values[-1])


def _numeric(label: str) -> bool:
    if label.startswith("0x"):
        return all(each in "0123456789abcdef" for each in label[2:])
    return label.isascii() and label.isdigit()


def _c_number(label: str) -> int:
    if label.startswith("0x"):
        return int(label[2:] or "0", 16)
    if label.startswith("0") and label != "0":
        return int(label, 8)
    if not label.isdigit():
        raise ValueError(label)
    return int(label)


def _inside(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for: mapped, translated (NAT64), 6to4, compatible or Teredo."""
    if isinstance(address, IPv4Address):
        return None
    number = int(address)
    if address in SIX_TO_FOUR:
        return IPv4Address(number >> 80 & 0xFFFFFFFF)
    if address in MAPPED or any(address in network for network in TRANSLATED):
        return IPv4Address(number & 0xFFFFFFFF)
    if address in COMPATIBLE and number > 0xFFFF:
        return IPv4Address(number & 0xFFFFFFFF)
    return address.teredo[1] if address.teredo is not None else None


def _private(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return any(address in network for network in PRIVATE)
    if address in MAPPED:
        return False
    return address not in GLOBAL_V6 or any(address in network for network in PRIVATE_V6)
