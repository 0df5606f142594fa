"""A person at the dashboard without a browser: requests, cookies, forms; and addresses for every route.

visitor = signed_in(server, role="viewer")
visitor.get("/coupons").text            visitor.post("/coupons/new", type="percent", percent_off="25")
"""

import re
from collections.abc import Iterator
from typing import Any

import requests

from tenure import dashboard
from tenure.dashboard.visit import Route
from tests.support.server import Server, User

PLACE = re.compile(r"{\w+}")


class Visitor:
    """Cookies and the server's address; pages are below /dashboard."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.web = requests.Session()

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.web.get(f"{self.server.url}/dashboard{path}", headers=headers, allow_redirects=False, timeout=30)

    def post(self, path: str, *, sent_from: str = "same-origin", **form: Any) -> requests.Response:
        headers = {"Sec-Fetch-Site": sent_from} if sent_from else {}
        address = f"{self.server.url}/dashboard{path}"
        return self.web.post(address, data=form, headers=headers, allow_redirects=False, timeout=30)

    def sign_in(self, user: User, **form: str) -> requests.Response:
        given = {"email": user.email, "password": user.password} | form
        return self.post("/sign-in", **given)

    def shown(self, path: str) -> str:
        """The text of a page that must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text


def signed_in(server: Server, *, role: str = "owner") -> Visitor:
    visitor = Visitor(server)
    answer = visitor.sign_in(server.user(role=role))
    assert answer.status_code == 303, answer.text
    return visitor


def unsafe_routes() -> Iterator[tuple[str, Route]]:
    """Every route with a form, with an address below /dashboard whose ids belong to nobody."""
    for route in dashboard.ROUTES:
        if route.post is not None:
            yield PLACE.sub("sub_nobody", route.path).removeprefix("/dashboard"), route


def safe_routes() -> Iterator[str]:
    """Every page's address; ids belong to nobody."""
    for route in dashboard.ROUTES:
        if route.get is not None:
            yield PLACE.sub("sub_nobody", route.path).removeprefix("/dashboard")
