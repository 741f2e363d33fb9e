"""What the doctor makes of the certificate, and of what the broker allows and refuses."""

from __future__ import annotations

import pytest

from counterpoint.care.checks import Check, State
from counterpoint.care.checks_broker import CLOSED, Asked, judge_certificate, judge_rights, judge_trust

OWN = [Asked("own", name, 0) for name in ("state", "birth", "health", "window", "reply")]
REFUSED = [Asked("foreign", "publishing as another device", 0x87), Asked("foreign", "giving commands", CLOSED)]


def states(checks: list[Check]) -> dict[str, State]:
    return {check.name: check.state for check in checks}


@pytest.mark.parametrize(("days", "state"), [(200, "ok"), (14, "warn"), (0, "warn"), (-1, "fail")])
def test_a_certificate_says_its_days(days: int, state: State) -> None:
    check = judge_certificate(days, "a1b2")
    assert check.state == state
    assert bool(check.remedy) is (state != "ok")


def test_all_own_topics_and_nothing_else_is_right() -> None:
    assert states(judge_rights([*OWN, *REFUSED], 0)) == {"topics": "ok", "fences": "ok"}


def test_nobody_listening_is_no_refusal() -> None:
    assert states(judge_rights([Asked("own", "window", 0x10), *REFUSED], 0))["topics"] == "ok"


def test_a_refused_topic_is_named_with_its_code() -> None:
    topics, _ = judge_rights([Asked("own", "window", 0x87), *REFUSED], 0)
    assert (topics.state, topics.what) == ("fail", "the broker refuses window (0x87)")
    assert "site.code" in topics.remedy
    closed, _ = judge_rights([Asked("own", "window", CLOSED)], 0)
    assert "line closed" in closed.what


def test_a_broker_without_fences_is_told() -> None:
    _, fences = judge_rights([*OWN, Asked("foreign", "giving commands", 0)], 3)
    assert fences.state == "fail"
    assert fences.what == "the broker allows giving commands, reading 3 other devices"


def test_a_foreign_authority_is_named_beside_our_own() -> None:
    check = judge_trust("it is signed by 'Proxy CA'", "have it exempt the broker", "Site CA")
    assert check.what == "it is signed by 'Proxy CA'; broker.ca_file is of 'Site CA'"
