"""What may be tried how often, what a password costs, and who a person is: the pure parts of access."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from counterpoint.fleet.access.marks import digest_of, form_token_of, new_secret
from counterpoint.fleet.access.passwords import Passwords, weakness
from counterpoint.fleet.access.people import Person, known_roles
from counterpoint.fleet.access.rates import MOST_KEYS, Rate, Rates, neighbourhood

CODES = st.sampled_from(["north", "south", "east", "all"])


def test_so_many_at_once_and_then_one_each_while() -> None:
    rates = Rates(Rate(at_once=3, every_s=10))
    assert [rates.wait_s("a", 0) for _ in range(4)] == [0, 0, 0, 10]
    assert rates.wait_s("a", 9) == 1
    assert rates.wait_s("a", 10) == 0
    assert rates.wait_s("b", 10) == 0, "each key by itself"


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60).map(sorted), st.integers(1, 5), st.floats(0.5, 20))
def test_never_more_than_was_promised(times: list[float], at_once: int, every_s: float) -> None:
    rates = Rates(Rate(at_once, every_s))
    let_in = [at for at in times if rates.wait_s("a", at) == 0]
    for first in range(len(let_in)):
        for last in range(first, len(let_in)):
            promised = at_once + (let_in[last] - let_in[first]) / every_s
            assert last - first + 1 <= promised + 1e-6


@given(st.floats(0, 1000), st.integers(1, 50))
def test_waiting_as_long_as_told_is_enough(start: float, tries: int) -> None:
    rates = Rates(Rate(2, 30))
    for _ in range(tries):
        rates.wait_s("a", start)
    wait_s = rates.wait_s("a", start)
    assert wait_s == 0 or rates.wait_s("a", start + wait_s + 1e-6) == 0


def test_a_clock_that_was_put_back_keeps_nobody_waiting() -> None:
    rates = Rates(Rate(at_once=2, every_s=30.0))
    for _ in range(3):
        rates.wait_s("anna", 90_000.0)
    assert rates.wait_s("anna", 3_600.0) == 30.0, "still empty: one more in half a minute, not in a day"
    assert rates.wait_s("anna", 3_630.0) == 0.0


def test_memory_is_bounded_whoever_knocks() -> None:
    rates = Rates(Rate(1, 1e9))
    for number in range(MOST_KEYS + 500):
        rates.wait_s(number, 0)
    assert sum(rates.holds(number, 0) for number in range(MOST_KEYS + 500)) == MOST_KEYS


@pytest.mark.parametrize(
    ("host", "counts_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("somewhere", ""),
        (None, ""),
    ],
)
def test_a_household_is_one_address(host: str | None, counts_as: str) -> None:
    assert neighbourhood(host) == counts_as


def test_a_name_that_is_not_there_costs_one_check_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords(passes=1, memory_kib=64)
    kept = passwords.keep("three quiet herons at noon")
    checked: list[str | bytes] = []
    verify = PasswordHasher.verify

    def counting(self: PasswordHasher, kept: str | bytes, password: str | bytes) -> bool:
        checked.append(kept)
        return bool(verify(self, kept, password))

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    assert [passwords.fits(kept, "wrong"), passwords.fits("", "wrong"), passwords.fits("", "")] == [False] * 3
    assert len(checked) == 3
    costs = {str(one).split("$")[3] for one in checked}
    assert costs == {"m=64,t=1,p=1"}


def test_the_password_that_stands_in_for_nobody_opens_nothing() -> None:
    assert not Passwords(passes=1, memory_kib=64).fits("", "a password that nobody has")


def test_an_umlaut_is_the_same_from_every_keyboard() -> None:
    passwords = Passwords(passes=1, memory_kib=64)
    assert passwords.fits(passwords.keep("Gr\u00fcne T\u00fcren am Fluss"), "Gru\u0308ne Tu\u0308ren am Fluss")
    assert not passwords.fits("no hash at all", "x")


@pytest.mark.parametrize(
    ("password", "broken"),
    [("x" * 11, "short"), ("abcde" * 60, "long"), ("aaaaaaaaaaaa", "simple"), ("ANNA and her sister", "simple")],
)
def test_which_rule_a_new_password_breaks(password: str, broken: str) -> None:
    assert weakness(password, "anna") == broken
    assert weakness("three quiet herons", "anna") is None


def test_secrets_are_long_and_their_marks_say_nothing_of_them() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(len(secret) == 43 and secret[0].isalnum() for secret in secrets)
    assert len({digest_of(one) for one in secrets} | {form_token_of(one) for one in secrets}) == 200


@given(st.sets(st.sampled_from(["manager", "it", "auditor", "root", ""])), st.none() | st.frozensets(CODES), CODES)
def test_figures_are_for_managers_of_that_site_alone(roles: set[str], sites: frozenset[str] | None, site: str) -> None:
    somebody = Person("x", known_roles(roles), sites)
    sees = somebody.sees_figures_of(site)
    assert sees == ("manager" in roles and (sites is None or (site in sites and site != "all")))
    assert not sees or somebody.sees_site(site)
    assert (site in somebody.figures_of(["north", "south", "east", "all"])) == sees
