"""One practice from its first block to its card: the line listens, the customer answers, the journal remembers.

One rule: blocks and the page's messages come in, messages for the page go out; no socket, clock or thread in here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterpoint.practice.card import build_card
from counterpoint.practice.journal import Journal
from counterpoint.practice.protocol import Card, Light, LineEnded, Say, Stop, Voices
from counterpoint.practice.roleplay import FallSilent, Finish, RolePlay, Speak
from counterpoint.values import BLOCK_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterpoint.practice.line import Line
    from counterpoint.practice.protocol import LineStopped, ToPage
    from counterpoint.practice.role_files import RoleFolder
    from counterpoint.practice.roleplay import Command
    from counterpoint.values import Block, FloorStep

VOICES_EVERY: Final = round(0.2 / BLOCK_S)
LONGEST_S: Final = 20 * 60.0  # nobody practises one customer for longer; a forgotten page stops here


@dataclass(frozen=True, slots=True)
class Choice:
    """What is practised: the role's id, its title and files (None where a person plays the customer), and the skill."""

    role: str
    title: str
    folder: RoleFolder | None
    skill: str


class Exercise:
    """One practice; its line is opened last, so that none stays open where the role can't be used.

    Attributes:
        is_over: The role came to its end, or the time is up: `card` is due.

    Raises:
        RoleError: The role's audio can't be read any more.
        CounterpointError: The line can't be opened.
    """

    def __init__(self, choice: Choice, open_line: Callable[[], Line]) -> None:
        self.is_over = False
        self._choice = choice
        self._journal = Journal()
        sounds = choice.folder.sounds() if choice.folder is not None else {}
        self._line = open_line()
        self._role_play: RolePlay | None = None
        if choice.folder is not None:
            self._role_play = RolePlay(choice.folder.role, sounds, words=self._line.has_words)
        self._blocks = 0

    def step(self, block: Block) -> list[ToPage]:
        """Take one block of both sides; return what the page is told now."""
        moment = self._line.step(block)
        self._journal.step(moment.floor)
        self._journal.hear(moment.acts)
        messages: list[ToPage] = []
        if moment.cue is not None:
            messages.append(Light(moment.cue.cue))
        if self._role_play is not None:
            for act in moment.acts:
                self._role_play.hear(act)
            messages += self._told(self._role_play.step(moment.floor))
        messages += self._voices(moment.floor)
        self.is_over = self.is_over or self._journal.now_s >= LONGEST_S
        return messages

    def played(self, message: LineEnded | LineStopped) -> None:
        """Take what the page says of the line that it plays."""
        if self._role_play is None:
            return
        if isinstance(message, LineEnded):
            self._role_play.line_ended(message.line)
        else:
            self._role_play.line_stopped(message.line, message.at_s)

    def close(self) -> Card:
        """End the practice and give its card; waits up to some seconds for the recogniser's last words. Once only."""
        ending = self._line.close()
        self._journal.note(ending.events)
        self._journal.hear(ending.acts)
        tried = self._journal.finished(
            ending.session.pauses_s if ending.session else (),
            self._role_play.course if self._role_play else None,
            words_known=self._line.words_known,
        )
        return Card(build_card(tried, (self._choice.role, self._choice.title), self._choice.skill))

    def _told(self, command: Command | None) -> list[ToPage]:
        match command:
            case Speak(line, from_s):
                audio = f"/audio/{self._choice.role}/{self._file_of(line.id)}"
                return [Say(line.id, audio, line.text, round(from_s, 2))]
            case FallSilent():
                return [Stop()]
            case Finish():
                self.is_over = True
        return []

    def _file_of(self, line: str) -> str:
        return self._choice.folder.files[line].name if self._choice.folder else ""

    def _voices(self, floor: FloorStep) -> list[ToPage]:
        self._blocks += 1
        return [] if self._blocks % VOICES_EVERY else [Voices(agent=floor.agent, customer=floor.customer)]
