"""What another site can make a browser send is refused."""

import pytest
from falcon.asgi import Request
from falcon.testing import create_asgi_req

from tenure.domain.errors import Forbidden
from tenure.web import csrf


def asked(method: str = "POST", **headers: str) -> Request:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return create_asgi_req(method=method, path="/p/", host="billing.example", headers=given)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "same-origin"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": "http://billing.example"},
        {},
    ],
)
def test_our_own_pages_and_clients_that_are_no_browsers_may_post(headers):
    csrf.check(asked(**headers), https=True)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site", "Origin": "http://billing.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://billing.example.evil.example"},
        {"Sec_Fetch_Site": ""},
        {"Origin": "null"},
        {"Origin": "http://["},
    ],
)
def test_other_sites_may_not(headers):
    with pytest.raises(Forbidden):
        csrf.check(asked(**headers), https=True)


def test_reading_is_open_to_links_from_everywhere():
    csrf.check(asked("GET", Sec_Fetch_Site="cross-site"), https=True)


def test_a_hidden_origin_is_taken_only_where_browsers_can_send_nothing_better():
    csrf.check(asked(Origin="null"), https=False)
    with pytest.raises(Forbidden):
        csrf.check(asked(Origin="null"), https=True)
