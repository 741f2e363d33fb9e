"""The light drawn in a terminal: one line, told apart by its words and its shape where there is no colour."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from counterpoint.settings import LightSettings
    from counterpoint.values import Cue, CueKind

AMBER: Final = "33"
GREEN: Final = "32"
# The shape as a terminal draws it, the same in ASCII, what it says, and its colour.
FACES: Final[dict[CueKind, tuple[str, str, str, str]]] = {
    "talk_over": ("▂▄▆██", "/----", "talk-over: let them finish", AMBER),
    "cut_off": ("▆█▃▆█", "/\\/--", "cut-off: give the turn back", AMBER),
    "good_listening": ("▂▃▄▄▄", "_----", "well listened", GREEN),
    "off": ("·····", ".....", "dark", "2"),
}


class TerminalLight:
    """Draws over one line of a terminal; elsewhere (a file, a pipe, a dumb terminal) prints a line a change."""

    kind = "terminal"

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._redraws = stream.isatty() and os.environ.get("TERM") not in (None, "dumb")
        self._colours = self._redraws and not os.environ.get("NO_COLOR")
        self._drawn = False

    def show(self, cue: Cue) -> None:
        """Draw this cue."""
        line = self._line(cue.cue)
        self._stream.write(f"\r\x1b[K{line}" if self._redraws else f"{line}\n")
        self._stream.flush()
        self._drawn = self._redraws

    def close(self) -> None:
        """Clear the line."""
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
        self._drawn = False

    def _line(self, cue: CueKind) -> str:
        drawn, plain, words, colour = FACES[cue]
        shape = drawn if self._can_write(drawn) else plain
        text = f"light {shape} {words}"
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours else text

    def _can_write(self, text: str) -> bool:
        try:
            text.encode(self._stream.encoding or "ascii")
        except UnicodeEncodeError:
            return False
        return True


def open_light(_settings: LightSettings) -> TerminalLight:
    """A light on stderr, so that stdout stays for results."""
    return TerminalLight(sys.stderr)
