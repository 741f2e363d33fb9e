"""Which line a customer says next: the story told so far, and what the agent has just done.

One rule: an open question gets more than a closed one, what is said back is confirmed, and a customer talked over says
less.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterpoint.practice.role_files import LineSound
    from counterpoint.practice.roles import Role, RoleLine, When
    from counterpoint.values import ActKind

REFLECTIONS: Final[frozenset[ActKind]] = frozenset({"paraphrase", "summary"})
COMMITMENTS: Final[frozenset[ActKind]] = frozenset({"promise", "call_back"})
ROUGH: Final[frozenset[ActKind]] = frozenset({"rush", "judgement"})
INVITING: Final[frozenset[ActKind]] = frozenset({"open_question", "follow_up", "clarification"})
CURT_AFTER: Final = 2  # times talked over
MOST_ANSWERS: Final = 24  # then the customer has to go, whatever is asked
WORTH_RESUMING: Final = 0.3  # of the line is still to come; less is left unsaid

Next = tuple["RoleLine", float]
"""A line, and from where in its audio, in seconds."""


@dataclass(frozen=True, slots=True)
class _Broken:
    line: RoleLine
    at_s: float


class Answers:
    """The customer's memory: what is told, what was broken off, what was promised."""

    def __init__(self, role: Role, sounds: Mapping[str, LineSound]) -> None:
        self._role = role
        self._sounds = sounds
        self._broken: _Broken | None = None
        self._untold = list(role.said_when("full"))
        self._used: Counter[When] = Counter()
        self._times_broken = 0
        self._answers = 0
        self._promised = False
        self.has_said_goodbye = False

    @property
    def is_broken(self) -> bool:
        """The customer was stopped in mid-sentence and has not gone on yet."""
        return self._broken is not None

    def opening(self) -> Next:
        """The first words."""
        return self._whole(self._role.said_when("opening")[0])

    def hello(self) -> Next:
        """What is said into a long silence."""
        return self._whole(self._in_turn("hello"))

    def note(self, act: ActKind) -> None:
        """Remember a promise or an offer, however late the recogniser tells of it."""
        self._promised = self._promised or act in COMMITMENTS

    def was_said(self, line: RoleLine) -> None:
        """Note that a line came to its end."""
        self._broken = None
        self.has_said_goodbye = self.has_said_goodbye or line.when == "end"

    def was_broken_off(self, line: RoleLine, at_s: float) -> None:
        """Note that a line was talked over `at_s` seconds into its audio."""
        self._times_broken += 1
        self.has_said_goodbye = self.has_said_goodbye or line.when == "end"  # said enough of it
        self._broken = _Broken(line, at_s)

    def answer(self, acts: frozenset[ActKind]) -> Next:
        """What the customer says to these acts of the agent; none are known where no recogniser listens."""
        self._answers += 1
        if self._broken is not None and (resumed := self._resume(self._broken)):
            return resumed
        return self._whole(self._line_for(acts))

    def _line_for(self, acts: frozenset[ActKind]) -> RoleLine:
        if acts & ROUGH and (line := self._once("brushed_off")):
            return line
        if self._may_end():
            return self._in_turn("end")
        return self._reply(acts)

    def _reply(self, acts: frozenset[ActKind]) -> RoleLine:
        if "open_question" in acts and self._untold:  # whatever else was said: the question is what wants an answer
            return self._tell_on(asked=True)
        if acts & REFLECTIONS:
            return self._reaction(acts)
        if "closed_question" in acts:
            return self._in_turn("short")
        if "empathy" in acts and (line := self._once("eased")):
            return line
        return self._tell_on(asked=bool(acts & INVITING))

    def _may_end(self) -> bool:
        told_some = len(self._untold) < len(self._role.said_when("full"))
        return (self._promised and told_some) or self._answers >= MOST_ANSWERS

    def _reaction(self, acts: frozenset[ActKind]) -> RoleLine:
        """Said back: right, or, if they sum up what is not all told yet, put right once."""
        early = "summary" in acts or self._used["confirm"] > 0
        if early and self._untold and (line := self._once("correct")):
            return line
        return self._in_turn("confirm")

    def _tell_on(self, *, asked: bool) -> RoleLine:
        if self._untold:
            line = self._untold.pop(0)
            shorter = self._role.shorter_of(line)
            return shorter if shorter is not None and self._times_broken >= CURT_AFTER else line
        if asked and self._used["short"] < len(self._role.said_when("short")):
            return self._in_turn("short")
        return self._in_turn("end")

    def _resume(self, broken: _Broken) -> Next | None:
        """Go on at the last pause before the break, or say it shorter; None when there is little left to say."""
        self._broken = None
        sound, shorter = self._sounds[broken.line.id], self._role.shorter_of(broken.line)
        if shorter is not None and self._times_broken >= CURT_AFTER:
            return self._whole(shorter)
        if broken.line.when == "hello" or sound.length_s - broken.at_s < WORTH_RESUMING * sound.length_s:
            return None
        return broken.line, max(breath_s for breath_s in sound.breaths_s if breath_s <= max(broken.at_s, 0.0))

    def _whole(self, line: RoleLine) -> Next:
        return line, 0.0

    def _in_turn(self, when: When) -> RoleLine:
        lines = self._role.said_when(when)
        line = lines[self._used[when] % len(lines)]
        self._used[when] += 1
        return line

    def _once(self, when: When) -> RoleLine | None:
        return self._in_turn(when) if self._role.said_when(when) and not self._used[when] else None
