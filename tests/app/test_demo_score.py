"""The table of the demo: a talk-over must light the light, everything else must not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterpoint.app.demo.conversation import ScriptedEvent
from counterpoint.app.demo.score import score
from counterpoint.values import Cue, FloorEvent

if TYPE_CHECKING:
    from counterpoint.values import CueKind, EventKind, Side

TALK_OVER = ScriptedEvent(visit=1, kind="talk_over", by="agent", onset_s=10.0, offset_s=12.0)
BACKCHANNEL = ScriptedEvent(visit=1, kind="backchannel", by="agent", onset_s=30.0, offset_s=30.6)


def event(kind: EventKind, onset_s: float, by: Side = "agent") -> FloorEvent:
    return FloorEvent(1, kind, by, onset_s, onset_s + 0.5, onset_s + 0.5, 0.9)


def cue(at_s: float, kind: CueKind = "talk_over") -> Cue:
    return Cue(at_s, kind, "because")


def test_a_talk_over_that_is_lit_is_as_scripted_and_timed_from_its_onset() -> None:
    result = score([TALK_OVER], [event("talk_over", 10.05), event("attempt", 10.05)], [cue(10.82)])

    assert result.as_scripted
    assert result.outcomes[0].onset_to_light_ms == 820
    assert result.outcomes[0].settled == "attempt"
    assert result.outcomes[0].predicted


def test_a_talk_over_that_stays_dark_is_not_as_scripted() -> None:
    result = score([TALK_OVER], [event("attempt", 10.05)], [])

    assert not result.as_scripted
    assert result.outcomes[0].onset_to_light_ms is None


def test_a_light_before_the_onset_is_not_counted_for_the_talk_over() -> None:
    result = score([TALK_OVER], [], [cue(9.9)])

    assert result.outcomes[0].light_s is None
    assert result.unscripted_lights_s == (9.9,)


def test_a_backchannel_in_the_dark_is_as_scripted() -> None:
    assert score([BACKCHANNEL], [event("backchannel", 30.1)], []).as_scripted


def test_a_backchannel_that_lights_the_light_is_not_as_scripted() -> None:
    result = score([BACKCHANNEL], [event("attempt", 30.1)], [cue(30.9)])

    assert not result.as_scripted
    assert result.unscripted_lights_s == (30.9,)


def test_a_light_is_blamed_on_the_talk_over_that_explains_it_not_on_a_backchannel_beside_it() -> None:
    just_before = ScriptedEvent(visit=1, kind="backchannel", by="agent", onset_s=9.5, offset_s=9.9)

    assert score([just_before, TALK_OVER], [], [cue(10.8)]).as_scripted


def test_going_dark_is_no_light() -> None:
    assert score([BACKCHANNEL], [], [cue(30.2, "off")]).as_scripted


def test_the_other_side_s_overlap_settles_nothing() -> None:
    outcome = score([TALK_OVER], [event("attempt", 10.05, by="customer")], []).outcomes[0]

    assert outcome.settled is None


def test_outcomes_are_found_by_kind() -> None:
    result = score([TALK_OVER, BACKCHANNEL], [], [])

    assert [outcome.scripted for outcome in result.of("backchannel")] == [BACKCHANNEL]
