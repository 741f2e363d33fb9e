"""Takes the power from a whole machine in QEMU during a signed update, boots it again, and says what it then runs.

One rule: what a row says comes from the machine's own console after the cut. One machine carries the update out; at
each moment QEMU is stopped (SIGSTOP), its disk copied, and QEMU goes on: the copy has the bytes that a kill at that
moment leaves (cache=none: what the machine has not flushed is not in it). The last moment is a kill (SIGKILL). The
moments about the link last for milliseconds, so the disk is copied again and again around them, and the copy whose
own folder shows the moment is taken. Then each copy is booted. By hand, as root, with minutes for each disk:

    firmware/package/build --arch arm64 --out out
    firmware/package/build --arch arm64 --version 0.2.0 --release --python 3.13 --out out
    firmware/image/boot-in-qemu --work DIR --deb out/counterpoint_0.1.0_arm64.deb
    .venv/bin/python tests/image/machine_power_cuts.py --work DIR --packages out

Of the machine's units only our sensor, our caretaker and the bench's own are started (boot-in-qemu --few).
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
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "device")]

from commands_made import DEVICE, FIRST, SECOND, command, trust  # noqa: E402 - their folder is known only now

if TYPE_CHECKING:
    from collections.abc import Iterator

BOOT: Final = ROOT / "firmware/image/boot-in-qemu"
MOMENTS: Final = ("accepted", "staging-half", "staged", "turned", "turned+60")
"""In the order in which they come, as firmware/image/boot-in-qemu-watch names them; some with seconds after them."""
SLICED: Final = ("staged", "turned")
MOST_SLICES: Final = 60
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
    asked.add_argument("--at-once", type=int, default=1, help="machines that are booted again at the same time")
    asked.add_argument("--again", nargs="+", metavar="MOMENT", help="only boot these disks of the last update again")
    given = asked.parse_args()
    common, packages = given.work.resolve(), given.packages.resolve()
    life = common / "cuts/life"
    if not given.again:
        _folder(common, "life")
        _lay_update(life / "add", packages)
        _live(life, packages)
    print("| moment | on the disk | after the boot |\n|---|---|---|", flush=True)
    with ThreadPoolExecutor(given.at_once) as pool:
        boots = [pool.submit(_boot_again, common, packages, moment, life) for moment in given.again or MOMENTS]
        came_back = [boot.result() for boot in boots]
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


def _live(work: Path, packages: Path) -> None:
    """Boot once with the update lying there; keep the disk of each moment, and kill the machine at the last one."""
    plain = [moment for moment in MOMENTS[:-1] if moment not in SLICED]
    slices = 0
    with subprocess.Popen([*_boot(work, packages), "--add", str(work / "add"), "--cut-at", MOMENTS[-1]]) as machine:
        while machine.poll() is None:
            time.sleep(LOOK_S)
            came = _moments(work / "console.log")
            if plain and plain[0] in came:
                with _stopped(work):
                    _copy_disk(work, plain.pop(0))
            if "staged" in came and slices < MOST_SLICES and not (work / "turned.img").exists():
                slices += 1
                with _stopped(work):
                    _copy_disk(work, "slice")
                    _name_slice(work)
    if machine.returncode == 0:
        _copy_disk(work, MOMENTS[-1])


def _name_slice(work: Path) -> None:
    """Give the slice its moment's name, once its own folder of releases shows the moment."""
    there = _releases(work / "slice.img", work / "looked-at.img")
    moment = "turned" if "current" in there else "staged" if "0.2.0" in there else ""
    if moment and not (work / f"{moment}.img").exists():
        (work / "slice.img").rename(work / f"{moment}.img")


def _releases(disk: Path, scratch: Path) -> list[str]:
    """What a boot would find in the folder of releases: its journal is played in a copy, the disk stays as it is."""
    subprocess.run(["cp", "--sparse=always", disk, scratch], check=True)
    subprocess.run(["e2fsck", "-p", "-E", "journal_only", scratch], stdout=subprocess.DEVNULL, check=False)
    look = ["debugfs", "-R", "ls -p /shared/var/lib/counterpoint/releases", str(scratch)]
    listed = subprocess.run(look, capture_output=True, text=True, check=True).stdout
    return [line.split("/")[5] for line in listed.splitlines() if line.count("/") >= 6]


def _moments(console: Path) -> list[str]:
    said = console.read_text(errors="replace") if console.exists() else ""
    return re.findall(r"^AT: (\S+)", said, re.MULTILINE)


@contextmanager
def _stopped(work: Path) -> Iterator[None]:
    qemu = int((work / "qemu.pid").read_text())
    os.kill(qemu, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(qemu, signal.SIGCONT)


def _copy_disk(work: Path, name: str) -> None:
    subprocess.run(["cp", "--sparse=always", work / "state.img", work / f"{name}.img"], check=True)


def _boot_again(common: Path, packages: Path, moment: str, life: Path) -> bool:
    disk = life / f"{moment}.img"
    if not disk.exists():
        print(f"| {moment} | did not come | |", flush=True)
        return False
    work = _folder(common, moment)
    subprocess.run(["cp", "--sparse=always", disk, work / "state.img"], check=True)
    run = [*_boot(work, packages), "--keep-state", "--cut-at", "told"]
    said = subprocess.run(run, stdout=subprocess.PIPE, text=True, check=False).stdout
    (work / "said").write_text(said, encoding="utf-8")
    print(f"| {moment} | {_found(said)} | {_told(said)} |", flush=True)
    return "REPORT: listening" in said and ", 0 wrong" in said


def _boot(work: Path, packages: Path) -> list[str]:
    return [str(BOOT), "--work", str(work), "--deb", str(next(packages.glob("counterpoint_0.1.0_arm64.deb"))), "--few"]


def _found(said: str) -> str:
    """What the second boot found on the disk, in words."""
    releases = _line(said, "FOUND: releases: ")
    half = _line(said, "FOUND: files half staged: ")
    care = re.search(r'"type":"(\w+)"', _line(said, "FOUND: care: "))
    return f"{care[1] if care else 'nothing under way'}; {releases.strip() or 'no release'}; {half} files half staged"


def _told(said: str) -> str:
    """When it listened again, and what."""
    listening = _line(said, "REPORT: listening ").partition(" s after")[0]
    return (
        f"listening after {listening or '-'} s; {_line(said, 'REPORT: program: ')}; {_line(said, 'REPORT: version: ')}"
    )


def _line(said: str, begins: str) -> str:
    found = re.search(f"^{re.escape(begins)}(.*)$", said, re.MULTILINE)
    return found[1] if found else ""


if __name__ == "__main__":
    sys.exit(main())
