"""What overlaps were: kind, side and onset must be right."""

from __future__ import annotations

import numpy as np
import pytest
from models.benchmark.belief import Belief
from models.benchmark.scores.settled import KINDS, RATIOS, count_settled
from models.benchmark.scores.talk_overs import stack
from models.benchmark.truth import AGENT, CUSTOMER, SecondVoice

from counterpoint.values import EventKind, FloorEvent, Side


def event(kind: EventKind, by: Side, onset_s: float) -> FloorEvent:
    return FloorEvent(1, kind, by, onset_s, onset_s + 0.5, onset_s + 1.0, 0.8)


def believed(*events: FloorEvent) -> Belief:
    return Belief(np.zeros((2, 10), np.float32), events=events)


VOICES = [
    SecondVoice(AGENT, 1.0, 2.0, 3.0, "attempt"),
    SecondVoice(CUSTOMER, 5.0, 5.4, 8.0, "backchannel"),
    SecondVoice(AGENT, 9.0, 12.0, 10.0, "interruption"),
]


def test_right_kind_side_and_onset_is_a_hit() -> None:
    counts = count_settled(VOICES, believed(event("attempt", "agent", 1.15), event("backchannel", "customer", 4.9)))
    assert (counts["attempt hit"], counts["backchannel hit"], counts["interruption hit"]) == (1, 1, 0)


def test_wrong_side_or_kind_or_late_is_none() -> None:
    wrong = believed(event("attempt", "customer", 1.0), event("attempt", "agent", 9.0), event("attempt", "agent", 1.25))
    counts = count_settled(VOICES, wrong)
    assert (counts["attempt hit"], counts["attempt said"], counts["any kind hit"]) == (0, 3, 1)


def test_the_count_is_that_of_the_field_library() -> None:
    library = pytest.importorskip("sed_eval", reason="sed_eval is no part of our environments")
    rng = np.random.default_rng(3)
    voices = [
        SecondVoice(int(rng.integers(2)), on := float(rng.uniform(0, 60)), on + 0.5, on + 2, KINDS[rng.integers(4)])
        for _ in range(60)
    ]
    said = [
        event(one.kind, ("agent", "customer")[one.side], one.onset_s + float(rng.normal(0, 0.2)))
        for one in voices
        if rng.random() < 0.8
    ]
    ours = stack([count_settled(voices, believed(*said))])
    for kind in KINDS:
        theirs = library.sound_event.EventBasedMetrics(
            [f"{kind}-agent", f"{kind}-customer"], evaluate_offset=False, t_collar=0.2
        )
        theirs.evaluate(
            [
                {
                    "event_label": f"{kind}-{('agent', 'customer')[v.side]}",
                    "event_onset": v.onset_s,
                    "event_offset": v.end_s,
                }
                for v in voices
                if v.kind == kind
            ],
            [
                {"event_label": f"{kind}-{e.by}", "event_onset": e.onset_s, "event_offset": e.offset_s}
                for e in said
                if e.kind == kind
            ],
        )
        wanted = theirs.results_overall_metrics()["f_measure"]["f_measure"]
        assert RATIOS[f"{kind} f1"].of(ours).value == pytest.approx(wanted)
