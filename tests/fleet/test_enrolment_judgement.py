"""Who gets a certificate, and what is an alarm."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from counterpoint.fleet.enrolment.judgement import (
    Answer,
    Certificate,
    Device,
    Operator,
    State,
    Token,
    judge_approval,
    judge_enrolment,
    judge_late,
    judge_renewal,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOKEN = Token("digest", "PC-1", "hall-3", "anna", NOW + timedelta(days=1))
DEVICE = Device("a1b2", "PC-1", "hall-3", "anna", "key", "waits", NOW)
OTHER = replace(DEVICE, id="c3d4", asset_tag="PC-2", key="other")
SHOWN = Certificate("1f", "a1b2", "key", "pem", NOW + timedelta(days=100), "")


def test_a_fresh_token_admits_a_new_key() -> None:
    assert judge_enrolment(TOKEN, None, None, "key", NOW).answer is Answer.ADMIT


def test_an_unknown_or_expired_token_is_refused_without_alarm() -> None:
    for verdict in (
        judge_enrolment(None, None, None, "key", NOW),
        judge_enrolment(TOKEN, None, None, "key", TOKEN.expires),
    ):
        assert (verdict.answer, verdict.alarm) == (Answer.REFUSE, "")


def test_an_expired_token_goes_on_for_the_device_that_came_in_time() -> None:
    assert judge_enrolment(TOKEN, DEVICE, DEVICE, "key", TOKEN.expires).answer is Answer.WAIT


@pytest.mark.parametrize(
    ("state", "answer"),
    [
        ("waits", Answer.WAIT),
        ("approved", Answer.SIGN),
        ("enrolled", Answer.REPEAT),
        ("late", Answer.REPEAT),
        ("revoked", Answer.REFUSE),
    ],
)
def test_the_same_device_gets_what_its_state_allows(state: State, answer: Answer) -> None:
    device = replace(DEVICE, state=state)
    assert judge_enrolment(TOKEN, device, device, "key", NOW).answer is answer


def test_a_second_key_or_a_second_token_is_an_alarm() -> None:
    assert judge_enrolment(TOKEN, DEVICE, None, "another", NOW).alarm.startswith("one token, two devices")
    assert judge_enrolment(TOKEN, None, OTHER, "other", NOW).alarm.startswith("one key, two devices")


def test_a_renewal_brings_a_new_key() -> None:
    device = replace(DEVICE, state="enrolled")
    assert judge_renewal(device, SHOWN, None, None, "new").answer is Answer.SIGN
    assert judge_renewal(device, SHOWN, None, device, "key").alarm.startswith("one key, two devices")
    assert judge_renewal(None, None, None, None, "new").answer is Answer.REFUSE
    assert judge_renewal(replace(device, state="revoked"), SHOWN, None, None, "new").answer is Answer.REFUSE


def test_a_certificate_that_was_renewed_is_repeated_to_the_same_key_alone() -> None:
    device, successor = replace(DEVICE, state="enrolled"), replace(SHOWN, serial="2f", key="new")
    assert judge_renewal(device, SHOWN, successor, device, "new").answer is Answer.REPEAT
    assert judge_renewal(device, SHOWN, successor, None, "third").alarm.startswith("one certificate, two devices")


@pytest.mark.parametrize(
    ("state", "key", "left_days", "answer"),
    [
        ("enrolled", "key", -1, Answer.WAIT),
        ("late", "key", -1, Answer.WAIT),
        ("late, approved", "key", -1, Answer.SIGN),
        ("enrolled", "key", 1, Answer.REPEAT),
        ("enrolled", "old", -1, Answer.REFUSE),
        ("revoked", "key", -1, Answer.REFUSE),
    ],
)
def test_after_the_end_a_known_key_waits_for_an_approval(
    state: State, key: str, left_days: int, answer: Answer
) -> None:
    last = replace(SHOWN, ends=NOW + timedelta(days=left_days))
    verdict = judge_late(replace(DEVICE, state=state), last, key, NOW)
    assert verdict.answer is answer
    assert bool(verdict.alarm) == (key == "old")


def test_an_unknown_key_is_refused() -> None:
    assert judge_late(None, None, "key", NOW).answer is Answer.REFUSE


def test_two_people_stand_behind_a_device() -> None:
    assert judge_approval(DEVICE, Operator("ben", "ben")) == ""
    assert "another person" in judge_approval(DEVICE, Operator("anna", "anna"))
    assert "does not wait" in judge_approval(replace(DEVICE, state="enrolled"), Operator("ben", "ben"))


def test_two_names_of_one_account_are_one_person() -> None:
    device = replace(DEVICE, made_by=Operator("anna", "login-7").written())
    assert "from the same account, login-7" in judge_approval(device, Operator("ben", "login-7"))
    assert "another person" in judge_approval(device, Operator("anna", "login-8"))
    assert judge_approval(device, Operator("ben", "login-8")) == ""


def test_what_older_stores_wrote_is_a_name_alone() -> None:
    assert Operator.read("anna") == Operator("anna", "")
    assert Operator.read(Operator("anna b", "login-7").written()) == Operator("anna b", "login-7")
    assert not Operator("anna", "").is_same(Operator("ben", ""))
