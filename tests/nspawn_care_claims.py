"""What the caretaker does under a real systemd: an update with the microphone muted, a restart, a deaf update, forget.

One rule: as nspawn_claims.py, which calls it; `forget` overwrites a disk of its own, never the machine's.
"""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Final

from commands_made import FIRST, SECOND, command, offer, release, trust
from counterpoint.edge.clock import SYNCHRONISED_MARK
from counterpoint.messages.commands import decode_reply
from nspawn_machine import CARETAKER, PUBLISHER, SENSOR, Machine, NotSeen

DEVICE: Final = "try-1"
YEARS: Final = "2099-01-01T00:00:00Z"
STATE: Final = Path("/var/lib/counterpoint")
TRIAL_S: Final = 1700.0
"""Ten minutes of frames, or the caretaker's patience, and a look each minute."""
MUTED_S: Final = 420.0
"""Longer than a sensor is given that shows no sign of life."""
DISK_MB: Final = 24
"""A disk in memory, for `forget` to fill."""


def mute_is_waited_for(machine: Machine) -> str:
    """A release on trial waits for a microphone that is away, tells nothing of it, and is good after ten minutes."""
    _trusts(machine)
    machine.wait("no microphone", lambda: machine.show(SENSOR, "StatusText").startswith("no microphone yet"), 60)
    machine.wait("the broker", lambda: machine.show(PUBLISHER, "StatusText").startswith("connected"), 60)
    took_s = _update(machine, 100, "8.0.0")
    time.sleep(MUTED_S)
    said = sorted(path.name for path in machine.file(str(STATE / "replies")).glob("100-*.json"))
    if (_current(machine), said) != ("8.0.0", ["100-accepted.json"]):
        raise NotSeen(f"{_current(machine)} runs, {said} was told")
    machine.plug_in()
    started_s = time.monotonic()
    machine.wait("good", machine.file(str(STATE / "replies/100-done.json")).exists, TRIAL_S)
    lasted_s = time.monotonic() - started_s
    return (
        f"on trial after {took_s:.1f} s, nothing told in {MUTED_S:.0f} s of mute; good {lasted_s:.0f} s after its end"
    )


def restart_is_done(machine: Machine) -> str:
    """A signed restart restarts both services, from within the caretaker's sandbox, and is told."""
    _ready(machine)
    before = machine.pid(SENSOR), machine.pid(PUBLISHER)
    took_s = _send(machine, 101, "done")
    machine.wait("both run anew", lambda: _anew(machine, before), 60)
    return f"{before} to {(machine.pid(SENSOR), machine.pid(PUBLISHER))}; told after {took_s:.1f} s"


def replay_is_refused(machine: Machine) -> str:
    """The same command again is refused."""
    took_s = _send(machine, 101, "refused")
    return f"replayed, told after {took_s:.1f} s; {machine.journal(CARETAKER)[-1]}"


def deaf_release_goes(machine: Machine) -> str:
    """A release whose sensor gives no sign is taken back by itself."""
    machine.stall()
    _update(machine, 103, "9.0.0")
    started_s = time.monotonic()
    machine.wait("taken back", machine.file(str(STATE / "replies/103-rolled_back.json")).exists, TRIAL_S)
    seen = _current(machine), time.monotonic() - started_s
    machine.go_on()
    if seen[0] != "8.0.0":
        raise NotSeen(f"{seen[0]} runs")
    return f"{seen[0]} runs again after {seen[1]:.0f} s"


def forgets(machine: Machine) -> str:
    """Two keys make it forget: all is erased and overwritten, and the services stay down."""
    for folder in (STATE, Path("/etc/counterpoint")):
        _on_a_disk_of_its_own(machine, folder)
    machine.run("systemctl", "restart", "counterpoint-caretaker.path")  # it watches the folder that was there before
    machine.run("systemctl", "start", SENSOR, PUBLISHER)
    _send(machine, 104, "accepted", do="forget")
    machine.wait("all erased", lambda: not machine.file(str(STATE / "care/state.json")).exists(), 120)
    machine.wait("the caretaker's end", lambda: machine.show(CARETAKER, "ActiveState") != "activating", 60)
    left = machine.run("find", str(STATE), "/etc/counterpoint", "-not", "-type", "d", "-not", "-path", "*/models/*")
    if left:
        raise NotSeen(f"left: {left}")
    machine.run("systemctl", "start", SENSOR, PUBLISHER)
    states = [machine.show(unit, "ActiveState") for unit in (SENSOR, PUBLISHER)]
    if states != ["inactive", "inactive"]:
        raise NotSeen(f"started again: {states}")
    said = [line for line in machine.journal(CARETAKER) if "MB of free space" in line or "erased" in line]
    return f"nothing left, both {states[0]} though started; {said}"


CARE_CLAIMS: Final = (mute_is_waited_for, restart_is_done, replay_is_refused, deaf_release_goes, forgets)


def _trusts(machine: Machine) -> None:
    """Have it obey two keys, and know the time: nobody in the container could say it."""
    trust(machine.file("/etc/counterpoint/command-keys"), FIRST, SECOND)
    machine.run("mkdir", "-p", str(SYNCHRONISED_MARK.parent))
    machine.run("touch", str(SYNCHRONISED_MARK))
    machine.wait("the first look of this boot", machine.file("/run/counterpoint/looked").exists, 90)


def _ready(machine: Machine) -> None:
    _trusts(machine)
    machine.plug_in()
    machine.wait("listening", machine.listening, 60)


def _send(machine: Machine, number: int, outcome: str, **changed: object) -> float:
    """Lay down a command; wait for this answer to it; return how long it took."""
    order = {"device": DEVICE, "counter": number, "not_after": YEARS, **changed}
    payload = command(**order)
    digest = hashlib.sha256(payload).hexdigest()[:16]
    name = f"refused-{digest}.json" if outcome == "refused" else f"{number}-{outcome}.json"
    machine.file(str(STATE / f"inbox/command-{number}.json")).write_bytes(payload)
    answer = machine.file(str(STATE / "replies" / name))
    took_s = machine.wait(f"the answer {name}", answer.exists, 60)
    reply = decode_reply(answer.read_bytes())
    if reply.outcome != outcome:
        raise NotSeen(f"{reply}")
    return took_s


def _update(machine: Machine, number: int, version: str) -> float:
    """Send an update, and the file that the publisher would fetch; return how long it took to run."""
    archive = release(version)
    offered = offer(archive, version=version)
    started_s = time.monotonic()
    _send(machine, number, "accepted", do="update", release=offered)
    machine.file(str(STATE / f"inbox/release-{offered['sha256']}.tar")).write_bytes(archive)
    machine.wait("it runs on trial", lambda: _current(machine) == version, 120)
    return time.monotonic() - started_s


def _current(machine: Machine) -> str:
    return machine.run("readlink", str(STATE / "releases/current"), check=False)


def _anew(machine: Machine, before: tuple[int, int]) -> bool:
    now = machine.pid(SENSOR), machine.pid(PUBLISHER)
    return 0 not in now and not set(now) & set(before) and machine.listening()


def _on_a_disk_of_its_own(machine: Machine, folder: Path) -> None:
    """Move a folder to a small disk in memory; NotSeen unless it is certain that it is there."""
    machine.run("systemctl", "stop", SENSOR, PUBLISHER)
    copy = f"/run/copy-of-{folder.name}-{len(folder.parts)}"
    each = f"find {folder} -mindepth 1 -maxdepth 1 -not -name models"  # those come from the machine
    machine.run("sh", "-c", f"mkdir {copy} && {each} -exec cp -a {{}} {copy} ';'")
    machine.run("mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder))
    machine.run("cp", "-a", f"{copy}/.", str(folder))
    kind, blocks, size = machine.run("stat", "-f", "-c", "%T %b %S", str(folder)).split()
    if kind != "tmpfs" or int(blocks) * int(size) > DISK_MB << 20:
        raise NotSeen(f"{folder} is on {kind} with {blocks} blocks: it is not filled")
