"""The customer of a role-play: who hears the floor and the acts, and says when which line is spoken or falls silent.

One rule: everything that the customer decides is decided here; time is the sample counter, and nothing waits.

    SPEAKING ──line ended──▶ LISTENING ──agent spoke, then paused──▶ SPEAKING
       │ talked over                 └──3 s of silence──▶ SPEAKING ("Hello?")
       ▼
    STOPPING ──line stopped──▶ LISTENING          after the end line: OVER
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from counterpoint.practice.answers import Answers
from counterpoint.practice.journal import Course
from counterpoint.values import BLOCK_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterpoint.practice.role_files import LineSound
    from counterpoint.practice.roles import Role, RoleLine
    from counterpoint.values import ActKind, FloorStep, ListeningAct

COMES_UP_S: Final = 1.0  # a customer steps up to the counter before they speak
CHORUS_S: Final = 1.2  # both began together: the customer lets the agent go first
SPOKEN_OVER_S: Final = 1.6  # nobody goes on for longer than this, whatever kind of overlap it is called
LATE_S: Final = 2.0  # after its audio is over: a page that does not say that a line ended has ended it all the same
STOPS_WITHIN_S: Final = 1.0  # a page that does not say where it stopped has stopped all the same
WORDS_WAIT_S: Final = 1.1  # of silence: by then the recogniser has said what it heard
AFTER_TALK_OVER_S: Final = 0.9  # the customer makes sure that they may go on
HELLO_S: Final = 3.0
HELLO_AGAIN_S: Final = 8.0
MOST_HELLOS: Final = 2  # in a row; then the customer waits
FAREWELL_S: Final = 2.0  # for the agent's goodbye
WORD_S: Final = 0.25  # shorter sounds of the agent are no answer
NODS: Final[frozenset[ActKind]] = frozenset({"acknowledgement"})


@dataclass(frozen=True, slots=True)
class Speak:
    """Say this line, from so many seconds into its audio."""

    line: RoleLine
    from_s: float = 0.0


@dataclass(frozen=True, slots=True)
class FallSilent:
    """Stop in the middle of the line: the agent talks over it."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The role has come to its end."""


Command = Speak | FallSilent | Finish


class _State(Enum):
    SPEAKING = auto()
    STOPPING = auto()
    LISTENING = auto()
    OVER = auto()


class RolePlay:
    """One customer, from their first word to their goodbye.

    Attributes:
        course: What happened so far.
    """

    def __init__(self, role: Role, sounds: Mapping[str, LineSound], *, words: bool) -> None:
        """Wait for the first block.

        Args:
            role: The customer.
            sounds: Length and pauses of every line, by id.
            words: A recogniser gives acts; without one the customer goes on with the story after each answer.
        """
        self.course = Course()
        self._role = role
        self._sounds = sounds
        self._answers = Answers(role, sounds)
        self._words = words
        self._state = _State.LISTENING
        self._line: RoleLine | None = None
        self._now_s = 0.0
        self._since_s = 0.0  # the state's beginning
        self._over_s = 0.0  # when the line's audio should be over
        self._both_since_s: float | None = None
        self._agent_s = 0.0  # of agent's speech since the customer's last word
        self._agent_until_s: float | None = None
        self._acts: list[ListeningAct] = []
        self._hellos = 0

    def step(self, floor: FloorStep) -> Command | None:
        """Take one frame of the floor; return what the customer does now, if anything."""
        self._now_s = floor.at_s
        if floor.agent:
            self._agent_until_s = floor.frame_s + BLOCK_S
        if self._state is _State.SPEAKING:
            return self._speak_on(floor)
        if self._state is _State.STOPPING:
            self._stop_at_last()
        elif self._state is _State.LISTENING:
            self._agent_s += BLOCK_S if floor.agent else 0.0
            return self._listen(floor)
        return None

    def hear(self, act: ListeningAct) -> None:
        """Take something that the agent's words did."""
        self._acts.append(act)
        self._answers.note(act.kind)

    def line_ended(self, line: str) -> None:
        """Note that the line was played to its end; of an earlier line this means nothing any more."""
        if self._line is None or line != self._line.id or self._state not in (_State.SPEAKING, _State.STOPPING):
            return
        self._answers.was_said(self._line)
        if self._line.when == "end":
            self.course.ended = True
        self._fall_silent()

    def line_stopped(self, line: str, at_s: float) -> None:
        """Note where in its audio the line fell silent."""
        if self._line is not None and line == self._line.id and self._state is _State.STOPPING:
            self._answers.was_broken_off(self._line, at_s)
            self._fall_silent()

    def _speak_on(self, floor: FloorStep) -> Command | None:
        if self._line is not None and self._now_s > self._over_s + LATE_S:
            self.line_ended(self._line.id)
        if self._state is not _State.SPEAKING or not self._is_talked_over(floor):
            return None
        self._enter(_State.STOPPING)
        self.course.gave_way_s.append(self._now_s)
        return FallSilent()

    def _is_talked_over(self, floor: FloorStep) -> bool:
        """The agent goes on over the line; small words that show listening stop nobody."""
        both = floor.agent and floor.customer
        if not both:
            self._both_since_s = None
            return False
        if self._both_since_s is None:
            self._both_since_s = floor.frame_s
        overlap, lasted_s = floor.overlap, floor.frame_s + BLOCK_S - self._both_since_s
        if overlap is not None and overlap.by == "agent" and overlap.talk_over is not None:
            return self._now_s - overlap.since_s >= self._role.gives_way_after_s
        if overlap is not None and overlap.by == "customer":
            return lasted_s >= CHORUS_S
        return lasted_s >= SPOKEN_OVER_S

    def _stop_at_last(self) -> None:
        if self._now_s - self._since_s >= STOPS_WITHIN_S and self._line is not None:
            self._answers.was_broken_off(self._line, 0.0)
            self._fall_silent()

    def _fall_silent(self) -> None:
        self._enter(_State.LISTENING)
        self._acts = [act for act in self._acts if act.at_s >= self._now_s - WORD_S]
        self._agent_s = 0.0
        broken = self._answers.is_broken
        self._agent_until_s = self._now_s if broken else None

    def _listen(self, floor: FloorStep) -> Command | None:
        if floor.agent or floor.customer:
            return None
        if self._line is None:
            return self._say(self._answers.opening()) if self._now_s >= COMES_UP_S else None
        if self._answers.has_said_goodbye:
            return self._leave()
        if self._has_answer():
            return self._answer()
        return self._ask_whether_anyone_is_there()

    def _has_answer(self) -> bool:
        """The agent spoke, or talked over the customer, and has been silent for long enough."""
        if self._agent_until_s is None:
            return False
        broken = self._answers.is_broken
        if not broken and self._agent_s < WORD_S and not self._acts:
            return False
        silent_s = self._now_s - self._agent_until_s
        if broken:
            return silent_s >= max(AFTER_TALK_OVER_S, WORDS_WAIT_S if self._words else 0.0)
        told = not self._words or any(act.kind not in NODS for act in self._acts)
        return silent_s >= (self._role.answers_after_s if told else max(self._role.answers_after_s, WORDS_WAIT_S))

    def _answer(self) -> Command | None:
        speak = self._answers.answer(frozenset(act.kind for act in self._acts))
        self._hellos = 0
        self.course.confirmed += speak[0].when == "confirm"
        return self._say(speak)

    def _ask_whether_anyone_is_there(self) -> Command | None:
        asks = self._hellos < MOST_HELLOS
        patience_s = HELLO_AGAIN_S if self._hellos else HELLO_S
        if not asks or self._now_s - self._silent_since_s() < patience_s:
            return None
        self._hellos += 1
        self.course.hello_s.append(self._now_s)
        return self._say(self._answers.hello())

    def _silent_since_s(self) -> float:
        return max(self._since_s, self._agent_until_s or 0.0)

    def _leave(self) -> Command | None:
        if self._now_s - self._silent_since_s() < FAREWELL_S:
            return None
        self._enter(_State.OVER)
        return Finish()

    def _say(self, speak: tuple[RoleLine, float]) -> Speak:
        self._line, from_s = speak
        self._over_s = self._now_s + self._sounds[self._line.id].length_s - from_s
        self._acts.clear()
        self._agent_until_s = self._both_since_s = None
        self._enter(_State.SPEAKING)
        return Speak(self._line, from_s)

    def _enter(self, state: _State) -> None:
        self._state = state
        self._since_s = self._now_s
