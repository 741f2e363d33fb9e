"""Takes the power from a whole machine in QEMU during a signed update, boots it again, and says what it then runs.

One rule: what a row says comes from the machine's own console, before the cut and after it. By hand, as root, with
minutes for each cut:

    firmware/package/build --arch arm64 --out out
    firmware/package/build --arch arm64 --version 0.2.0 --release --python 3.13 --out out
    firmware/image/boot-in-qemu --work DIR --deb out/counterpoint_0.1.0_arm64.deb
    .venv/bin/python tests/image/machine_power_cuts.py --work DIR --packages out [MOMENT ...]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "device")]

from commands_made import DEVICE, FIRST, SECOND, command, trust  # noqa: E402 - their folder is known only now

BOOT: Final = ROOT / "firmware/image/boot-in-qemu"
MOMENTS: Final = ("accepted+1", "staging+2", "staging-half", "staging-late", "staged", "turned", "turned+10", "heard+5")
"""Names of firmware/image/boot-in-qemu-watch, some with seconds after them."""
SPOOL: Final = 911
PUBLISHER: Final = 914
"""Numbers that the image's layer gives."""
SHARED: Final = ("base-trixie", "busybox", "root", "root.img")
"""What the machines of several cuts have in common; none of them writes it."""
SETTINGS: Final = f"""\
[site]
code = "bench"
[array]
name = "stereo"
device = "hw:0,1"
[light]
kind = "none"
[words]
enabled = false
[broker]
device_id = "{DEVICE}"
"""


def main() -> int:
    """Cut at each moment; print a row of the table for each. 1 where a machine did not come back."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--work", type=Path, required=True, help="where boot-in-qemu has booted once")
    asked.add_argument("--packages", type=Path, required=True, help="the package 0.1.0 and the release 0.2.0")
    asked.add_argument("moments", nargs="*", default=MOMENTS)
    given = asked.parse_args()
    came_back = [_cut(given.work.resolve(), given.packages.resolve(), moment) for moment in given.moments]
    return 0 if all(came_back) else 1


def _cut(common: Path, packages: Path, moment: str) -> bool:
    work = common / "cuts" / moment
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for name in SHARED:
        (work / name).symlink_to(common / name)
    _lay_update(work / "add", packages)
    before = _boot(work, packages, "--add", str(work / "add"), "--cut-at", moment)
    shutil.copy(work / "console.log", work / "console-cut.log")
    after = _boot(work, packages, "--keep-state", "--cut-at", "told")
    print(f"| {moment} | {_found(after)} | {_told(after)} |", flush=True)
    return "power cut at" in before and "REPORT: listening" in after and ", 0 wrong" in after


def _lay_update(add: Path, packages: Path) -> None:
    """Write a release, its command and the keys of two people, as they lie on a device that is to take it."""
    archive = next(packages.glob("counterpoint-0.2.0-arm64.tar"))
    facts = json.loads(archive.with_suffix(".json").read_text(encoding="utf-8"))
    settings = add / "etc/counterpoint"
    trust(settings / "command-keys", FIRST, SECOND)
    (settings / "counterpoint.toml").write_text(SETTINGS, encoding="utf-8")
    inbox = add / "var/lib/counterpoint/inbox"
    inbox.mkdir(parents=True)
    shutil.copy(archive, inbox / f"release-{facts['sha256']}.tar")
    release = {**facts, "url": f"https://updates.example.org/{archive.name}"}
    sealed = command(counter=2, do="update", release=release, not_after="2099-01-01T00:00:00Z")
    (inbox / "command-2.json").write_bytes(sealed)
    for path in (inbox, *inbox.iterdir()):
        os.chown(path, PUBLISHER, SPOOL)
        path.chmod(0o2750 if path.is_dir() else 0o640)


def _boot(work: Path, packages: Path, *options: str) -> str:
    deb = next(packages.glob("counterpoint_0.1.0_arm64.deb"))
    run = [str(BOOT), "--work", str(work), "--deb", str(deb), *options]
    ran = subprocess.run(run, capture_output=True, text=True, check=False)
    said = ran.stdout + ran.stderr
    (work / f"said{options[0]}.log").write_text(said, encoding="utf-8")
    return said


def _found(said: str) -> str:
    """What the second boot found on the disk, in words."""
    releases = _line(said, "FOUND: releases: ")
    half = _line(said, "FOUND: files half staged: ")
    care = re.search(r'"type":"(\w+)"', _line(said, "FOUND: care: "))
    return f"{care[1] if care else 'nothing under way'}; {releases.strip() or 'no release'}; {half} files half staged"


def _told(said: str) -> str:
    """When it listened again, and what."""
    listening = _line(said, "REPORT: listening ").partition(" s after")[0]
    return f"listening after {listening or '-'} s; {_line(said, 'REPORT: program: ')}; {_line(said, 'REPORT: care: ')}"


def _line(said: str, begins: str) -> str:
    found = re.search(f"^{re.escape(begins)}(.*)$", said, re.MULTILINE)
    return found[1] if found else ""


if __name__ == "__main__":
    sys.exit(main())
