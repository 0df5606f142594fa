"""Every route of the dashboard against every role, against strangers and against other sites."""

import pytest

from tests.dashboard.visitor import Visitor, safe_routes, signed_in, unsafe_routes
from tests.support.server import Server

UNSAFE = dict(unsafe_routes())
LOWER = {"editor": ("viewer",), "owner": ("viewer", "editor"), "viewer": ()}


@pytest.fixture(scope="module")
def people(server: Server) -> dict[str, Visitor]:
    return {role: signed_in(server, role=role) for role in ("viewer", "editor", "owner")}


@pytest.mark.parametrize("path", sorted(UNSAFE))
def test_a_form_needs_its_role(people: dict[str, Visitor], path: str):
    for role in LOWER[UNSAFE[path].writes]:
        answer = people[role].post(path)
        assert answer.status_code == 403, role
        assert "Your role" in answer.text


@pytest.mark.parametrize("path", sorted({"/sign-in", *UNSAFE}))
def test_a_form_sent_from_another_site_is_refused(people: dict[str, Visitor], path: str):
    for origin in ("cross-site", "same-site"):
        answer = people["owner"].post(path, sent_from=origin)
        assert answer.status_code == 403
        assert "another site" in answer.text


@pytest.mark.parametrize("path", sorted({*UNSAFE, *safe_routes()}))
def test_strangers_are_sent_to_the_sign_in_page(server: Server, path: str):
    stranger = Visitor(server)
    for answer in (stranger.get(path), stranger.post(path) if path in UNSAFE else stranger.get(path)):
        assert answer.status_code in (303, 405)
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/dashboard/sign-in")


@pytest.mark.parametrize("path", sorted(safe_routes()))
def test_every_page_answers_with_its_protecting_headers(people: dict[str, Visitor], path: str):
    answer = people["owner"].get(path)
    assert answer.status_code in (200, 303, 404)
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert "<script>" not in answer.text
    assert " style=" not in answer.text


@pytest.mark.parametrize("path", sorted(path for path in safe_routes() if "nobody" not in path))
def test_viewers_read_every_page_that_has_no_form_of_its_own(people: dict[str, Visitor], path: str):
    expected = {200, 303} if not path.endswith("/new") else {403}
    assert people["viewer"].get(path).status_code in expected


def test_viewers_see_no_buttons_that_they_may_not_press(people: dict[str, Visitor]):
    assert "/coupons/new" not in people["viewer"].shown("/coupons")
    assert "/coupons/new" in people["editor"].shown("/coupons")
    assert "Create key" not in people["editor"].shown("/keys")
    assert "Create key" in people["owner"].shown("/keys")


def test_the_mode_is_always_shown_and_can_be_changed_by_everybody(people: dict[str, Visitor]):
    viewer = people["viewer"]
    assert "Test mode" in viewer.shown("")
    assert viewer.post("/mode", mode="live").status_code == 303
    assert "Live mode" in viewer.shown("/customers")
    assert viewer.post("/mode", mode="both").status_code == 404
    viewer.post("/mode", mode="test")
    assert "Test mode" in viewer.shown("/customers")


def test_an_account_of_others_cannot_be_chosen(people: dict[str, Visitor]):
    assert people["owner"].post("/account", account="acct_others").status_code == 403
