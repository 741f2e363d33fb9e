"""One next step, whatever was found on the disk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, product

import pytest

from counterpoint.care.enrolment import (
    FIRST_WAIT_S,
    LONGEST_WAIT_S,
    Found,
    Seen,
    Step,
    is_enrolled,
    next_step,
    purpose_of_renewal,
    purpose_of_token,
    renewal_due,
    spent_after,
    token_is_spent,
    waits_s,
)

BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
OURS = Seen(key="k", serial=7, begins=BEGINS, ends=BEGINS + timedelta(days=300))
T, OTHER = purpose_of_token("t"), purpose_of_token("other")


def after(days: float) -> datetime:
    return BEGINS + timedelta(days=days)


@pytest.mark.parametrize(
    ("days", "step"),
    [(0, Step.NOTHING), (199, Step.NOTHING), (200, Step.RENEW), (299, Step.RENEW), (300, Step.RENEW_LATE)],
)
def test_renewal_begins_at_two_thirds_and_is_late_after_the_end(days: float, step: Step) -> None:
    assert next_step(Found(OURS, key="k"), after(days)) is step
    assert renewal_due(OURS) == after(200)


def test_without_a_clock_no_end_is_judged() -> None:
    assert next_step(Found(OURS, key="k"), None) is Step.NOTHING


@pytest.mark.parametrize("certificate", [None, Seen("another", 1, BEGINS, after(300))])
def test_without_a_certificate_of_ours_a_token_enrols(certificate: Seen | None) -> None:
    assert next_step(Found(certificate, key="k"), after(1)) is Step.NO_TOKEN
    assert next_step(Found(certificate, key="k", token=T), after(1)) is Step.ENROL
    assert next_step(Found(certificate, key="k", next_key="n", purpose=T, token=T), after(1)) is Step.ENROL


def test_a_power_cut_between_certificate_and_key_is_finished_first() -> None:
    found = Found(Seen("n", 8, BEGINS, after(300)), key="k", next_key="n", purpose=T, token=T)
    assert next_step(found, after(299)) is Step.FINISH
    assert is_enrolled(found)


def test_the_token_that_brought_the_certificate_is_spent() -> None:
    found = Found(OURS, key="k", purpose=T, token=T)
    assert token_is_spent(found)
    assert next_step(found, after(1)) is Step.NOTHING


def test_a_token_that_can_not_be_wiped_stays_spent_after_a_renewal() -> None:
    before = Found(OURS, key="k", purpose=T, token=T)
    renewing = Found(OURS, key="k", next_key="n", purpose=purpose_of_renewal(7), spent=spent_after(before), token=T)
    assert token_is_spent(renewing)
    assert next_step(renewing, after(250)) is Step.RENEW


def test_another_token_enrols_anew() -> None:
    assert next_step(Found(OURS, key="k", purpose=T, token=OTHER), after(1)) is Step.ENROL


def test_a_waiting_key_says_that_its_token_is_not_spent() -> None:
    found = Found(OURS, key="k", next_key="n", purpose=OTHER, token=OTHER)
    assert not token_is_spent(found)
    assert next_step(found, after(1)) is Step.ENROL


def test_every_disk_has_one_next_step() -> None:
    certificates = (None, OURS, Seen("n", 8, BEGINS, after(300)), Seen("x", 9, BEGINS, after(300)))
    for certificate, key, waiting, purpose, token in product(
        certificates, (None, "k"), (None, "n"), ("", T, purpose_of_renewal(7)), (None, T, OTHER)
    ):
        found = Found(certificate, key, waiting, purpose, "", token)
        step = next_step(found, after(1))
        assert isinstance(step, Step)
        if step in {Step.NOTHING, Step.RENEW}:
            assert is_enrolled(found)


def test_waits_double_and_are_spread_up_to_five_minutes() -> None:
    middles = list(islice(waits_s(iter(lambda: 0.5, None)), 9))
    assert middles[:3] == [FIRST_WAIT_S, FIRST_WAIT_S * 2, FIRST_WAIT_S * 4]
    assert middles[-1] == LONGEST_WAIT_S
    assert next(waits_s(iter([0.0]))) == FIRST_WAIT_S / 2
    assert max(islice(waits_s(iter(lambda: 1.0, None)), 9)) == 300
    assert list(waits_s(iter([]))) == []
