"""Takes the power from a whole machine in QEMU during a signed update, boots it again, and says what it then runs.

One rule: what a row says comes from the machine's own console after the cut. One machine carries the update out; at
each moment QEMU is stopped (SIGSTOP), its disk copied, and QEMU goes on: the copy has the bytes that a kill at that
moment leaves. At the last moment it is killed. Then each disk is booted. By hand, as root, with minutes for each disk:

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
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "device")]

from commands_made import DEVICE, FIRST, SECOND, command, trust  # noqa: E402 - their folder is known only now

BOOT: Final = ROOT / "firmware/image/boot-in-qemu"
MOMENTS: Final = (
    "accepted",
    "staging+3",
    "staging-half",
    "staging-late",
    "staged",
    "turned",
    "turned+10",
    "heard+5",
)
"""Names of firmware/image/boot-in-qemu-watch, some with seconds after them; in the order in which they come."""
LOOK_S: Final = 0.02
SPOOL: Final = 911
PUBLISHER: Final = 914
"""Numbers that the image's layer gives."""
SHARED: Final = ("base-trixie", "busybox", "root", "root.img")
"""What the machines have in common; none of them writes it."""
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
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--work", type=Path, required=True, help="where boot-in-qemu has booted once")
    asked.add_argument("--packages", type=Path, required=True, help="the package 0.1.0 and the release 0.2.0")
    asked.add_argument("moments", nargs="*", default=MOMENTS, help=f"by default: {' '.join(MOMENTS)}")
    given = asked.parse_args()
    common, packages = given.work.resolve(), given.packages.resolve()
    life = _folder(common, "life")
    _lay_update(life / "add", packages)
    _live(life, packages, tuple(given.moments))
    came_back = [_boot_again(common, packages, moment, life / f"{moment}.img") for moment in given.moments]
    return 0 if all(came_back) else 1


def _folder(common: Path, name: str) -> Path:
    work = common / "cuts" / name
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for shared in SHARED:
        (work / shared).symlink_to(common / shared)
    return work


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


def _live(work: Path, packages: Path, moments: tuple[str, ...]) -> None:
    """Boot once with the update lying there; keep the disk of each moment, and kill the machine at the last one."""
    console, due = work / "console.log", list(moments)
    came: dict[str, float] = {}
    with subprocess.Popen([*_boot(work, packages), "--add", str(work / "add"), "--cut-at", moments[-1]]) as machine:
        while machine.poll() is None and len(due) > 1:
            time.sleep(LOOK_S)
            for name in _moments(console):
                came.setdefault(name, time.monotonic())
            name, _, after = due[0].partition("+")
            if name in came and time.monotonic() >= came[name] + float(after or 0):
                _copy_disk(work, due.pop(0))
    shutil.copy(work / "state.img", work / f"{moments[-1]}.img")


def _moments(console: Path) -> list[str]:
    said = console.read_text(errors="replace") if console.exists() else ""
    return re.findall(r"^AT: (\S+)", said, re.MULTILINE)


def _copy_disk(work: Path, moment: str) -> None:
    qemu = int((work / "qemu.pid").read_text())
    os.kill(qemu, signal.SIGSTOP)
    try:
        subprocess.run(["cp", "--sparse=always", work / "state.img", work / f"{moment}.img"], check=True)
    finally:
        os.kill(qemu, signal.SIGCONT)


def _boot_again(common: Path, packages: Path, moment: str, disk: Path) -> bool:
    if not disk.exists():
        print(f"| {moment} | did not come | |", flush=True)
        return False
    work = _folder(common, moment)
    disk.rename(work / "state.img")
    run = [*_boot(work, packages), "--keep-state", "--cut-at", "told"]
    said = subprocess.run(run, stdout=subprocess.PIPE, text=True, check=False).stdout
    print(f"| {moment} | {_found(said)} | {_told(said)} |", flush=True)
    return "REPORT: listening" in said and ", 0 wrong" in said


def _boot(work: Path, packages: Path) -> list[str]:
    return [str(BOOT), "--work", str(work), "--deb", str(next(packages.glob("counterpoint_0.1.0_arm64.deb")))]


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
