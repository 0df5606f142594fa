import re
import time

import pyotp
import pytest

from tenure.dashboard.login import Limits
from tenure.dashboard.view import ours
from tests.dashboard.visitor import Visitor, signed_in
from tests.support.server import Server, User


def test_the_right_password_leads_home_and_the_wrong_one_nowhere(server: Server):
    user, visitor = server.user(), Visitor(server)
    wrong = visitor.sign_in(User(user.email, "not the password"))
    assert wrong.status_code == 401
    assert "is wrong" in wrong.text
    assert "tenure_dashboard" not in visitor.web.cookies
    right = visitor.sign_in(user)
    assert (right.status_code, right.headers["location"]) == (303, "/dashboard")
    assert visitor.get("").status_code == 200


def test_an_unknown_address_gets_the_same_answer_as_a_wrong_password(server: Server):
    user, visitor = server.user(), Visitor(server)
    wrong = visitor.sign_in(User(user.email, "not the password"))
    unknown = visitor.sign_in(User("nobody" + user.email, "not the password"))
    assert unknown.status_code == wrong.status_code
    assert unknown.text == wrong.text.replace(user.email, "nobody" + user.email)


def test_an_address_is_told_to_wait_after_ten_tries(server: Server):
    user, visitor = server.user(), Visitor(server)
    for _ in range(10):
        assert visitor.sign_in(User(user.email, "not the password")).status_code == 401
    waits = visitor.sign_in(user)
    assert waits.status_code == 429
    assert visitor.get("").status_code == 303


def test_an_ip_address_is_told_to_wait_after_thirty_failures_whoever_it_tries_to_be():
    limits = Limits()
    for number in range(30):
        assert limits.allow("192.0.2.1", f"{number}@example.com")
        limits.failed("192.0.2.1")
    assert not limits.allow("192.0.2.1", "another@example.com")
    assert limits.allow("192.0.2.2", "another@example.com")


def test_who_signs_in_often_is_not_kept_out(server: Server):
    user = server.user()
    assert [Visitor(server).sign_in(user).status_code for _ in range(12)] == [303] * 12


def test_a_page_is_come_back_to_after_signing_in(server: Server):
    user, visitor = server.user(), Visitor(server)
    asked = visitor.get("/coupons?tab=x")
    assert asked.headers["location"] == "/dashboard/sign-in?next=%2Fdashboard%2Fcoupons%3Ftab%3Dx"
    assert visitor.sign_in(user, next="/dashboard/coupons?tab=x").headers["location"] == "/dashboard/coupons?tab=x"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/dashboard/..//\\evil",
        "/p/x",
        "javascript:alert(1)",
    ],
)
def test_signing_in_never_leads_to_another_site(elsewhere: str):
    assert ours(elsewhere) == "/dashboard"


def test_signing_out_ends_the_cookie_everywhere(server: Server):
    visitor = signed_in(server)
    copy = Visitor(server)
    copy.web.cookies.update(visitor.web.cookies)
    assert copy.get("").status_code == 200
    assert visitor.post("/sign-out").status_code == 303
    assert copy.get("").status_code == 303


def test_a_sign_in_can_be_ended_from_another_browser(server: Server):
    user, here, there = server.user(), Visitor(server), Visitor(server)
    here.sign_in(user)
    there.sign_in(user)
    others = re.findall(r"/dashboard/security/sessions/(ses_\w+)/revoke", here.shown("/security"))
    assert len(others) == 1
    assert here.post(f"/security/sessions/{others[0]}/revoke").status_code == 303
    assert there.get("").status_code == 303
    assert here.get("").status_code == 200


def test_nobody_ends_the_sign_in_of_somebody_else(server: Server):
    mine, theirs = signed_in(server), signed_in(server)
    theirs_too = Visitor(server)
    theirs_too.web.cookies.update(theirs.web.cookies)
    assert mine.post("/security/sessions/ses_unknown/revoke").status_code == 404
    assert theirs_too.get("").status_code == 200


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(server: Server):
    answer = Visitor(server).sign_in(server.user())
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert re.search(r"tenure_dashboard=[\w-]{43}", cookie)


def _turned_on(visitor: Visitor, user: User) -> tuple[str, list[str]]:
    page = visitor.shown("/security/factor")
    found = re.search(r'name="secret" value="(\w+)"', page)
    assert found is not None
    assert "otpauth://totp/Tenure" in page
    secret = found[1]
    assert visitor.post("/security/factor", secret=secret, code="000000x", password=user.password).status_code == 422
    code = pyotp.TOTP(secret).now()
    assert visitor.post("/security/factor", secret=secret, code=code, password="wrong").status_code == 422
    done = visitor.post("/security/factor", secret=secret, code=code, password=user.password)
    assert done.status_code == 200
    return secret, re.findall(r"<li>([a-z2-9]{5}-[a-z2-9]{5})</li>", done.text)


def test_two_step_sign_in_asks_for_a_code_and_takes_each_only_once(server: Server):
    user, visitor = server.user(), Visitor(server)
    visitor.sign_in(user)
    secret, codes = _turned_on(visitor, user)
    assert len(codes) == 10
    assert Visitor(server).sign_in(user).status_code == 401
    code = pyotp.TOTP(secret).at(int(time.time()) + 30)
    assert Visitor(server).sign_in(user, code=code).status_code == 303
    assert Visitor(server).sign_in(user, code=code).status_code == 401
    assert Visitor(server).sign_in(user, code=codes[3].upper()).status_code == 303
    assert Visitor(server).sign_in(user, code=codes[3]).status_code == 401
    assert "9 recovery codes" in visitor.shown("/security")
    assert visitor.post("/security/factor-off", off_password="wrong").status_code == 422
    assert visitor.post("/security/factor-off", off_password=user.password).status_code == 303
    assert Visitor(server).sign_in(user).status_code == 303


def test_a_new_password_must_be_good_and_ends_every_other_sign_in(server: Server):
    user, here, there = server.user(), Visitor(server), Visitor(server)
    here.sign_in(user)
    there.sign_in(user)
    for bad in ("short", "password123", "aaaaaaaaaaaa", user.email):
        assert here.post("/security/password", old=user.password, new=bad).status_code == 422, bad
    assert here.post("/security/password", old="wrong", new="seventeen small owls").status_code == 422
    assert here.post("/security/password", old=user.password, new="seventeen small owls").status_code == 303
    assert there.get("").status_code == 303
    assert Visitor(server).sign_in(user).status_code == 401
    assert Visitor(server).sign_in(User(user.email, "seventeen small owls")).status_code == 303
