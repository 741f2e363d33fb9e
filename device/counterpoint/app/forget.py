"""`counterpoint forget`: the device goes back to what it was before it was enrolled.

One rule: the same steps whether a person asks here or two keys ask from afar: say good-bye to the broker, stop, erase,
overwrite what is free; each of them can be interrupted and begun again.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterpoint.care.forgetting import HOMES, erasure
from counterpoint.care.trial import CareState, Forgetting
from counterpoint.edge.commands import FAREWELL_NAME, Replies, StateFile, publisher_reaches_broker
from counterpoint.edge.durable import RealDisk
from counterpoint.edge.forgetting import empty_folder, erase_file, fill_free_space, one_folder_a_disk, sync_folder
from counterpoint.edge.units import SystemdUnits, Units
from counterpoint.errors import PartMissing, StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from counterpoint.care.forgetting import Erasure
    from counterpoint.settings import Settings

FAREWELL_S: Final = 30.0
"""The publisher looks each second; a broker that takes longer is not waited for."""
LOOK_S: Final = 0.2
WORD: Final = "forget"
BYTES_A_MB: Final = 1_000_000
ASKS: Final = f"""\
This erases the device's key, certificate, settings, visits that wait, calibration and staged releases. It can't be
undone, and the device does nothing until it is enrolled again. Type {WORD!r} to go on: """


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Ways:
    """How the steps touch the machine, so that a test can be the machine.

    Attributes:
        units: The two services.
        homes: Folders that are ours alone.
        say: Takes a line for a person.
        farewell_s: How long to wait for the publisher's good-bye, in seconds.
    """

    units: Units
    homes: Sequence[str] = HOMES
    say: Callable[[str], None] = _say
    farewell_s: float = FAREWELL_S


def forget(settings: Settings, settings_file: Path, *, yes: bool) -> int:
    """Ask whether it is meant, then erase everything; return 0.

    Raises:
        UsageError: It was not confirmed.
        StorageError: Something can't be erased; what could be is gone, and the next call goes on.
    """
    if not yes and not _confirmed():
        raise UsageError("nothing was erased: confirm with --yes, or by typing the word")
    erase_device(settings, settings_file, Ways(SystemdUnits()))
    return 0


def erase_device(settings: Settings, settings_file: Path, ways: Ways) -> None:
    """Take back what the broker retains, stop both services, erase everything; begun again it goes on.

    Raises:
        StorageError: Something can't be erased.
    """
    plan = erasure(settings, str(settings_file), ways.homes)
    _remember(Path(plan.last))
    _take_leave(settings, ways)
    try:
        ways.units.stop()
    except PartMissing as error:
        ways.say(f"{error}; make sure that neither `counterpoint run` nor `counterpoint publish` runs")
    ways.say(f"{_erase(plan)} files were overwritten and deleted")
    places = [*map(Path, plan.folders), *(Path(file).parent for file in plan.files), Path(plan.last)]
    for folder in one_folder_a_disk(places):
        filled = fill_free_space(folder)
        ways.say(f"{filled.size_bytes // BYTES_A_MB} MB of free space were overwritten in {filled.took_s:.0f} s")
        if filled.left_bytes:
            ways.say(
                f"{filled.left_bytes / BYTES_A_MB:.1f} MB were kept back by the file system: run it as root, on ext4"
            )
    empty_folder(Path(plan.last))
    ways.say("forgotten: the device does nothing until it is enrolled again; in the fleet, delete it there too")


def _confirmed() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and input(ASKS).strip() == WORD


def _remember(care: Path) -> None:
    """Write down that it has begun: after a power cut the caretaker goes on."""
    if not care.is_dir():
        return
    file = StateFile(RealDisk(), care)
    try:
        before = file.load()
    except StorageError:
        before = CareState()
    file.keep(before.goes_on(Forgetting(before.counter)))


def _take_leave(settings: Settings, ways: Ways) -> None:
    """Have the publisher take back what the broker retains of this device."""
    folders, disk = settings.folders, RealDisk()
    receipt = Path(folders.receipts) / FAREWELL_NAME
    if not Path(folders.replies).is_dir() or not publisher_reaches_broker(disk, Path(folders.inbox)):
        ways.say("the publisher is not connected: delete the device's retained state and birth at the broker")
        return
    Replies(disk, Path(folders.replies), Path(folders.receipts)).farewell()
    until_s = time.monotonic() + ways.farewell_s
    while not receipt.exists():
        if time.monotonic() > until_s:
            ways.say("the broker did not answer: delete the device's retained state and birth there")
            return
        time.sleep(LOOK_S)
    ways.say("the broker has forgotten the device's state and birth")


def _erase(plan: Erasure) -> int:
    """Erase all that can be, then tell what could not: a boot partition that is read-only must not save the ledger."""
    kept = [Path(path) for path in plan.kept]
    erased, trouble = 0, ""
    for file in map(Path, plan.files):
        try:
            erased += erase_file(file)
        except StorageError as error:
            trouble = trouble or str(error)
    for folder in map(Path, plan.folders):
        erased += empty_folder(folder, [*kept, *map(Path, plan.folders)])
        if folder.is_dir():
            sync_folder(folder)
    if trouble:
        raise StorageError(trouble)
    return erased
