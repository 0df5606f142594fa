"""Only versions whose shapes are rendered are accepted."""

import pytest
import stripe

from tenure.domain.errors import Invalid
from tenure.wire.versions import CURRENT, SUPPORTED, check


def test_without_a_header_the_current_version_answers() -> None:
    assert check(None) == CURRENT == "2026-10-28.endive"


def test_the_official_sdk_speaks_a_supported_version() -> None:
    assert check(stripe.api_version) == stripe.api_version
    assert stripe.api_version in SUPPORTED


@pytest.mark.parametrize("header", ["2025-03-31.basil", "2026-10-28", "2026-10-28.preview", "", "x" * 5000])
def test_other_versions_are_refused_by_name(header: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(header)
    assert refused.value.message == f"Invalid Stripe API version: {header[:100]}"
