"""The customer of a role-play: who talks over them, who asks openly, who says it back, and what they then say."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterpoint.practice.role_files import LineSound
from counterpoint.practice.roleplay import FallSilent, Finish, RolePlay, Speak
from counterpoint.practice.roles import Role, RoleLine, When
from counterpoint.values import BLOCK_S, ActKind, FloorStep, ListeningAct, OpenOverlap

LINE_S = 4.0
PAUSE_S = 1.5  # the customer's line goes on after this pause
LINES: tuple[tuple[str, When, str], ...] = (
    ("opening", "opening", ""),
    ("my-parcel", "shorter", "opening"),
    ("first", "full", ""),
    ("first-shorter", "shorter", "first"),
    ("second", "full", ""),
    ("yes", "short", ""),
    ("no", "short", ""),
    ("exactly", "confirm", ""),
    ("almost", "correct", ""),
    ("kind", "eased", ""),
    ("oh", "brushed_off", ""),
    ("hello", "hello", ""),
    ("goodbye", "end", ""),
)
ROLE = Role("A parcel", "It is late.", tuple(RoleLine(name, when, "Words.", of) for name, when, of in LINES))


@dataclass
class Scene:
    """Plays a role to who speaks, frame by frame; lines last LINE_S and are played at once."""

    words: bool = True
    role: Role = ROLE
    at_s: float = 0.0
    said: list[tuple[float, str, float]] = field(default_factory=list)
    silenced_s: list[float] = field(default_factory=list)
    finished: bool = False
    _line: str = ""
    _left_s: float = 0.0
    _both_s: float = 0.0

    def __post_init__(self) -> None:
        sounds = {line.id: LineSound(LINE_S, (0.0, PAUSE_S)) for line in self.role.lines}
        self.play = RolePlay(self.role, sounds, words=self.words)

    @property
    def lines(self) -> list[str]:
        return [name for _, name, _ in self.said]

    def quiet(self, seconds: float) -> Scene:
        return self._runs(seconds, agent=False)

    def agent(self, seconds: float, *acts: ActKind, nod: bool = False) -> Scene:
        """The agent speaks; what the words did is known a little after the last of them."""
        self._runs(seconds, agent=True, nod=nod)
        ended_s = self.at_s
        if acts:
            self._runs(0.5, agent=False)
        for act in acts:
            self.play.hear(ListeningAct(act, ended_s))
        return self

    def heard_out(self) -> Scene:
        """Nobody interrupts the line that sounds now."""
        while self._line:
            self.quiet(BLOCK_S)
        return self

    def opened(self) -> Scene:
        return self.quiet(1.5).heard_out()

    def answered(self) -> str:
        """The line that the customer answers with."""
        before = len(self.said)
        while len(self.said) == before and not self.finished:
            self.quiet(BLOCK_S)
        return "" if self.finished else self.lines[-1]

    def _runs(self, seconds: float, *, agent: bool, nod: bool = False) -> Scene:
        for _ in range(round(seconds / BLOCK_S)):
            self._frame(agent=agent, nod=nod)
        return self

    def _frame(self, *, agent: bool, nod: bool) -> None:
        customer = bool(self._line)
        self._both_s = self._both_s + BLOCK_S if agent and customer else 0.0
        self.at_s = round(self.at_s + BLOCK_S, 3)
        overlap = None
        if self._both_s:
            predicted = 1 if self._both_s >= 0.3 and not nod else None
            overlap = OpenOverlap("agent", self.at_s - self._both_s, 0.8, predicted, both=True)
        command = self.play.step(FloorStep(self.at_s, self.at_s - BLOCK_S, agent, customer, None, overlap))
        self._play_on()
        match command:
            case Speak(line, from_s):
                self.said.append((self.at_s, line.id, from_s))
                self._line, self._left_s = line.id, LINE_S - from_s
            case FallSilent():
                self.silenced_s.append(self.at_s)
                line_id, self._line = self._line, ""
                self.play.line_stopped(line_id, LINE_S - self._left_s)
            case Finish():
                self.finished = True

    def _play_on(self) -> None:
        self._left_s -= BLOCK_S
        if self._line and self._left_s <= 0:
            line, self._line = self._line, ""
            self.play.line_ended(line)


def test_the_customer_speaks_first_after_a_second() -> None:
    scene = Scene().quiet(0.9)
    assert scene.lines == []
    assert scene.quiet(0.2).lines == ["opening"]


def test_an_open_question_gets_the_story_and_a_closed_one_a_word() -> None:
    scene = Scene().opened()
    assert scene.agent(1.5, "closed_question").answered() == "yes"
    assert scene.heard_out().agent(1.5, "open_question").answered() == "first"
    assert scene.heard_out().agent(1.5, "closed_question").answered() == "no"
    assert scene.heard_out().agent(1.5, "follow_up").answered() == "second"


def test_of_several_things_said_at_once_the_open_question_is_answered() -> None:
    scene = Scene().opened()
    assert scene.agent(2.0, "empathy", "paraphrase", "open_question").answered() == "first"
    assert scene.heard_out().agent(2.0, "closed_question", "follow_up").answered() == "yes"
    assert scene.heard_out().agent(2.0, "summary", "closed_question").answered() == "almost"


def test_i_see_is_enough_to_go_on() -> None:
    assert Scene().opened().agent(0.5, "acknowledgement").answered() == "first"


def test_what_is_said_back_is_confirmed_and_a_second_time_put_right() -> None:
    scene = Scene().opened()
    assert scene.agent(2.0, "paraphrase").answered() == "exactly"
    assert scene.heard_out().agent(2.0, "paraphrase").answered() == "almost"
    assert scene.heard_out().agent(2.0, "summary").answered() == "exactly"
    assert scene.play.course.confirmed == 2


def test_a_summary_before_all_is_told_is_put_right() -> None:
    assert Scene().opened().agent(2.0, "summary").answered() == "almost"


def test_empathy_and_rush_are_answered_once() -> None:
    scene = Scene().opened()
    assert scene.agent(1.0, "empathy").answered() == "kind"
    assert scene.heard_out().agent(1.0, "empathy").answered() == "first"
    assert scene.heard_out().agent(1.0, "rush").answered() == "oh"
    assert scene.heard_out().agent(1.0, "judgement").answered() == "second"


@pytest.mark.parametrize("commitment", ["promise", "call_back"])
def test_a_promise_or_a_call_back_ends_it_once_something_was_told(commitment: ActKind) -> None:
    scene = Scene().opened()
    assert scene.agent(1.0, commitment).answered() == "first"
    assert scene.heard_out().agent(1.0, "acknowledgement").answered() == "goodbye"
    scene.heard_out().agent(0.6).quiet(2.5)
    assert scene.finished
    assert scene.play.course.ended


def test_a_promise_that_is_understood_late_counts_all_the_same() -> None:
    scene = Scene().opened().agent(1.0, "open_question")
    promised_s = scene.at_s
    assert scene.answered() == "first"
    scene.play.hear(ListeningAct("promise", promised_s))
    assert scene.heard_out().agent(1.0, "acknowledgement").answered() == "goodbye"


def test_talked_over_the_customer_stops_within_a_third_of_a_second_after_the_light_is_due() -> None:
    scene = Scene().quiet(2.5).agent(2.0)
    assert scene.silenced_s == [pytest.approx(2.5 + ROLE.gives_way_after_s, abs=0.05)]
    assert scene.play.course.gave_way_s == scene.silenced_s


def test_a_small_word_that_shows_listening_stops_nobody() -> None:
    scene = Scene().quiet(2.5).agent(0.6, nod=True).heard_out()
    assert scene.silenced_s == []


def test_who_was_talked_over_goes_on_at_the_last_pause_and_then_says_it_shorter() -> None:
    scene = Scene().quiet(2.5).agent(1.2)
    assert scene.answered() == "opening"
    assert scene.said[-1][2] == PAUSE_S
    scene.quiet(0.2).agent(1.2)
    assert scene.answered() == "my-parcel"
    assert scene.heard_out().agent(1.0, "open_question").answered() == "first-shorter"


def test_a_line_that_was_nearly_over_is_left_unsaid() -> None:
    scene = Scene().opened().agent(1.0, "open_question")
    scene.answered()
    scene.quiet(LINE_S - 1.2).agent(1.1, "acknowledgement")
    assert scene.answered() == "second"


def test_after_three_seconds_of_silence_the_customer_asks_and_does_not_nag() -> None:
    scene = Scene().opened()
    ended_s = scene.at_s
    assert scene.answered() == "hello"
    assert scene.at_s - ended_s == pytest.approx(3.0, abs=0.1)
    scene.quiet(60.0)
    assert scene.lines == ["opening", "hello", "hello"]
    assert len(scene.play.course.hello_s) == 2
    assert scene.agent(1.0, "open_question").answered() == "first"


def test_without_words_the_story_goes_on_after_each_answer_and_comes_to_its_end() -> None:
    scene = Scene(words=False).opened()
    while not scene.finished:
        scene.agent(1.0)
        scene.answered()
        scene.heard_out()
    assert scene.lines == ["opening", "first", "second", "goodbye"]


def test_a_cough_is_no_answer() -> None:
    assert Scene(words=False).opened().agent(0.1).answered() == "hello"


def test_a_page_that_tells_nothing_does_not_hang_the_customer() -> None:
    scene = Scene().quiet(2.0)
    play = RolePlay(ROLE, {line.id: LineSound(LINE_S) for line in ROLE.lines}, words=False)
    commands = []
    for frame in range(round(20 / BLOCK_S)):
        at_s = (frame + 1) * BLOCK_S
        commands.append(play.step(FloorStep(at_s, at_s - BLOCK_S, agent=False, customer=False, holder=None)))
    said = [command.line.id for command in commands if isinstance(command, Speak)]
    assert scene.lines == ["opening"]
    assert said[:2] == ["opening", "hello"]


def test_messages_about_another_line_mean_nothing() -> None:
    scene = Scene().quiet(1.5)
    scene.play.line_ended("yes")
    scene.play.line_stopped("opening", 1.0)
    assert scene.heard_out().lines == ["opening"]


ACTS: tuple[ActKind, ...] = ("open_question", "closed_question", "summary", "promise", "rush", "acknowledgement")


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.floats(0, 6), st.floats(0, 4), st.sampled_from(ACTS)), max_size=25), st.booleans())
def test_however_strange_the_agent_the_customer_says_only_their_lines_and_never_two_at_once(
    course: list[tuple[float, float, ActKind]], words: bool
) -> None:
    scene = Scene(words=words)
    for quiet_s, talk_s, act in course:
        scene.quiet(quiet_s).agent(talk_s, *((act,) if words else ()))
    known = {line.id for line in ROLE.lines}
    assert set(scene.lines) <= known
    assert all(0 <= from_s < LINE_S for _, _, from_s in scene.said)
    for (at_s, _, from_s), (next_s, _, _) in pairwise(scene.said):
        stopped = any(at_s <= silenced_s <= next_s for silenced_s in scene.silenced_s)
        assert stopped or next_s >= at_s + LINE_S - from_s - BLOCK_S
