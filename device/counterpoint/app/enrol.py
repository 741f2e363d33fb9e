"""Wiring of `counterpoint enrol`: the boot file in, a proven certificate on the disk, the token wiped.

One rule: whatever is wrong with the boot file or the service, the device keeps what it has and listens on.
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from counterpoint.care.enrolment import Step, waits_s
from counterpoint.edge.boot_partition import BootFile, read_boot_file
from counterpoint.edge.enrolment import Enrolment, places
from counterpoint.edge.enrolment_files import SHOWN, read_memory, write_file, write_memory
from counterpoint.edge.enrolment_units import PUBLISHER, SENSOR, restart_units, start_units
from counterpoint.edge.keys import read_certificate
from counterpoint.edge.settings_file import is_there, load_settings
from counterpoint.errors import (
    BootFileError,
    ClockNotSet,
    CounterpointError,
    EnrolmentUnreachable,
    StorageError,
    UsageError,
)
from counterpoint.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT_BOOT_S: Final = 75.0
"""How long the unit asks before it ends and is started again: below its TimeoutStartSec."""
WAITS: Final = "the request is at the fleet, and a person has to approve it: counterpoint fleet enrolment approve"


@dataclass(frozen=True, slots=True)
class EnrolOrder:
    """What the command line asked for.

    Attributes:
        settings: The installed settings file.
        boot_file: The file on the boot partition.
        patience_s: How long to go on asking, None for ever.
        if_needed: A device without token and certificate is left alone.
        renewal_only: Nothing but a renewal that is due.
    """

    settings: Path
    boot_file: Path
    patience_s: float | None = None
    if_needed: bool = False
    renewal_only: bool = False


def enrol(order: EnrolOrder) -> int:
    """Take the boot file, do what the enrolment needs; return 0 when nothing is left to do, else 2.

    Raises:
        EnrolmentError: The service refuses, or has not answered within the patience.
        SettingsError: The installed settings can't be used.
        ClockNotSet: The clock was not set within the patience.
        StorageError: A file can't be read or written.
    """
    boot, trouble = _take_boot_file(order)
    settings = _installed(order.settings)
    enrolment = Enrolment(
        settings,
        token=boot.token if boot else "",
        authority=boot.authority if boot else "",
        boot_file=order.boot_file,
        tell=_say,
    )
    _go_on(enrolment, order)
    trouble = not _wipe(enrolment, order.boot_file) or trouble
    found = enrolment.look()
    if found.certificate is None:
        return 2 if trouble or not order.if_needed else 0
    name, until = read_certificate(places(settings).certificate)
    _say(f"enrolled as {name} until {until:%Y-%m-%d}")
    return 2 if trouble and not order.if_needed else 0


def write_request(order: EnrolOrder, path: Path) -> int:
    """Write a certificate request for the company's own authority; return 0."""
    enrolment = Enrolment(_installed(order.settings), boot_file=order.boot_file, tell=_say)
    enrolment.write_request(path)
    _say(f"{path} is written: have it signed, then: counterpoint enrol --certificate FILE --ca FILE")
    return 0


def install_certificate(order: EnrolOrder, certificate: Path, authority: Path) -> int:
    """Install what the company's own authority signed; return 0.

    Raises:
        EnrolmentRefused: A broker would refuse it; nothing has been replaced.
        UsageError: A file can't be read.
    """
    settings = _installed(order.settings)
    enrolment = Enrolment(settings, boot_file=order.boot_file, tell=_say)
    enrolment.install(_read(certificate), _read(authority))
    restart_units(PUBLISHER)
    name, until = read_certificate(places(settings).certificate)
    _say(f"enrolled as {name} until {until:%Y-%m-%d}")
    return 0


def _take_boot_file(order: EnrolOrder) -> tuple[BootFile | None, bool]:
    """Install the settings of a boot file that is new or changed; the other value says that it can't be used."""
    try:
        boot = read_boot_file(order.boot_file, order.settings.with_name(".boot-file.tried"))
    except BootFileError as error:
        _say(f"{error}; nothing of it is taken, the device goes on with what it has")
        return None, True
    if boot is None:
        return None, False
    remembered = places(boot.settings).memory
    memory = read_memory(remembered)
    if memory.boot_file != boot.digest:
        write_file(order.settings, boot.installed, SHOWN)
        write_memory(remembered, msgspec.structs.replace(memory, boot_file=boot.digest))
        start_units(SENSOR, PUBLISHER)
        _say(f"settings taken from {order.boot_file} to {order.settings}")
    return boot, False


def _wipe(enrolment: Enrolment, boot_file: Path) -> bool:
    """Wipe a used token; False where the partition can't be written, which takes nothing from the enrolment."""
    try:
        if enrolment.wipe_spent_token():
            _say(f"the token in {boot_file} is used and wiped")
    except StorageError as error:
        _say(str(error))
        return False
    return True


def _installed(path: Path) -> Settings:
    return load_settings(path) if is_there(path) else Settings()


def _go_on(enrolment: Enrolment, order: EnrolOrder) -> None:
    """Take steps until nothing is left to do, or the patience is over."""
    said = ""
    for wait_s in _pauses(order.patience_s):
        try:
            if _take_steps(enrolment, order):
                return
            trouble: CounterpointError = EnrolmentUnreachable(WAITS)
        except (EnrolmentUnreachable, ClockNotSet) as error:
            trouble = error
        if order.if_needed and enrolment.next_step() is Step.RENEW:
            _say(f"{trouble}; the certificate is good meanwhile, and the timer asks again")
            return
        if wait_s is None:
            raise trouble
        if str(trouble) != said:  # the same again every few minutes would fill the log
            said = str(trouble)
            _say(said)
        time.sleep(wait_s)


def _take_steps(enrolment: Enrolment, order: EnrolOrder) -> bool:
    """Take steps while one leads to another, each once: a clock that runs ahead must not renew without end."""
    taken: set[Step] = set()
    while (step := enrolment.next_step()) not in {Step.NOTHING, Step.NO_TOKEN, *taken}:
        if order.renewal_only and step is Step.ENROL:
            raise UsageError("a token waits to be used, so there is nothing to renew: counterpoint enrol")
        taken.add(step)
        if not enrolment.take(step):
            return False
        restart_units(PUBLISHER)
    if step is Step.NO_TOKEN and not order.if_needed:
        raise UsageError(
            f"no certificate, and no token in {order.boot_file}: put a boot file there, or use --csr for your authority"
        )
    return True


def _pauses(patience_s: float | None) -> Iterator[float | None]:
    """How long to wait after each try; None after the last."""
    until_s = None if patience_s is None else time.monotonic() + patience_s
    for wait_s in waits_s(iter(random.random, None)):
        if until_s is not None and time.monotonic() + wait_s > until_s:
            yield None
            return
        yield wait_s


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} can't be read ({error.strerror}): name the file on the stick") from error


def _say(line: str) -> None:
    print(f"enrol: {line}", file=sys.stderr, flush=True)
