"""The publisher's loop: from the outbox to the broker, whatever happens to either.

One rule: it alone decides when to connect, and a file gets its receipt only when `Sending` says so. It writes receipts
and statements, never a message.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterpoint import __version__
from counterpoint.edge.broker import Answer, Broker
from counterpoint.edge.clock import clock_is_set
from counterpoint.edge.commands_post import CommandPost
from counterpoint.edge.inbox import Statements
from counterpoint.edge.outbox import Post
from counterpoint.edge.releases_fetch import ReleaseFetch
from counterpoint.edge.systemd import READY, STOPPING, WORKING, notify, status
from counterpoint.errors import (
    BrokerError,
    BrokerRefused,
    BrokerUnreachable,
    ClockNotSet,
    MessageError,
    SettingsError,
    StorageError,
)
from counterpoint.messages.channels import BIRTH, HEALTH, STATE, WINDOW
from counterpoint.messages.schemas import (
    Birth,
    HealthReport,
    SensorHealth,
    State,
    decode_note,
    decode_window,
    encode,
)
from counterpoint.messages.sending import NO_SUBSCRIBERS, SUCCESS, BackOff, Pace, Sending, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterpoint.edge.keys import Identity
    from counterpoint.settings import Settings

LOOK_S: Final = 1.0
"""How often the outbox and the clock are looked at."""
NAP_S: Final = 0.2
FAREWELL_S: Final = 2.0
SILENT_AFTER_PERIODS: Final = 3
TEN: Final = 10
NO_ANSWER_S: Final = 60.0
"""A broker that keeps the line but answers nothing for this long is left and tried again."""
LONGEST_AWAY_S: Final = 60.0
"""A broker that comes back is found within a minute."""
PATIENT: Final = Pace()


@dataclass(frozen=True, slots=True)
class World:
    """What the loop asks of the world, so that a test can be the world.

    Attributes:
        say: Takes a line for a person; only what changed is said.
        clock_set: Tells whether the wall clock is set.
        draw: Gives a uniform number in [0, 1).
        pace: How fast to send and to try again.
    """

    say: Callable[[str], None]
    clock_set: Callable[[], bool] = clock_is_set
    draw: Callable[[], float] = random.SystemRandom().random
    pace: Pace = PATIENT


class Publisher:
    """Brings messages to the broker until it is told to stop; without a broker it only tells the sensor the clock.

    Raises:
        StorageError: The outbox or the receipts are not there.
    """

    def __init__(self, settings: Settings, identity: Identity | None, world: World) -> None:
        folders = settings.folders
        self._settings = settings
        self._identity = identity
        self._world = world
        self._post = Post(Path(folders.outbox), Path(folders.receipts))
        self._statements = Statements(Path(folders.inbox))
        self._sending = Sending(world.pace, world.draw)
        away = replace(world.pace, longest_s=min(world.pace.longest_s, LONGEST_AWAY_S))
        self._reconnect = BackOff(away, world.draw)
        self._commands = self._command_post(identity)
        self._under_way: dict[int, tuple[int, float]] = {}
        self._owed: set[int] = set()
        self._health_s = settings.broker.health_minutes * 60
        self._next_health_s = 0.0
        self._next_look_s = 0.0
        self._said: dict[str, str] = {}
        self._clock_is_set = self._statements.clock_was_set()

    def run(self, stopped: Callable[[], bool]) -> None:
        """Serve until `stopped()`; every loss of the broker is said once and mended by trying again."""
        notify(READY)
        while not stopped():
            if self._commands.has_left:
                self._fare(connected=False, trouble="this device was forgotten: enrol it again")
                self._wait(LOOK_S, stopped)
                continue
            if self._identity is None:
                self._fare(connected=False, trouble="no broker is set: broker.host is empty, messages wait")
                self._wait(LOOK_S, stopped)
                continue
            try:
                self._serve(self._identity, stopped)
            except BrokerError as error:
                self._sending.line_lost()
                self._commands.line_lost()
                self._under_way.clear()
                self._fare(connected=False, trouble=str(error))
                self._wait(self._reconnect.failed(), stopped)
        notify(STOPPING)

    def once(self) -> None:
        """Bring what waits now to the broker, and leave.

        Raises:
            SettingsError: No broker is set.
            ClockNotSet: The wall clock is not known to be set.
            BrokerError: The broker can't be reached, or refuses us or a window; what it did not take stays.
            StorageError: It took windows whose receipts can't be written.
        """
        if self._identity is None:
            raise SettingsError("broker.host is empty: set it, without a broker nothing can be sent")
        self._look_at_clock()
        if not self._clock_is_set:
            raise ClockNotSet("the clock is not known to be set: let it reach a time server (timedatectl set-ntp true)")
        due = frozenset(self._post.waiting())
        self._serve(self._identity, lambda: self._no_more_can_be_done(due))
        if self._owed:
            raise StorageError(
                "the broker took windows whose receipts can't be written: free space, see folders.receipts"
            )
        if left := due.intersection(self._post.waiting()):
            raise BrokerRefused(
                self._sending.trouble or f"{len(left)} files of the outbox were not taken: look at them"
            )

    def _no_more_can_be_done(self, due: frozenset[int]) -> bool:
        in_trouble = bool(self._sending.trouble or self._owed)
        return in_trouble or not self._sending.can_send(due.intersection(self._post.waiting()))

    def _serve(self, identity: Identity, stopped: Callable[[], bool]) -> None:
        self._look_at_clock()
        settings = self._settings
        broker = Broker(settings.broker, settings.site.code, identity, settings.network)
        self._reconnect.succeeded()
        broker.publish(BIRTH, encode(self._birth()))
        broker.publish(STATE, encode(State(state="online")))
        broker.listen()
        self._next_health_s = self._next_look_s = 0.0
        while not stopped() and not self._commands.has_left:
            for answer in broker.step():
                self._take(answer)
            if time.monotonic() >= self._next_look_s:
                self._look(broker, identity)
        if self._commands.has_left:
            broker.close(for_good=True)
        else:
            self._leave(broker)

    def _look(self, broker: Broker, identity: Identity) -> None:
        now_s = time.monotonic()
        self._next_look_s = now_s + LOOK_S
        self._look_at_clock()
        self._write_receipts()
        waiting = [sequence for sequence in self._post.waiting() if sequence not in self._owed]
        while (sequence := self._sending.next(waiting, now_s)) is not None:
            self._send(broker, sequence)
        self._written("commands", partial(self._commands.look, broker, now_s))
        if now_s >= self._next_health_s:
            self._next_health_s = now_s + self._health_s
            broker.publish(HEALTH, encode(self._health(identity, len(waiting))), expiry_s=round(2 * self._health_s))
        if any(now_s - sent_s > NO_ANSWER_S for _, sent_s in self._under_way.values()):
            raise BrokerUnreachable("the broker takes messages and answers none: the line is opened again")
        self._fare(connected=True, trouble=self._sending.trouble)

    def _send(self, broker: Broker, sequence: int) -> None:
        try:
            payload = self._post.read(sequence)
            if payload is None:
                self._sending.vanished(sequence)
                return
            decode_window(payload)
        except MessageError as error:
            self._sending.unusable(sequence)
            self._world.say(f"message {sequence} in the outbox is not sent: {error}")
            return
        self._under_way[broker.publish(WINDOW, payload)] = (sequence, time.monotonic())

    def _take(self, answer: Answer) -> None:
        if self._commands.owns(answer.message):
            self._written("replies", partial(self._commands.answered, answer, time.monotonic()))
            return
        if answer.message not in self._under_way:
            if answer.code not in {SUCCESS, NO_SUBSCRIBERS}:
                self._tell("topics", f"state, birth or health is refused (0x{answer.code:02x}): allow these topics")
            return
        sequence, _ = self._under_way.pop(answer.message)
        if self._sending.answered(sequence, answer.code, time.monotonic()) is Verdict.RECEIPT:
            self._owed.add(sequence)
            self._write_receipts()

    def _write_receipts(self) -> None:
        """What the broker has taken is never sent again, also while the disk is too full for its receipt."""
        for sequence in sorted(self._owed):
            if self._written("receipts", partial(self._post.receipt, sequence)):
                self._owed.discard(sequence)

    def _leave(self, broker: Broker) -> None:
        farewell = broker.publish(STATE, encode(State(state="stopped")))
        until_s = time.monotonic() + FAREWELL_S
        while time.monotonic() < until_s:
            answers = broker.step()
            for answer in answers:
                self._take(answer)
            if any(answer.message == farewell for answer in answers):
                break
        broker.close()
        self._fare(connected=False, trouble="stopped")

    def _command_post(self, identity: Identity | None) -> CommandPost:
        folders, world = self._settings.folders, self._world
        inbox, patient = Path(folders.inbox), BackOff(world.pace, world.draw)
        context = None if identity is None else identity.context
        fetch = ReleaseFetch(inbox, context, self._settings.network, BackOff(world.pace, world.draw))
        return CommandPost(inbox, Path(folders.receipts), Path(folders.replies), fetch, patient, world.say)

    def _birth(self) -> Birth:
        privacy = self._settings.privacy
        return Birth(
            version=__version__,
            timezone=self._settings.site.timezone,
            fewest_visits=max(privacy.k, 5),
            fewest_people=min(privacy.pool, 5),
            health_period_s=max(1, round(self._health_s)),
        )

    def _health(self, identity: Identity, waiting: int) -> HealthReport:
        left = None if identity.valid_until is None else (identity.valid_until - datetime.now(UTC)).days
        return HealthReport(
            sensor=self._sensor_health(),
            waiting_file_count=waiting // TEN * TEN,
            clock_set=self._clock_is_set,
            certificate_left_days=left,
        )

    def _sensor_health(self) -> SensorHealth | None:
        try:
            found = self._post.read_health(time.time(), SILENT_AFTER_PERIODS * self._health_s)
            note = None if found is None else decode_note(found)
        except MessageError:
            return None
        return note if isinstance(note, SensorHealth) else None

    def _look_at_clock(self) -> None:
        # Once set it runs on: a kernel that has lost its time server for a while must not hold up the windows.
        self._clock_is_set = self._clock_is_set or self._world.clock_set()
        self._written("clock", lambda: self._statements.clock(is_set=self._clock_is_set))
        notify(WORKING)

    def _fare(self, *, connected: bool, trouble: str) -> None:
        self._written("fares", lambda: self._statements.fares(connected=connected, trouble=trouble))
        self._tell("broker", trouble or "connected to the broker")
        self._show(_condition(len(self._post.waiting()), connected=connected, trouble=trouble))

    def _show(self, condition: str) -> None:
        """The line in `systemctl status`, where it has changed."""
        if self._said.get("status") != condition:
            self._said["status"] = condition
            notify(status(condition))

    def _written(self, what: str, write: Callable[[], None]) -> bool:
        try:
            write()
        except StorageError as error:
            self._tell(what, str(error))
            return False
        self._said.pop(what, None)
        return True

    def _tell(self, about: str, line: str) -> None:
        if self._said.get(about) != line:
            self._said[about] = line
            self._world.say(line)

    def _wait(self, wait_s: float, stopped: Callable[[], bool]) -> None:
        until_s = time.monotonic() + wait_s
        while time.monotonic() < until_s and not stopped():
            self._look_at_clock()
            time.sleep(min(NAP_S, wait_s))


def _condition(waiting: int, *, connected: bool, trouble: str) -> str:
    messages = "no message waits" if not waiting else "1 message waits" if waiting == 1 else f"{waiting} messages wait"
    line = f"{'connected to the broker' if connected else 'not connected'}: {messages}"
    return f"{line}, last reason: {trouble}" if trouble else line
