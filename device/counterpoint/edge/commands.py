"""The caretaker's folders: commands that came, what it remembers, what it answers and asks of the publisher.

One rule: what is remembered is on the disk before anything is done about it. The publisher can write only the inbox and
the receipts, and nothing from there is believed; the other folders are root's.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from counterpoint.care.trial import CareState, decode_state, encode_state
from counterpoint.edge.durable import FOR_THE_OWNER, remove_durably, replace_file
from counterpoint.edge.inbox import PUBLISHER_NAME
from counterpoint.edge.outbox import GROUP_MAY_READ
from counterpoint.errors import MessageError, StorageError
from counterpoint.messages.commands import LARGEST_COMMAND_BYTES, encode_reply
from counterpoint.messages.schemas import LARGEST_BYTES, PublisherStatement, decode_note

if TYPE_CHECKING:
    from pathlib import Path

    from counterpoint.edge.durable import Disk
    from counterpoint.messages.commands import ReleaseOffer, Reply

COMMAND_NAME: Final = re.compile(r"command-(\d{1,16})\.json")
REPLY_NAME: Final = re.compile(r"(?:\d{1,16}|refused)-[a-z0-9_]{1,32}\.json")
STATE_NAME: Final = "state.json"
UNDER_WAY_NAME: Final = "under-way"
"""Empty, beside the state: for systemd's timer, while there is something to look at each minute."""
HEARD_NAME: Final = "heard.json"
"""In the sensor's folder: frames that went from capture to decision in its present run, written once a minute."""
WANTED_NAME: Final = "wanted.json"
FAREWELL_NAME: Final = "farewell"
"""In the replies: the publisher shall take back what the broker retains, and leave; in the receipts: it has."""
RECEIPT_PREFIX: Final = "reply-"
MOST_REPLIES: Final = 32
"""Replies that wait for a broker; more refusals than that say nothing new."""
DIGEST_DIGITS: Final = 16


class StateFile:
    """What the caretaker remembers over restarts and power cuts."""

    def __init__(self, disk: Disk, folder: Path) -> None:
        self._disk = disk
        self._path = folder / STATE_NAME
        self._mark = folder / UNDER_WAY_NAME

    def load(self) -> CareState:
        """Return what is remembered; a new state where nothing is.

        Raises:
            StorageError: There is a file, and it can't be read. Then no command can be told from one that was done.
        """
        content = self._disk.read(self._path)
        if content is None:
            return CareState()
        try:
            return decode_state(content)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StorageError(f"{self._path} can't be read: run `counterpoint forget`, and enrol again") from error

    def keep(self, state: CareState) -> None:
        """Remember this from now on; it is durable when this returns."""
        if state.under_way is not None:
            self._disk.write(self._mark, b"", FOR_THE_OWNER)
            self._disk.sync(self._mark)
        replace_file(self._disk, self._path, encode_state(state), FOR_THE_OWNER)
        self.settle(state)

    def settle(self, state: CareState) -> None:
        """Take the mark away where nothing is under way."""
        if state.under_way is None:
            remove_durably(self._disk, self._mark)


class Replies:
    """The answers that wait for the publisher; one that the broker took is deleted at the next sweep."""

    def __init__(self, disk: Disk, folder: Path, receipts: Path) -> None:
        self._disk = disk
        self._folder = folder
        self._receipts = receipts

    def answer(self, reply: Reply) -> None:
        """Tell what became of a command; the same again replaces the answer."""
        self._write(f"{reply.counter or 0}-{reply.outcome}.json", encode_reply(reply))

    def refuse(self, reply: Reply, payload: bytes) -> None:
        """Tell that a command was refused; named by its bytes, since its number may be anybody's."""
        digest = hashlib.sha256(payload).hexdigest()[:DIGEST_DIGITS]
        if sum(name.startswith("refused-") for name in self._disk.names(self._folder)) < MOST_REPLIES:
            self._write(f"refused-{digest}.json", encode_reply(reply))

    def sweep(self) -> None:
        """Delete the answers that the broker has taken, with their receipts."""
        for name in self._disk.names(self._receipts):
            answered = name.removeprefix(RECEIPT_PREFIX)
            if name.startswith(RECEIPT_PREFIX) and REPLY_NAME.fullmatch(answered):
                remove_durably(self._disk, self._folder / answered)
                self._disk.remove(self._receipts / name)

    def want(self, offer: ReleaseOffer) -> None:
        """Ask the publisher for the file of a release, whose signatures hold."""
        self._write(WANTED_NAME, msgspec.json.encode(offer))

    def want_nothing(self) -> None:
        """Ask for no file any more."""
        remove_durably(self._disk, self._folder / WANTED_NAME)

    def farewell(self) -> None:
        """Ask the publisher to take back what the broker retains, and to leave for good."""
        self._write(FAREWELL_NAME, b"")

    def _write(self, name: str, content: bytes) -> None:
        replace_file(self._disk, self._folder / name, content, GROUP_MAY_READ)


def waiting_commands(disk: Disk, inbox: Path) -> tuple[Path, ...]:
    """Return the files of commands that came, the lowest number first."""
    found = [(int(match[1]), name) for name in disk.names(inbox) if (match := COMMAND_NAME.fullmatch(name))]
    return tuple(inbox / name for _, name in sorted(found))


def read_command(disk: Disk, path: Path) -> bytes:
    """Return the bytes of a command's file; of one that is too long a byte too many, of what is no file none."""
    return disk.read(path, LARGEST_COMMAND_BYTES + 1) or b""


def archive_path(inbox: Path, offer: ReleaseOffer) -> Path:
    """Return where the publisher lays the file of a release."""
    return inbox / f"release-{offer.sha256}.tar"


def publisher_reaches_broker(disk: Disk, inbox: Path) -> bool:
    """Tell whether the publisher says that it is connected."""
    with suppress(MessageError):
        note = decode_note(disk.read(inbox / PUBLISHER_NAME, LARGEST_BYTES) or b"")
        return isinstance(note, PublisherStatement) and note.connected
    return False


class _Heard(msgspec.Struct, frozen=True):
    frames: int
    boot: str


def heard_path(sensor_state: Path) -> Path:
    """Return where the sensor says how many frames it brought to a decision."""
    return sensor_state / HEARD_NAME


def frames_heard(disk: Disk, sensor_state: Path, boot: str) -> int | None:
    """Return the frames of the sensor's present run, None where it has said nothing in this boot."""
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        heard = msgspec.json.decode(disk.read(heard_path(sensor_state), LARGEST_BYTES) or b"", type=_Heard)
        return heard.frames if heard.boot == boot else None
    return None
