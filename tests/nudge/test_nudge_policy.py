"""When the agent's light is lit, told as little scenes at the counter."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoint.nudge import Nudge
from counterpoint.settings import NudgeRules
from counterpoint.values import BLOCK_S, Cue, EventKind, FloorEvent, FloorStep, OpenOverlap, SessionStep, Side

OPEN = SessionStep(is_open=True)
LEFT_OUT = SessionStep(is_open=True, left_out=True)
CLOSED = SessionStep(is_open=False)


@dataclass
class Counter:
    """A counter at which time passes in frames of 20 ms; every change of the light is kept."""

    nudge: Nudge
    frame: int = 0
    events: int = 0
    cues: list[Cue] = field(default_factory=list)

    @property
    def now_s(self) -> float:
        return self.frame * BLOCK_S

    def step(self, overlap: OpenOverlap | None = None, visit: SessionStep = OPEN, **more: object) -> None:
        events: tuple[FloorEvent, ...] = more.get("events", ())  # type: ignore[assignment]
        clear = bool(more.get("sides_clear", True))
        customer = bool(more.get("customer", True))
        moment = FloorStep(self.now_s, self.now_s - 0.1, True, customer, "customer", overlap, events, clear)
        cue = self.nudge.step(moment, visit)
        if cue:
            self.cues.append(cue)
        self.frame += 1

    def quiet(self, seconds: float, visit: SessionStep = OPEN) -> None:
        for _ in range(round(seconds / BLOCK_S)):
            self.step(visit=visit)

    def overlap(
        self,
        seconds: float,
        *,
        by: Side = "agent",
        confidence: float = 0.95,
        predicted: bool = True,
        visit: SessionStep = OPEN,
        sides_clear: bool = True,
    ) -> None:
        since_s = self.now_s
        self.events += 1
        for _ in range(round(seconds / BLOCK_S)):
            open_now = OpenOverlap(by, since_s, confidence, self.events if predicted else None, both=True)
            self.step(open_now, visit, sides_clear=sides_clear)

    def event(
        self,
        kind: EventKind,
        lasted_s: float,
        *,
        by: Side = "agent",
        confidence: float = 0.95,
        silent_s: float = 1.0,
        customer: bool = False,
    ) -> None:
        """An event committed now: what lasted `lasted_s`, and `silent_s` of what was judged since its end."""
        self.events += 1
        offset_s = self.now_s - 0.1 + BLOCK_S - silent_s
        event = FloorEvent(self.events, kind, by, offset_s - lasted_s, offset_s, self.now_s, confidence)
        self.step(events=(event,), customer=customer)

    def lit(self) -> list[str]:
        return [cue.cue for cue in self.cues if cue.cue != "off"]


def counter(*, seed: int = 0, dark_until_s: float = 0.0, **rules: object) -> Counter:
    settings = NudgeRules(**rules)  # type: ignore[arg-type]
    return Counter(Nudge(settings, seed, dark_until_s=dark_until_s))


def test_a_talk_over_lights_at_the_first_frame_after_the_hold() -> None:
    desk = counter()
    desk.quiet(5)
    onset_s = desk.now_s
    desk.overlap(1.5)
    assert desk.lit() == ["talk_over"]
    assert desk.cues[0].at_s == pytest.approx(onset_s + 0.7, abs=1e-6)


def test_the_light_goes_off_after_the_overlap_and_the_time_to_show() -> None:
    desk = counter()
    desk.overlap(3.0)
    ended_s = desk.now_s - BLOCK_S
    desk.quiet(5)
    assert [cue.cue for cue in desk.cues] == ["talk_over", "off"]
    assert desk.cues[1].at_s == pytest.approx(ended_s + 2.0, abs=1e-6)


@pytest.mark.parametrize(
    "overlap",
    [
        {"seconds": 0.68},
        {"seconds": 2.0, "by": "customer"},
        {"seconds": 2.0, "predicted": False},
        {"seconds": 2.0, "confidence": 0.59},
        {"seconds": 2.0, "visit": CLOSED},
        {"seconds": 2.0, "visit": SessionStep(is_open=True, is_complex=True)},
        {"seconds": 2.0, "sides_clear": False},
    ],
    ids=["short", "customer's", "not predicted", "not sure enough", "no visit", "complex visit", "sides unclear"],
)
def test_stays_dark(overlap: dict[str, object]) -> None:
    desk = counter()
    desk.overlap(**overlap)  # type: ignore[arg-type]
    assert desk.cues == []


def test_a_cue_that_would_come_late_does_not_come() -> None:
    desk = counter()
    since_s = desk.now_s
    for _ in range(100):
        sure = 0.95 if desk.now_s - since_s > 0.9 else 0.3
        desk.step(OpenOverlap("agent", since_s, sure, 1, both=True))
    assert desk.cues == []


def test_a_second_talk_over_within_25_s_stays_dark() -> None:
    desk = counter()
    desk.overlap(1.0)
    desk.quiet(20)
    desk.overlap(1.0)
    desk.quiet(10)
    desk.overlap(1.0)
    assert desk.lit() == ["talk_over", "talk_over"]


def test_six_cues_and_then_none_until_a_token_is_back() -> None:
    desk = counter()
    for _ in range(8):
        desk.overlap(1.0)
        desk.quiet(30)
    assert desk.lit() == ["talk_over"] * 6
    desk.quiet(600)
    desk.overlap(1.0)
    assert len(desk.lit()) == 7


def test_the_fewer_tokens_the_surer_it_must_be() -> None:
    desk = counter()
    for _ in range(5):
        desk.overlap(1.0)
        desk.quiet(30)
    desk.overlap(1.0, confidence=0.8)
    assert len(desk.lit()) == 5
    desk.overlap(1.0, confidence=0.9)
    assert len(desk.lit()) == 6


def test_a_cut_off_lights_only_where_it_is_switched_on() -> None:
    for switched_on in (False, True):
        desk = counter(cut_off=switched_on)
        desk.quiet(5)
        desk.event("interruption", 0.4)
        assert desk.lit() == (["cut_off"] if switched_on else [])


@pytest.mark.parametrize(
    ("kind", "lasted_s", "by", "confidence"),
    [
        ("interruption", 0.9, "agent", 0.95),
        ("interruption", 0.4, "customer", 0.95),
        ("interruption", 0.4, "agent", 0.5),
        ("attempt", 0.4, "agent", 0.95),
        ("backchannel", 0.4, "agent", 0.95),
    ],
)
def test_no_cut_off(kind: EventKind, lasted_s: float, by: Side, confidence: float) -> None:
    desk = counter(cut_off=True)
    desk.quiet(5)
    desk.event(kind, lasted_s, by=by, confidence=confidence)
    assert desk.cues == []


@pytest.mark.parametrize(("silent_s", "customer"), [(0.9, False), (0.5, False), (1.0, True)])
def test_no_cut_off_before_the_customer_was_silent_for_a_second(silent_s: float, customer: bool) -> None:
    desk = counter(cut_off=True)
    desk.quiet(5)
    desk.event("interruption", 0.4, silent_s=silent_s, customer=customer)
    assert desk.cues == []


def test_the_talk_over_cause_can_be_switched_off() -> None:
    desk = counter(talk_over=False)
    desk.overlap(2.0)
    assert desk.cues == []


def test_a_visit_that_is_left_out_is_dark_and_the_next_is_not() -> None:
    desk = counter()
    desk.overlap(1.0)
    desk.step(visit=LEFT_OUT)
    assert desk.cues[-1].cue == "off"
    desk.quiet(30, LEFT_OUT)
    desk.overlap(1.0, visit=LEFT_OUT)
    assert desk.lit() == ["talk_over"]
    desk.quiet(1, CLOSED)
    desk.overlap(1.0)
    assert desk.lit() == ["talk_over", "talk_over"]


def test_the_first_days_are_dark() -> None:
    desk = counter(dark_until_s=100.0)
    desk.overlap(1.0)
    desk.quiet(100)
    desk.overlap(1.0)
    assert len(desk.lit()) == 1


def test_a_withheld_cue_is_no_change_of_the_light() -> None:
    desk = counter(withhold_share=1.0)
    desk.overlap(1.0)
    desk.quiet(30)
    assert desk.cues == []


def only_the_first_is_withheld(seed: int) -> bool:
    draw = random.Random(seed)  # noqa: S311 - the same draw as the nudge's
    return draw.random() < 0.5 <= draw.random()


def test_a_withheld_cue_costs_a_token_and_starts_the_refractory_time() -> None:
    seed = next(seed for seed in range(100) if only_the_first_is_withheld(seed))
    desk = counter(seed=seed, withhold_share=0.5, tokens=1)
    desk.overlap(1.0)
    desk.quiet(30)
    desk.overlap(1.0)
    assert desk.cues == []
    desk = counter(seed=seed, withhold_share=0.5)
    desk.overlap(1.0)
    desk.quiet(10)
    desk.overlap(1.0)
    assert desk.cues == []


def test_the_share_withheld_is_drawn_from_the_seed() -> None:
    def lit_s(seed: int) -> list[float]:
        desk = counter(seed=seed, withhold_share=0.5, refractory_s=0.0, token_minutes=0.001)
        for _ in range(60):
            desk.overlap(0.8)
            desk.quiet(3)
        return [cue.at_s for cue in desk.cues if cue.cue != "off"]

    assert lit_s(1) == lit_s(1)
    assert lit_s(1) != lit_s(2)
    assert 15 <= len(lit_s(1)) <= 45


def test_the_light_goes_off_at_once_when_the_visit_ends() -> None:
    desk = counter()
    desk.overlap(1.0)
    desk.step(visit=CLOSED)
    assert desk.cues[-1].cue == "off"


def test_soft_green_once_a_visit_for_a_long_turn_heard_out() -> None:
    desk = counter(good_listening=True)
    desk.quiet(20)
    desk.event("turn", 12.0, by="customer")
    desk.quiet(60)
    desk.event("turn", 12.0, by="customer")
    assert desk.lit() == ["good_listening"]


def test_no_green_for_a_turn_that_was_talked_over() -> None:
    desk = counter(good_listening=True)
    desk.quiet(20)
    desk.event("attempt", 0.5)
    desk.event("turn", 12.0, by="customer")
    assert desk.cues == []


scenes = st.lists(
    st.tuples(
        st.sampled_from(["agent", "customer", "quiet", "closed", "complex", "unclear", "cut_off", "button"]),
        st.floats(0.02, 4.0),
        st.floats(0, 1),
    ),
    max_size=40,
)


@given(scenes, st.floats(0, 1))
def test_whatever_happens_on_and_off_alternate_and_cues_keep_their_distance(
    scene: list[tuple[str, float, float]], withhold_share: float
) -> None:
    desk = counter(cut_off=True, withhold_share=withhold_share)
    for what, seconds, confidence in scene:
        if what in ("agent", "customer"):
            desk.overlap(seconds, by="agent" if what == "agent" else "customer", confidence=confidence)
        elif what == "unclear":
            desk.overlap(seconds, sides_clear=False)
        elif what == "cut_off":
            desk.event("interruption", min(seconds, 0.6), confidence=confidence)
        elif what == "button":
            desk.quiet(seconds, LEFT_OUT)
        else:
            desk.quiet(seconds, {"quiet": OPEN, "closed": CLOSED}.get(what, SessionStep(True, is_complex=True)))
    assert [cue.cue == "off" for cue in desk.cues] == [index % 2 == 1 for index in range(len(desk.cues))]
    begun = [cue.at_s for cue in desk.cues if cue.cue != "off"]
    assert all(later - earlier >= 25.0 - 1e-6 for earlier, later in pairwise(begun))
