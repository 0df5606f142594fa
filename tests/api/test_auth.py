"""Reading keys: which headers carry one, and what of it may be shown."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.api.auth import key_hash, masked, read_key
from tenure.domain.errors import Unauthenticated

KEY = "sk_test_0123456789abcdefWXYZ"


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "header", [f"Bearer {KEY}", f"bearer  {KEY} ", basic(f"{KEY}:"), basic(KEY), basic(f"{KEY}:x")]
)
def test_a_key_is_read(header: str):
    assert read_key(header) == KEY


@pytest.mark.parametrize("header", [None, "", KEY, "Digest x", "Basic é", "Basic /w==", "Basic a"])
def test_no_key_is_refused(header: str | None):
    with pytest.raises(Unauthenticated):
        read_key(header)


@given(st.text(min_size=0, max_size=80))
def test_whatever_is_sent_is_a_key_or_refused(header: str):
    try:
        assert isinstance(read_key(header), str)
    except Unauthenticated:
        pass


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (KEY, "sk_test_********WXYZ"),
        ("rk_live_0123456789", "rk_live_********6789"),
        ("sk_test_short", "sk_test_********"),
    ],
)
def test_a_key_shows_its_end_only(key: str, shown: str):
    assert masked(key) == shown


def test_the_digest_is_that_of_the_whole_key():
    assert key_hash(KEY) == key_hash(KEY) != key_hash(KEY[:-1])
    assert len(key_hash(KEY)) == 64 and KEY not in key_hash(KEY)
