"""The decision of the guard against requests into private networks; nothing here connects anywhere."""

import ipaddress
import socket

import pytest

from tenure.domain.addresses import check_url, refusal
from tenure.domain.errors import Invalid

REFUSED_URLS = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.255.255.254/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://100.100.100.200/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "https://0xa9fea9fe/",
    "https://2852039166/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://198.18.0.1/",
    "https://198.51.100.7/",
    "https://203.0.113.9/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:c0a8:101::1]/",
    "https://[2001:0:7f00:1::]/",
    "https://[2001:db8::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[ff02::1]/",
    "https://[100::1]/",
    "https://[3fff::1]/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://a.localhost/",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "https://intranet/",
    "https://１２７.０.０.１/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://1.2.3.4.5/",
    "https://256.256.256.256/",
    "https://08.0.0.1/",
    "http://shop.example/",
    "ftp://shop.example/",
    "file:///etc/passwd",
    "gopher://shop.example/",
    "//shop.example/",
    "shop.example",
    "https://",
    "https:///path",
    "https://user@shop.example/",
    "https://user:pass@shop.example/",
    "https://shop.example:22/",
    "https://shop.example:80/",
    "https://shop.example:99999/",
    "https://shop.example\\@127.0.0.1/",
    "https://shop.example/a b",
    "https://shop.example/\r\nHost: x",
    "https://[::1/",
    "https://" + "a" * 2050 + ".example/",
]

ALLOWED_URLS = [
    "https://shop.example/",
    "https://shop.example:443/hooks?a=b",
    "https://shop.example:8443/hooks",
    "https://8.8.8.8/",
    "https://[2606:4700::1111]/",
    "https://xn--mller-kva.example/",
    "https://1and1.example/",
    "https://0x7f.example/",
]


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_a_url_into_a_private_network_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_url(url)
    assert refused.value.param == "url"


@pytest.mark.parametrize("url", ALLOWED_URLS)
def test_a_public_url_is_accepted(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    "host",
    ["127.1", "2130706433", "0x7f000001", "0x7F.0.0.1", "0177.0.0.1", "017700000001", "127.0.1", "0", "0xa9fea9fe"],
)
def test_what_the_c_library_makes_of_a_number_is_refused_at_connect_too(host: str) -> None:
    read = str(ipaddress.IPv4Address(socket.inet_aton(host)))
    assert refusal(read) is not None
    with pytest.raises(Invalid, match="not written as a plain IP address"):
        check_url(f"https://{host}/", allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9000/hook",
        "http://localhost:9000/",
        "https://10.1.2.3/",
        "http://[::1]:80/",
        "http://a.local/",
    ],
)
def test_an_operator_may_allow_private_networks(url: str) -> None:
    check_url(url, allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/",
        "http://0.0.0.0/",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fd00:ec2::254]/",
        "http://224.0.0.1/",
        "http://2130706433/",
        "ftp://127.0.0.1/",
    ],
)
def test_even_then_metadata_services_and_disguises_stay_refused(url: str) -> None:
    with pytest.raises(Invalid):
        check_url(url, allow_private=True)


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "172.32.0.1", "11.0.0.1"])
def test_public_addresses_may_be_connected_to(text: str) -> None:
    assert refusal(text) is None


@pytest.mark.parametrize("text", ["127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1", "fd12::1", "192.168.0.9"])
def test_private_addresses_need_the_operators_setting(text: str) -> None:
    assert refusal(text) is not None
    assert refusal(text, allow_private=True) is None


def test_the_guard_is_at_least_as_strict_as_the_standard_library() -> None:
    samples = [ipaddress.IPv4Address((high << 16) + 1) for high in range(1 << 16)]
    loose = [each for each in samples if not each.is_global and refusal(str(each)) is None]
    assert loose == []


@pytest.mark.parametrize("text", ["", "shop.example", "127.1", "fe80::1%eth0", "1.2.3.4/32"])
def test_what_is_not_an_address_is_refused(text: str) -> None:
    assert refusal(text, allow_private=True) is not None
