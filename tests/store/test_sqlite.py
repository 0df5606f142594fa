import pytest

from tenure.store.sqlite import check_library


@pytest.mark.parametrize("version", ["3.7.0", "3.40.1", "3.44.5", "3.45.0", "3.50.6", "3.51.0", "3.51.2"])
def test_a_library_with_the_wal_reset_race_is_refused(version: str) -> None:
    with pytest.raises(RuntimeError, match="WAL-reset"):
        check_library(version)


@pytest.mark.parametrize("version", ["3.44.6", "3.44.9", "3.50.7", "3.51.3", "3.52.0", "3.54.1", "4.0.0"])
def test_a_repaired_library_is_accepted(version: str) -> None:
    check_library(version)
