"""`counterpoint doctor`: what is wrong here, and what to do about it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from counterpoint.edge.examine import LOOKS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from counterpoint.care.checks import Check
    from counterpoint.edge.examine import Look
    from counterpoint.settings import Settings

SLOW_S: Final = 2.0  # longer than this without a word looks like a program that hangs
WORDS: Final = {"ok": "ok", "warn": "warn", "fail": "FAIL", "skipped": "skip"}


def doctor(settings: Settings, *, as_json: bool, looks: Sequence[Look] = LOOKS) -> int:
    """Look at everything; print what was seen and what to do; 0 when nothing has to be mended, else 1."""
    checks = []
    for check in _checks(settings, looks):
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
