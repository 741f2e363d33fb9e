"""`counterpoint doctor`: what is wrong here, and what to do about it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from itertools import chain
from typing import TYPE_CHECKING, Final

from counterpoint.care import unset_notes
from counterpoint.care.checks import Check, judge_settings
from counterpoint.edge.examine import LOOKS
from counterpoint.edge.settings_file import is_there, read_settings
from counterpoint.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from counterpoint.edge.examine import Look

SLOW_S: Final = 2.0  # longer than this without a word looks like a program that hangs
WORDS: Final = {"ok": "ok", "warn": "warn", "fail": "FAIL", "skipped": "skip"}


def doctor_of_file(path: Path, *, is_named: bool, as_json: bool) -> int:
    """The same with the settings of a file; a file that can't be used is a check like any other, and the only one."""
    if not is_named and not is_there(path):
        defaults = Check("settings", "warn", "no file, all defaults", f"write {path}: device/docs/it.md has an example")
        return doctor(Settings(), as_json=as_json, first=(defaults,))
    reading = read_settings(path)
    if reading.settings is None:
        more = f" (and {len(reading.problems) - 1} more)" if len(reading.problems) > 1 else ""
        what, _, remedy = reading.problems[0].rpartition("; ")
        wrong = Check("settings", "fail", f"{what}{more}", f"{remedy}; all of them: counterpoint config check {path}")
        return _tell(iter((wrong,)), as_json=as_json)
    notes = unset_notes(reading.written)
    return doctor(reading.settings, as_json=as_json, first=(judge_settings(str(path), notes),))


def doctor(settings: Settings, *, as_json: bool, looks: Sequence[Look] = LOOKS, first: Sequence[Check] = ()) -> int:
    """Look at everything; print what was seen and what to do; 0 when nothing has to be mended, else 1."""
    return _tell(chain(first, _checks(settings, looks)), as_json=as_json)


def _tell(every: Iterator[Check], *, as_json: bool) -> int:
    checks = []
    for check in every:
        checks.append(check)
        if not as_json:
            print(_lines(check), flush=True)
    to_mend = sum(check.state == "fail" for check in checks)
    if as_json:
        print(json.dumps({"ok": to_mend == 0, "checks": [asdict(check) for check in checks]}))
    else:
        print(f"\n{_count(len(checks), 'check')}, {to_mend} to mend")
    return 1 if to_mend else 0


def _checks(settings: Settings, looks: Sequence[Look]) -> Iterator[Check]:
    for look in looks:
        if look.takes_s > SLOW_S:
            _progress(f"looking at {look.at}, up to {look.takes_s:.0f} s ...")
        checks = look.look(settings)
        _progress("")
        yield from checks


def _progress(text: str) -> None:
    """A line that is drawn over; where there is no terminal to draw on, nobody waits for it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()


def _lines(check: Check) -> str:
    line = f"{WORDS[check.state]:<5} {check.name:<11} {check.what}"
    return f"{line}\n{'':<17} -> {check.remedy}" if check.remedy else line


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
