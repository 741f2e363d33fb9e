"""`counterpoint caretake`: the root one-shot that alone restarts, updates, rolls back and forgets.

One rule: what is to be done is written down before it is done, so that each run, also the first after a power cut, goes
on where the last one stopped. It runs from the package, never from a staged release: no release can break its own
roll-back.
"""

from __future__ import annotations

import platform
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from counterpoint import __version__
from counterpoint.app.forget import Ways, erase_device
from counterpoint.care.commands import Do, Here, Refuse, decide
from counterpoint.care.releases import bytes_needed, newer
from counterpoint.care.trial import (
    CareState,
    Fetching,
    Forgetting,
    Returning,
    Seen,
    Trial,
    judge,
    kept_releases,
    look,
)
from counterpoint.edge.clock import clock_is_set
from counterpoint.edge.commands import (
    Replies,
    StateFile,
    archive_path,
    frames_heard,
    heard_path,
    publisher_reaches_broker,
    read_command,
    waiting_commands,
)
from counterpoint.edge.durable import RealDisk, remove_durably
from counterpoint.edge.inbox import BOOT_ID, PUBLISHER_NAME
from counterpoint.edge.keys import read_certificate
from counterpoint.edge.releases import Releases
from counterpoint.edge.signatures import load_command_keys, verifier
from counterpoint.edge.units import SystemdUnits
from counterpoint.errors import ReleaseRefused, SettingsError, StorageError
from counterpoint.messages.commands import LARGEST_COUNTER, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterpoint.edge.durable import Disk
    from counterpoint.edge.units import Units
    from counterpoint.messages.commands import Asked, Order, Outcome, Refusal, ReleaseOffer
    from counterpoint.settings import Settings

DEBIAN_NAMES: Final = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "armhf"}


def _now() -> datetime | None:
    return datetime.now(UTC) if clock_is_set() else None


def _boot() -> tuple[str, float]:
    return BOOT_ID.read_text().strip(), time.clock_gettime(time.CLOCK_BOOTTIME)


def _say(line: str) -> None:
    print(f"caretaker: {line}", file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class World:
    """What the caretaker asks of the world, so that a test can be the world.

    Attributes:
        disk: Where states and releases lie.
        units: The two services.
        forget: Erases everything; see app/forget.py.
        now: The wall clock, None while it is not known to be set.
        boot: The kernel's number of this boot, and the uptime in seconds.
        arch: Debian's name of the architecture.
        package: The version of the package.
        say: Takes a line for the log.
    """

    disk: Disk
    units: Units
    forget: Callable[[Settings], None]
    now: Callable[[], datetime | None] = _now
    boot: Callable[[], tuple[str, float]] = _boot
    arch: str = DEBIAN_NAMES.get(platform.machine(), platform.machine())
    package: str = __version__
    say: Callable[[str], None] = _say


def caretake(settings: Settings, settings_file: Path) -> int:
    """Do what waits to be done; return 0.

    Raises:
        CounterpointError: As `Caretaker.run`.
    """
    units = SystemdUnits()
    ways = Ways(units, say=_say)
    world = World(RealDisk(), units, lambda ours: erase_device(ours, settings_file, ways))
    Caretaker(settings, world).run()
    return 0


class Caretaker:
    """One run over all that waits; safe at any time, also with nothing to do."""

    def __init__(self, settings: Settings, world: World) -> None:
        folders = settings.folders
        self._settings = settings
        self._world = world
        self._disk = world.disk
        self._inbox = Path(folders.inbox)
        self._sensor = Path(folders.state)
        self._file = StateFile(world.disk, Path(folders.care))
        self._replies = Replies(world.disk, Path(folders.replies), Path(folders.receipts))
        self._releases = Releases(world.disk, Path(folders.releases))
        self._state = CareState()
        self._forgotten = False
        self._trouble: StorageError | None = None

    def run(self) -> None:
        """Go on with what is under way, then take each command that came.

        Raises:
            CounterpointError: The state can't be read, or the disk or systemd refuses; the next run tries again.
        """
        try:
            self._state = self._file.load()
        except StorageError:
            for path in waiting_commands(self._disk, self._inbox):
                self._refuse(path, read_command(self._disk, path), Refuse("storage"))
            raise
        self._file.settle(self._state)
        self._replies.sweep()
        self._go_on()
        for path in waiting_commands(self._disk, self._inbox):
            if not self._forgotten:
                self._take(path)
                self._go_on()
        if not self._forgotten:
            self._tidy()
        if self._trouble is not None:
            raise self._trouble

    # Commands.

    def _take(self, path: Path) -> None:
        payload = read_command(self._disk, path)
        keys = load_command_keys(Path(self._settings.folders.command_keys), self._world.say)
        judged = decide(payload, verifier(keys), self._here())
        if isinstance(judged, Do) and not self._has_room(judged.order):
            judged = Refuse("no_space", judged.order.do)
        if isinstance(judged, Refuse):
            self._refuse(path, payload, judged)
            return
        try:
            self._keep(self._accepted(judged))
        except StorageError:
            self._refuse(path, payload, Refuse("storage", judged.order.do))
            raise
        remove_durably(self._disk, path)
        self._world.say(f"{judged.order.do}, command {judged.order.counter}: accepted")
        self._begin(judged.order)

    def _accepted(self, judged: Do) -> CareState:
        """What to remember before anything is done: the number, and what is under way from now on."""
        order, counter = judged.order, judged.order.counter
        ours = msgspec.structs.replace(self._state, counter=counter, counters=judged.counters, checked_in="")
        match order.do:
            case "update" if order.release is not None:
                return ours.goes_on(Fetching(counter, order.release, order.not_after))
            case "forget":
                return ours.goes_on(Forgetting(counter))
            case "roll_back":
                return ours.goes_on(Returning(counter, "roll_back", self._way_back(), "done", None))
            case _:
                return ours

    def _begin(self, order: Order) -> None:
        if order.do == "restart":
            self._world.units.restart()
            self._answer(order.counter, order.do, "done")
        elif order.do == "update" and order.release is not None:
            self._replies.want(order.release)
            self._answer(order.counter, order.do, "accepted")
        elif order.do == "forget":
            self._answer(order.counter, order.do, "accepted")

    def _refuse(self, path: Path, payload: bytes, refused: Refuse) -> None:
        """Tell why, and leave the command; the device goes on as it was."""
        claimed = int(path.stem.removeprefix("command-"))
        counter = claimed if 0 < claimed <= LARGEST_COUNTER else None
        self._world.say(f"{path.name} is refused: {refused.reason}")
        reply = Reply(counter=counter, do=refused.do, outcome="refused", reason=refused.reason, version=self._version())
        try:
            self._replies.refuse(reply, payload)
        finally:
            remove_durably(self._disk, path)

    def _here(self) -> Here:
        return Here(
            device=self._device(),
            counters=self._state.counted(),
            version=self._version(),
            arch=self._world.arch,
            now=self._world.now(),
            in_trial=isinstance(self._state.under_way, Trial | Returning),
            released=bool(self._releases.current()),
        )

    def _has_room(self, order: Order) -> bool:
        if order.do != "update" or order.release is None:
            return True
        return self._disk.free_bytes(Path(self._settings.folders.releases)) >= bytes_needed(order.release)

    # What is under way.

    def _go_on(self) -> None:
        match self._state.under_way:
            case Fetching() as fetching:
                self._fetch(fetching)
            case Trial() as trial:
                self._try(trial)
            case Returning() as returning:
                self._return(returning)
            case Forgetting():
                self._world.forget(self._settings)
                self._forgotten = True
            case None:
                self._check_current()

    def _fetch(self, fetching: Fetching) -> None:
        now = self._world.now()
        if now is not None and now > fetching.not_after:
            self._give_up(fetching, fetching.trouble)
            return
        try:
            staged = self._stage(fetching.release)
        except ReleaseRefused as error:
            self._world.say(str(error))
            self._give_up(fetching, "release_wrong")
        except StorageError as error:  # told at the end of this run: commands that wait must not wait for the disk
            self._trouble = error
            with suppress(StorageError):
                self._keep(self._state.goes_on(msgspec.structs.replace(fetching, trouble="storage")))
        else:
            if staged:
                self._begin_trial(fetching)
            else:
                self._replies.want(fetching.release)

    def _stage(self, offer: ReleaseOffer) -> bool:
        """Check and unpack the file of a release; False while it has not come."""
        archive = self._disk.open(archive_path(self._inbox, offer))
        if archive is None:
            return False
        with archive:
            self._releases.tidy(kept_releases(self._state, self._links()))
            self._releases.stage(archive, offer)
        return True

    def _give_up(self, fetching: Fetching, reason: Refusal) -> None:
        """Free the space first: on a full disk nothing could be answered."""
        self._releases.tidy(kept_releases(self._state, self._links()))
        remove_durably(self._disk, archive_path(self._inbox, fetching.release))
        self._answer(fetching.counter, "update", "refused", reason)
        self._keep(self._state.rests())

    def _begin_trial(self, fetching: Fetching) -> None:
        boot, uptime_s = self._world.boot()
        trial = Trial(
            fetching.counter,
            fetching.release.version,
            back_to=self._releases.current(),
            reachable=self._reached(),
            boot=boot,
            starts=1,
            looked_s=uptime_s,
        )
        self._keep(self._state.goes_on(trial))
        self._switch(trial.version, before=trial.back_to)
        self._world.say(f"release {trial.version} runs on trial")

    def _try(self, trial: Trial) -> None:
        seen = self._seen()
        if self._releases.current() != trial.version:  # the power went before the links were turned
            self._switch(trial.version, before=trial.back_to)
        damaged = trial.boot != seen.boot and not self._releases.is_whole(trial.version)
        trial = look(trial, seen)
        verdict = "bad" if damaged else judge(trial, seen)
        if verdict == "good":
            self._world.say(f"release {trial.version} is good")
            self._answer(trial.counter, "update", "done")
            self._keep(self._state.rests())
        elif verdict == "bad":
            reason: Refusal = "release_wrong" if damaged else "not_healthy"
            back = Returning(trial.counter, "update", trial.back_to, "rolled_back", reason)
            self._keep(self._state.goes_on(back))
            self._return(back)
        else:
            self._keep(self._state.goes_on(trial))

    def _return(self, returning: Returning) -> None:
        back_to = returning.back_to if self._releases.is_whole(returning.back_to) else ""
        self._world.say(
            f"back to {f'release {back_to}' if back_to else 'the package'}: {returning.reason or 'as asked'}"
        )
        self._switch(back_to, before="")
        self._answer(returning.counter, returning.do, returning.outcome, returning.reason)
        self._keep(self._state.rests())

    def _switch(self, version: str, *, before: str) -> None:
        """Let another release run; what the one before it said of itself is no sign of health any more."""
        for stale in (heard_path(self._sensor), self._inbox / PUBLISHER_NAME):
            remove_durably(self._disk, stale)
        self._releases.run(version, before=before)
        self._world.units.restart()

    def _check_current(self) -> None:
        """Let go of a release that the package has overtaken, or that a worn card has changed: once in a boot."""
        current = self._releases.current()
        boot, _ = self._world.boot()
        if not current or self._state.checked_in == boot:
            return
        if not newer(current, self._world.package):
            self._world.say(f"the package is as new as release {current}: the package runs")
            self._switch("", before="")
        elif not self._releases.is_whole(current):
            way_back = self._way_back()
            damaged = Returning(self._state.counter, "update", way_back, "rolled_back", "release_wrong")
            self._keep(self._state.goes_on(damaged))
            self._return(damaged)
        else:
            self._keep(msgspec.structs.replace(self._state, checked_in=boot))

    # What is known here.

    def _keep(self, state: CareState) -> None:
        self._file.keep(state)
        self._state = state

    def _answer(self, counter: int, do: Asked, outcome: Outcome, reason: Refusal | None = None) -> None:
        self._replies.answer(
            Reply(counter=counter or None, do=do, outcome=outcome, reason=reason, version=self._version())
        )

    def _seen(self) -> Seen:
        boot, uptime_s = self._world.boot()
        frames = frames_heard(self._disk, self._sensor, boot)
        return Seen(boot, uptime_s, frames, self._reached(), self._world.units.sensor_run())

    def _reached(self) -> bool:
        return publisher_reaches_broker(self._disk, self._inbox)

    def _version(self) -> str:
        return self._releases.current() or self._world.package

    def _way_back(self) -> str:
        """The release to go back to: the one before, "" for the package; on trial the one that the trial replaced."""
        under_way = self._state.under_way
        return under_way.back_to if isinstance(under_way, Trial) else self._releases.previous()

    def _links(self) -> tuple[str, str]:
        return self._releases.current(), self._releases.previous()

    def _device(self) -> str:
        broker = self._settings.broker
        if not broker.certificate_file:
            return broker.device_id
        try:
            return read_certificate(Path(broker.certificate_file))[0]
        except SettingsError as error:
            self._world.say(str(error))
            return ""

    def _tidy(self) -> None:
        """Leave no file of a release that nobody waits for."""
        self._releases.tidy(kept_releases(self._state, self._links()))
        if isinstance(self._state.under_way, Fetching):
            return
        self._replies.want_nothing()
        for name in self._disk.names(self._inbox):
            if name.startswith("release-") and name.endswith(".tar"):
                remove_durably(self._disk, self._inbox / name)
