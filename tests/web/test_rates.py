"""The bucket of a key: a second's worth at once, refilled with time, one for each account, mode and key."""

import pytest

from tenure.domain.documents import Scope
from tenure.domain.errors import TooMany
from tenure.web.rates import Rates

SCOPE = Scope("acct_1", livemode=False)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def taken(rates: Rates, times: int, scope: Scope = SCOPE, key: str = "key_1") -> int:
    """How many of so many requests are let through."""
    passed = 0
    for _ in range(times):
        try:
            rates.count(scope, key)
        except TooMany:
            continue
        passed += 1
    return passed


def test_a_second_s_worth_passes_at_once_and_the_rest_with_time():
    clock = Clock()
    rates = Rates(100, clock=clock)
    assert taken(rates, 150) == 100
    clock.now += 0.25
    assert taken(rates, 150) == 25  # 100 a second * 0.25 s
    clock.now += 60
    assert taken(rates, 150) == 100


def test_who_keeps_to_the_limit_is_never_refused():
    clock = Clock()
    rates = Rates(7, clock=clock)
    for _ in range(1000):
        rates.count(SCOPE, "key_1")
        clock.now += 1 / 7


def test_each_key_of_each_account_and_mode_has_its_own():
    rates = Rates(3, clock=Clock())
    assert taken(rates, 5) == 3
    assert taken(rates, 5, key="key_2") == 3
    assert taken(rates, 5, Scope("acct_1", livemode=True)) == 3
    assert taken(rates, 5, Scope("acct_2", livemode=False)) == 3


def test_no_limit_refuses_nothing_and_the_refusal_names_the_limit():
    assert taken(Rates(0), 10_000) == 10_000
    rates = Rates(1, clock=Clock())
    rates.count(SCOPE, "key_1")
    with pytest.raises(TooMany, match="1 requests per second") as refused:
        rates.count(SCOPE, "key_1")
    assert refused.value.code == "rate_limit"
