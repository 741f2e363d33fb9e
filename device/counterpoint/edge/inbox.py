"""The folder through which the publisher speaks to the sensor: small files, each looked at as if a stranger wrote it.

One rule: nothing from here is believed before it is a plain small file of a known name and a known shape. Whoever takes
over the publisher can at most say that the clock is set.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Final

from counterpoint.edge.outbox import read_plain, write_whole
from counterpoint.errors import ClockNotSet, MessageError
from counterpoint.messages.schemas import ClockStatement, Note, PublisherStatement, decode_note, encode

CLOCK_NAME: Final = "clock.json"
PUBLISHER_NAME: Final = "publisher.json"
KNOWN_NAMES: Final = (CLOCK_NAME, PUBLISHER_NAME)
FOR_THE_CARETAKER: Final = re.compile(r"command-\d{1,16}\.json|release-[0-9a-f]{64}\.tar")
"""Not for the sensor, which never opens them."""
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class Inbox:
    """The sensor's side: it reads, and counts what it ignored in `refused` and `unknown_names`."""

    def __init__(self, folder: Path, boot_id_file: Path = BOOT_ID) -> None:
        self._folder = folder
        self._boot = boot_id(boot_id_file)
        self.refused = 0

    def clock_set(self) -> bool:
        """Tell whether the publisher said, since the machine started, that the wall clock is set."""
        return _says_set(self._read(CLOCK_NAME), self._boot)

    def wall_clock_s(self) -> float:
        """Return seconds since 1970; the only place where wall-clock time enters. ClockNotSet while it is not known."""
        if not self.clock_set():
            raise ClockNotSet("the clock is not known to be set: visits wait; start `counterpoint publish`, allow NTP")
        return time.time()

    def publisher(self) -> PublisherStatement | None:
        """Return how the publisher fares, None when it has never said."""
        note = self._read(PUBLISHER_NAME)
        return note if isinstance(note, PublisherStatement) else None

    def unknown_names(self) -> int:
        """Return how many files lie here that nobody should have written."""
        names = [path.name for path in self._folder.iterdir() if not FOR_THE_CARETAKER.fullmatch(path.name)]
        return sum(name not in KNOWN_NAMES and not name.endswith(".part") for name in names)

    def _read(self, name: str) -> Note | None:
        try:
            return _read_note(self._folder / name)
        except MessageError:
            self.refused += 1
            return None


class Statements:
    """The publisher's side: it says whether the clock is set and how it fares; the same again writes nothing."""

    def __init__(self, folder: Path, boot_id_file: Path = BOOT_ID) -> None:
        self._folder = folder
        self._boot = boot_id(boot_id_file)
        self._said: dict[str, Note] = {}

    def clock_was_set(self) -> bool:
        """Tell whether a publisher, this one or one before it, said in this boot that the wall clock is set."""
        try:
            return _says_set(_read_note(self._folder / CLOCK_NAME), self._boot)
        except MessageError:
            return False

    def clock(self, *, is_set: bool) -> None:
        """Say whether the wall clock is set, in this boot."""
        self._say(CLOCK_NAME, ClockStatement(clock_set=is_set, boot=self._boot))

    def fares(self, *, connected: bool, trouble: str) -> None:
        """Say how the publisher fares, for `doctor`."""
        self._say(PUBLISHER_NAME, PublisherStatement(connected=connected, trouble=trouble[:300]))

    def _say(self, name: str, note: Note) -> None:
        if self._said.get(name) != note:
            write_whole(self._folder / name, encode(note))
            self._said[name] = note


def _read_note(path: Path) -> Note | None:
    found = read_plain(path)
    return None if found is None else decode_note(found)


def _says_set(note: Note | None, boot: str) -> bool:
    return isinstance(note, ClockStatement) and note.clock_set and note.boot == boot


def boot_id(file: Path = BOOT_ID) -> str:
    """Return the kernel's number for this boot: it stays on the machine, and ends the worth of old statements."""
    try:
        return file.read_text().strip()
    except OSError:
        return "no boot id"
