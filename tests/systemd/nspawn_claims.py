"""The claims of systemd/README.md, each looked at in a booted container; systemd/try-under-nspawn calls this.

One rule: a claim is a function that returns what was seen, or raises NotSeen; what a unit says proves nothing.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nspawn_care_claims import CARE_CLAIMS
from nspawn_machine import CARETAKER, ENROLMENT, PUBLISHER, SENSOR, Machine, NotSeen, prepare

if TYPE_CHECKING:
    from collections.abc import Callable

KILLS: Final = 5
BEYOND_THE_WATCHDOG_S: Final = 45.0  # the sensor's is 30 s
REFUSED: Final = {"EPERM", "EACCES", "EROFS", "ENOENT", "EAFNOSUPPORT", "ENETUNREACH", "ENXIO"}
CARE: Final = "care"


def boots(machine: Machine) -> str:
    """It boots without a failed unit, without a microphone and before the broker has answered."""
    machine.wait("boot", lambda: machine.run("systemctl", "is-system-running", check=False) == "running", 60)
    failed = machine.run("systemctl", "--failed", "--plain", "--no-legend")
    if failed:
        raise NotSeen(failed)
    return "running, no failed unit"


def order(machine: Machine) -> str:
    """Users, then folders, then the sensor; enrolment before the publisher; the sensor waits for neither."""
    entered = "ActiveEnterTimestampMonotonic"
    left = "InactiveEnterTimestampMonotonic"
    begun = "InactiveExitTimestampMonotonic"
    wanted = (
        ("users", "systemd-sysusers.service", entered),
        ("folders", "systemd-tmpfiles-setup.service", entered),
        ("sensor begins", SENSOR, begun),
        ("enrolment ends", "counterpoint-enrol.service", left),
        ("publisher begins", PUBLISHER, begun),
    )
    at_s = {name: int(machine.show(unit, what)) / 1e6 for name, unit, what in wanted}
    users, folders, sensor, enrolled, publisher = at_s.values()
    seen = ", ".join(f"{name} {at - users:.2f} s" for name, at in at_s.items())
    if not (0 < users <= folders <= sensor and enrolled <= publisher and sensor < enrolled):
        raise NotSeen(seen)
    return seen


def waits_for_its_microphone(machine: Machine) -> str:
    """Without a microphone the sensor waits, past its watchdog, and finds one that is plugged in."""
    pid = machine.pid(SENSOR)
    machine.wait("status", lambda: machine.show(SENSOR, "StatusText").startswith("no microphone yet"), 20)
    status = machine.show(SENSOR, "StatusText")
    time.sleep(BEYOND_THE_WATCHDOG_S)
    machine.plug_in()
    took_s = machine.wait("listening", machine.listening, 30)
    if machine.pid(SENSOR) != pid or machine.show(SENSOR, "NRestarts") != "0":
        raise NotSeen("it was started anew")
    return f'"{status}"; {BEYOND_THE_WATCHDOG_S:g} s later plugged in, listening after {took_s:.1f} s, same process'


def starts_cold(machine: Machine) -> str:
    """From its start to listening, the speech model loaded."""
    machine.run("systemctl", "restart", SENSOR)
    machine.wait("listening", machine.listening, 30)
    times = [int(machine.show(SENSOR, f"{name}TimestampMonotonic")) / 1e6 for name in ("ExecMainStart", "ActiveEnter")]
    return f"{times[1] - times[0]:.2f} s from the start of the process to its first frame"


def _probe(machine: Machine, unit: str, allowed: dict[str, set[str]]) -> str:
    """Return what was refused; all that is not in `allowed` must be, and what is there must come as it says."""
    came = machine.probe(unit)
    wrong = {name: outcome for name, outcome in came.items() if outcome not in (allowed.get(name) or REFUSED)}
    if wrong:
        raise NotSeen(f"{unit}: {wrong}")
    refused = {name: outcome for name, outcome in came.items() if name not in allowed}
    given = {name: outcome for name, outcome in came.items() if name in allowed}
    return f"refused: {_list(refused)}. Given: {_list(given)}"


def _list(outcomes: dict[str, str]) -> str:
    return ", ".join(name if came == "done" else f"{name} ({came})" for name, came in outcomes.items())


def _stand_ins(machine: Machine) -> None:
    """Two devices of the group audio, with drivers that every machine has: null, and fuse, which no unit is given."""
    machine.run("mkdir", "-p", "/dev/snd")
    for name, major, minor in (("pcmC0D0c", "1", "3"), ("other", "10", "229")):
        machine.run("mknod", f"/dev/snd/{name}", "c", major, minor, check=False)
        machine.run("chgrp", "audio", f"/dev/snd/{name}")
        machine.run("chmod", "660", f"/dev/snd/{name}")
    machine.wait("the ledger", machine.file("/var/lib/counterpoint/sensor/ledger.db").exists, 30)
    machine.run("python3", "-c", "open('/dev/snd/other', 'r+b', buffering=0)")  # who is not in a sandbox may
    key = machine.file("/etc/counterpoint/device.key")
    key.write_text("a key\n")
    machine.run("chgrp", "counterpoint-publisher", "/etc/counterpoint/device.key")
    key.chmod(0o640)


def sensor_sandbox(machine: Machine) -> str:
    """Inside the sensor's sandbox: no network, its own two folders, its sound device in spite of the sandbox."""
    _stand_ins(machine)
    done = {"done"}
    return _probe(
        machine,
        SENSOR,
        {
            "interfaces": {"lo"},
            "sound device": done,
            "write sensor/": done,
            "write outbox/": done,
            "read the ledger": done,
            "list the outbox": done,
            "real-time priority 5": {"done", "EPERM"},  # EPERM where this machine's own limit is 0
            "core file": {"0"},
            "others' processes": {"0"},
        },
    )


def sensor_network(machine: Machine) -> str:
    """In the running sensor's own network, root itself reaches nothing."""
    script = "import socket; socket.create_connection(('192.0.2.1', 9), 3)"
    into = ("nsenter", "-t", str(machine.pid(SENSOR)), "-n")
    links = machine.run(*into, "ip", "-brief", "link")
    said = machine.run(*into, "sh", "-c", f'python3 -c "{script}" 2>&1 | tail -1', check=False)
    if "unreachable" not in said or len(links.splitlines()) != 1:
        raise NotSeen(f"{links}; {said}")
    return f"{' '.join(links.split())}; {said}"


def publisher_sandbox(machine: Machine) -> str:
    """Inside the publisher's sandbox: no device, its own two folders, never the sensor's or the outbox."""
    _stand_ins(machine)
    done = {"done"}
    return _probe(
        machine,
        PUBLISHER,
        {
            "TCP over IPv4": {"ENETUNREACH"},  # the container has no way out; the socket itself is given
            "IPv6 socket": done,
            "interfaces": {"host0, lo", "lo"},
            "write receipts/": done,
            "write inbox/": done,
            "read the device's key": done,
            "list the outbox": done,
            "core file": {"0"},
            "others' processes": {"0"},
        },
    )


def caretaker_sandbox(machine: Machine) -> str:
    """Inside the caretaker's sandbox: root, and yet Counterpoint's folders only."""
    _stand_ins(machine)
    done = {"done"}
    folders = (
        "sensor/",
        "outbox/",
        "receipts/",
        "inbox/",
        "replies/",
        "releases/",
        "care/",
        "command-keys/",
        "/etc/counterpoint",
    )
    given = {f"write {folder}": done for folder in folders}
    return _probe(
        machine,
        CARETAKER,
        {
            **given,
            "interfaces": {"lo"},
            "write models/": {"done", "EROFS"},  # bound read-only here where this machine has a speech model
            "read the device's key": done,
            "read the ledger": done,
            "list the outbox": done,
            "core file": {"0"},
            "others' processes": {str(number) for number in range(1000)},
        },
    )


def enrolment_sandbox(machine: Machine) -> str:
    """Inside the enrolment's sandbox: root, and yet no command key, no state, no device."""
    _stand_ins(machine)
    done = {"done"}
    return _probe(
        machine,
        ENROLMENT,
        {
            "TCP over IPv4": {"ENETUNREACH"},  # the container has no way out; the socket itself is given
            "IPv6 socket": done,
            "interfaces": {"host0, lo", "lo"},
            "write /etc/counterpoint": done,
            "read the device's key": done,
            "core file": {"0"},
            "others' processes": {str(number) for number in range(1000)},
        },
    )


def caretaker_is_started(machine: Machine) -> str:
    """A command in the inbox starts the caretaker at once; with nothing to do the timer starts nothing."""
    machine.wait("the first look of this boot", machine.file("/run/counterpoint/looked").exists, 90)
    before = machine.show(CARETAKER, "ExecMainStartTimestampMonotonic")
    time.sleep(65)
    if machine.show(CARETAKER, "ExecMainStartTimestampMonotonic") != before:
        raise NotSeen("the timer started it with nothing to do")
    ticked = machine.show("counterpoint-caretaker.timer", "LastTriggerUSec")
    command = machine.file("/var/lib/counterpoint/inbox/command-1.json")
    command.write_text('{"schema": "counterpoint.command.v1", "body": "", "signatures": []}')
    took_s = machine.wait("started", lambda: machine.show(CARETAKER, "ExecMainStartTimestampMonotonic") != before, 20)
    gone_s = machine.wait("the command is taken away", lambda: not command.exists(), 30)
    said = [line for line in machine.journal(CARETAKER) if "command-1" in line][-1:]
    timer = f"the timer ticked at {ticked} and started nothing"
    return f"{timer}; a command started it after {took_s:.1f} s, and was gone {gone_s:.1f} s later: {said}"


def publisher_dies(machine: Machine) -> str:
    """Killing the publisher touches neither the sensor nor its light."""
    machine.wait("listening", machine.listening, 30)
    machine.wait("the light is lit", lambda: _light(machine), 90)
    pid, lit_before = machine.pid(SENSOR), _light(machine)
    restarts = int(machine.show(PUBLISHER, "NRestarts"))
    for _ in range(KILLS):
        victim = machine.pid(PUBLISHER)
        machine.run("kill", "-KILL", str(victim))
        machine.wait("back", lambda: machine.pid(PUBLISHER) not in {0, victim}, 20)  # noqa: B023 - called at once
    machine.wait("the light is lit again", lambda: len(_light(machine)) > len(lit_before), 90)
    lit = _light(machine)
    if machine.pid(SENSOR) != pid or machine.show(SENSOR, "NRestarts") != "0" or lit[: len(lit_before)] != lit_before:
        raise NotSeen("the sensor was touched")
    more = int(machine.show(PUBLISHER, "NRestarts")) - restarts
    light = f"its light went on ({len(lit_before)} changes before, {len(lit)} after)"
    return f"{KILLS} kills, {more} restarts; the sensor is still process {pid}, and {light}"


def _light(machine: Machine) -> list[str]:
    return [line for line in machine.journal(SENSOR) if line.startswith("light ")]


def heard(machine: Machine) -> str:
    """heard.json grows by a minute of frames a minute, under a time that says nothing."""
    path = machine.file("/var/lib/counterpoint/sensor/heard.json")
    machine.wait("heard.json", path.exists, 130)
    first = json.loads(path.read_text())
    took_s = machine.wait("more", lambda: json.loads(path.read_text()) != first, 80)
    second = json.loads(path.read_text())
    machine.wait("its time is taken away", lambda: path.stat().st_mtime == 0, 5)
    if second["boot"] != first["boot"]:
        raise NotSeen(f"{first}, {second}")
    return f"{first['frames']}, {took_s:.0f} s later {second['frames']}"


def stalled_capture(machine: Machine) -> str:
    """A capture that gives nothing, and no error, is found by the watchdog; the sensor listens again."""
    machine.wait("listening", machine.listening, 30)
    before, pid = int(machine.show(SENSOR, "NRestarts")), machine.pid(SENSOR)
    machine.stall()
    took_s = machine.wait("restart", lambda: int(machine.show(SENSOR, "NRestarts")) > before, 90)
    machine.go_on()
    back_s = machine.wait("listening", machine.listening, 60)
    after = machine.show(SENSOR, "NRestarts")
    restarts = f"NRestarts {before} to {after}, process {pid} to {machine.pid(SENSOR)}"
    reason = [line for line in machine.journal(SENSOR) if "watchdog" in line.lower()][-1]
    return f'after {took_s:.1f} s "{reason}"; {restarts}; listening {back_s:.1f} s after the sound came back'


def hung_publisher(machine: Machine) -> str:
    """A publisher whose loop stands still is started anew."""
    before = int(machine.show(PUBLISHER, "NRestarts"))
    machine.run("kill", "-STOP", str(machine.pid(PUBLISHER)))
    took_s = machine.wait("restart", lambda: int(machine.show(PUBLISHER, "NRestarts")) > before, 120)
    machine.wait("back", lambda: machine.pid(PUBLISHER), 20)
    return f"after {took_s:.0f} s"


def words(machine: Machine) -> str:
    """The models run under MemoryDenyWriteExecute and all the rest: talk-over and recogniser."""
    path = machine.file("/var/lib/counterpoint/outbox/health.json")
    machine.wait("health", path.exists, 90)
    said = json.loads(path.read_text())
    if said.get("words") != "on":
        raise NotSeen(f"words {said.get('words')!r} (is there a speech model on this machine?)")
    return f"health says words {said['words']}, light {said['light']}"


def status_lines(machine: Machine) -> str:
    """A person reads what goes on."""
    machine.run("systemctl", "stop", "mosquitto")
    machine.wait("the loss", lambda: "not connected" in machine.show(PUBLISHER, "StatusText"), 30)
    away = machine.show(PUBLISHER, "StatusText")
    machine.run("systemctl", "start", "mosquitto")
    machine.wait("the broker", lambda: machine.show(PUBLISHER, "StatusText").startswith("connected"), 90)
    return f'"{machine.show(SENSOR, "StatusText")}"; "{away}"; "{machine.show(PUBLISHER, "StatusText")}"'


def memory(machine: Machine) -> str:
    """Both stay within their budgets."""
    machine.wait("listening", machine.listening, 30)
    machine.wait("some words", lambda: len(_light(machine)) > 1, 120)
    both = [_resident(machine, SENSOR, 500), _resident(machine, PUBLISHER, 150)]
    settings = machine.file("/etc/counterpoint/counterpoint.toml")
    with_words = settings.read_text()
    settings.write_text(with_words + "[words]\nenabled = false\n")
    machine.run("systemctl", "restart", SENSOR)
    lit = len(_light(machine))
    machine.wait("listening", machine.listening, 30)
    machine.wait("a cue without words", lambda: len(_light(machine)) > lit, 120)
    without_words = _resident(machine, SENSOR, 150)
    settings.write_text(with_words)
    machine.run("systemctl", "restart", SENSOR)
    return f"resident at most: {', '.join(both)}; without the recogniser {without_words}"


def _resident(machine: Machine, unit: str, budget_mb: int) -> str:
    status = machine.run("cat", f"/proc/{machine.pid(unit)}/status").splitlines()
    peak_mb = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    if peak_mb > budget_mb:
        raise NotSeen(f"{unit} {peak_mb:.0f} MB")
    return f"{unit.removesuffix('.service')} {peak_mb:.0f} MB of {budget_mb}"


def stops(machine: Machine) -> str:
    """Both stop when asked, well before they would be killed."""
    started_s = time.monotonic()
    machine.run("systemctl", "stop", SENSOR, PUBLISHER)
    took_s = time.monotonic() - started_s
    results = [machine.show(unit, "Result") for unit in (SENSOR, PUBLISHER)]
    if results != ["success", "success"]:
        raise NotSeen(f"{results} after {took_s:.1f} s")
    last = [line for line in machine.journal(SENSOR) if "stopped after" in line][-1]
    return f"in {took_s:.1f} s: {last}"


CLAIMS: Final[tuple[Callable[[Machine], str], ...]] = (
    boots,
    order,
    waits_for_its_microphone,
    starts_cold,
    words,
    sensor_sandbox,
    sensor_network,
    publisher_sandbox,
    caretaker_sandbox,
    enrolment_sandbox,
    publisher_dies,
    status_lines,
    heard,
    stalled_capture,
    hung_publisher,
    caretaker_is_started,
    memory,
    stops,
)


def look(machine: Machine, only: list[str]) -> int:
    """Look at each claim, only at these, or at those of the caretaker; print a table; return how many were not seen."""
    not_seen = 0
    print("| claim | seen |\n|---|---|", flush=True)
    claims = [claim for claim in (*CLAIMS, *CARE_CLAIMS) if claim.__name__ in only] or CLAIMS
    for claim in CARE_CLAIMS if only == [CARE] else claims:
        title = (claim.__doc__ or "").splitlines()[0]
        try:
            seen = claim(machine)
        except NotSeen as otherwise:
            not_seen += 1
            seen = f"**NOT SEEN**: {otherwise}"
        print(f"| {title} | {seen.replace('|', '/')} |", flush=True)
    return not_seen


def main(what: str, *arguments: str) -> int:
    """`prepare MACHINE ROOM` before the boot, `look LEADER ROOM [CLAIM ...]` after it."""
    if what == "prepare":
        prepare(Path(arguments[0]), Path(arguments[1]))
        return 0
    machine = Machine(int(arguments[0]), Path(arguments[1]))
    try:
        only = list(arguments[2:])
        if only and not {CARE, *(claim.__name__ for claim in CARE_CLAIMS)} & set(only):
            machine.plug_in()
        return min(look(machine, only), 1)
    finally:
        machine.close()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
