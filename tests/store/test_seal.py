"""Secrets at rest open only with their key and in their row."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tenure.store.seal import KeyRing, SealBroken, new_key_line, open_ring, read_ring


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return open_ring(tmp_path / "data")


def test_a_secret_comes_back_and_two_seals_of_it_differ(ring: KeyRing) -> None:
    one, other = ring.seal("whsec_grün", "we_1"), ring.seal("whsec_grün", "we_1")
    assert one != other
    assert "whsec" not in one
    assert ring.unseal(one, "we_1") == ring.unseal(other, "we_1") == "whsec_grün"


def test_a_sealed_secret_does_not_open_in_another_row(ring: KeyRing) -> None:
    with pytest.raises(SealBroken):
        ring.unseal(ring.seal("whsec_x", "we_1"), "we_2")


def test_no_changed_byte_goes_unnoticed(ring: KeyRing) -> None:
    sealed = ring.seal("whsec_x", "we_1")
    for place, old in enumerate(sealed[:-2]):  # the last characters may carry unused bits
        new = "A" if old != "A" else "B"
        with pytest.raises(SealBroken):
            ring.unseal(sealed[:place] + new + sealed[place + 1 :], "we_1")
    for broken in ("", "s1", "s1.x", "whsec_plain", "s1..", f"{sealed}.x"):
        with pytest.raises(SealBroken):
            ring.unseal(broken, "we_1")


def test_the_key_file_is_the_owners_alone_and_is_found_again(tmp_path: Path) -> None:
    sealed = open_ring(tmp_path).seal("whsec_x", "we_1")
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["secret.key"]
    assert open_ring(tmp_path).unseal(sealed, "we_1") == "whsec_x"


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: open_ring(tmp_path), range(8)))
    assert len({each.primary for each in rings}) == 1


def test_a_new_key_seals_and_the_old_one_still_opens(tmp_path: Path, ring: KeyRing) -> None:
    old_line = new_key_line()
    old = read_ring(old_line)
    sealed = old.seal("whsec_x", "we_1")
    rolled = open_ring(tmp_path, new_key_line().strip() + "," + old_line)
    assert rolled.unseal(sealed, "we_1") == "whsec_x"
    moved = rolled.reseal(sealed, "we_1")
    assert rolled.primary in moved
    with pytest.raises(SealBroken):
        old.unseal(moved, "we_1")


@pytest.mark.parametrize("text", ["\n", "a b", "a AAAA", "!! " + "A" * 43 + "=", "a " + "é" * 44])
def test_an_unreadable_ring_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"key|base64"):
        read_ring(text)


def test_a_ring_never_shows_its_keys(ring: KeyRing) -> None:
    assert "keys" not in repr(ring)
