"""The publisher's part in commands: from the broker into the inbox, and the caretaker's answers back.

One rule: it carries and judges nothing. A command is acknowledged when its file is durable, an answer has its receipt
when the broker took it, and a release is fetched when the caretaker, who checked the signatures, asks for it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from counterpoint import __version__
from counterpoint.edge.commands import COMMAND_NAME, FAREWELL_NAME, RECEIPT_PREFIX, REPLY_NAME, WANTED_NAME
from counterpoint.edge.outbox import read_plain, write_whole
from counterpoint.errors import MessageError
from counterpoint.messages.channels import BIRTH, REPLY, STATE
from counterpoint.messages.commands import ReleaseOffer, Reply, decode_command, decode_order, decode_reply, encode_reply
from counterpoint.messages.sending import NO_SUBSCRIBERS, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from counterpoint.edge.broker import Answer, Broker, Received
    from counterpoint.edge.releases_fetch import ReleaseFetch
    from counterpoint.messages.sending import BackOff

PACE_S: Final = 10.0
"""At most six commands a minute reach the caretaker, whatever the broker sends."""
STUCK_S: Final = 120.0
"""The caretaker is started within a moment of a command's coming."""


class CommandPost:
    """Carries commands, answers and releases between the broker and the caretaker; call `look` each second.

    Attributes:
        has_left: The caretaker asked for a farewell, and the broker took back what it retained.
    """

    def __init__(
        self,
        inbox: Path,
        receipts: Path,
        replies: Path,
        fetch: ReleaseFetch,
        back_off: BackOff,
        say: Callable[[str], None],
    ) -> None:
        self._inbox = inbox
        self._receipts = receipts
        self._replies = replies
        self._fetch = fetch
        self._back_off = back_off
        self._say = say
        self._came: list[Received] = []
        self._next_s = 0.0
        self._lies_since_s: float | None = None
        self._under_way: dict[int, str] = {}
        self._reply_not_before_s = 0.0
        self._farewell: set[int] | None = None
        self._told = ""
        self.has_left = (receipts / FAREWELL_NAME).exists()

    def look(self, broker: Broker, now_s: float) -> None:
        """Do what is due; StorageError when the inbox or the receipts can't be written."""
        self._came += broker.received()
        self._hand_over(broker, now_s)
        self._send_reply(broker, now_s)
        with suppress(MessageError):
            self._fetch.look(self._wanted(), now_s)
        self._tell(self._fetch.trouble)
        if not self._under_way and (self._replies / FAREWELL_NAME).exists():
            self._take_leave(broker)

    def owns(self, message: int) -> bool:
        """Tell whether a message was sent from here."""
        return message in self._under_way or message in (self._farewell or ())

    def answered(self, answer: Answer, now_s: float) -> None:
        """Take the broker's answer to a message of ours; StorageError when its receipt can't be written."""
        if answer.message not in self._under_way:
            if answer.code not in {SUCCESS, NO_SUBSCRIBERS}:
                return  # not taken back: who forgets is told to do it at the broker
            self._farewell = (self._farewell or set()) - {answer.message}
            if not self._farewell:
                write_whole(self._receipts / FAREWELL_NAME, b"")
                self.has_left = True
            return
        name = self._under_way.pop(answer.message)
        if answer.code != SUCCESS:  # nobody listens yet, or the broker has no rule for it: the file waits
            self._reply_not_before_s = now_s + self._back_off.failed()
            return
        self._back_off.succeeded()
        if name:
            write_whole(self._receipts / f"{RECEIPT_PREFIX}{name}", b"")

    def line_lost(self) -> None:
        """What had no answer is sent again; what was not acknowledged comes again."""
        self._came.clear()
        self._under_way.clear()
        self._farewell = None

    def _hand_over(self, broker: Broker, now_s: float) -> None:
        if any(COMMAND_NAME.fullmatch(path.name) for path in self._inbox.iterdir()):
            self._lies_since_s = now_s if self._lies_since_s is None else self._lies_since_s
            if now_s - self._lies_since_s > STUCK_S:
                self._tell("a command lies in the inbox: start counterpoint-caretaker.path")
            return
        self._lies_since_s = None
        if not self._came or now_s < self._next_s:
            return
        self._next_s = now_s + PACE_S
        received = self._came.pop(0)
        counter = _claimed_number(received.payload)
        if counter is None:
            self._say("what came as a command is none: it is refused")
            refused = Reply(counter=None, do=None, outcome="refused", reason="unreadable", version=__version__)
            self._under_way[broker.publish(REPLY, encode_reply(refused))] = ""
        else:
            self._say(f"command {counter} came: it is the caretaker's")
            write_whole(self._inbox / f"command-{counter}.json", received.payload)
        broker.acknowledge(received)

    def _send_reply(self, broker: Broker, now_s: float) -> None:
        if self._under_way or now_s < self._reply_not_before_s or not self._replies.is_dir():
            return
        for path in sorted(self._replies.iterdir()):
            if not REPLY_NAME.fullmatch(path.name) or (self._receipts / f"{RECEIPT_PREFIX}{path.name}").exists():
                continue
            try:
                content = read_plain(path)
                if content is not None:
                    self._under_way[broker.publish(REPLY, encode_reply(decode_reply(content)))] = path.name
                    return
            except MessageError as error:
                self._tell(f"{path.name} in the replies is not sent: {error}")

    def _wanted(self) -> ReleaseOffer | None:
        try:
            return msgspec.json.decode(read_plain(self._replies / WANTED_NAME) or b"", type=ReleaseOffer)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def _take_leave(self, broker: Broker) -> None:
        """Empty retained messages delete what the broker keeps of this device."""
        if self._farewell is None and not self.has_left:
            self._farewell = {broker.publish(channel, b"") for channel in (BIRTH, STATE)}

    def _tell(self, line: str) -> None:
        if line and self._told != line:
            self._told = line
            self._say(line)


def _claimed_number(payload: bytes) -> int | None:
    """The number that a command says it has; whether it may say so, the caretaker judges."""
    try:
        return decode_order(decode_command(payload).sealed()).counter
    except MessageError:
        return None
