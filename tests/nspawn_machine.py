"""The container that systemd/try-under-nspawn boots, as its claims see it: units, journal, files, and its microphone.

One rule: it looks and pushes from outside, by the container's own commands; what it starts, it ends.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from counterpoint.app.demo.conversation import DemoSource, load
from counterpoint.values import BLOCK_S
from sound_server import Feeder, file_device, write_alsa

if TYPE_CHECKING:
    from collections.abc import Callable

SENSOR: Final = "counterpoint-sensor.service"
PUBLISHER: Final = "counterpoint-publisher.service"
CARETAKER: Final = "counterpoint-caretaker.service"
ENROLMENT: Final = "counterpoint-enrol.service"
ROOM: Final = Path("/srv/room")  # as the container sees it
PROBE: Final = Path(__file__).with_name("nspawn_probe.py")
CHANNELS: Final = 6
AFTER_VISIT_S: Final = 6
SETTINGS: Final = """
[site]
code = "try"
[array]
name = "respeaker-usb-v2"
device = "counter"
[light]
kind = "terminal"
[nudge]
refractory_s = 5
tokens = 60
[session]
end_silence_s = 6
[broker]
host = "localhost"
port = 1883
tls = false
device_id = "try-1"
health_minutes = 1
"""


class NotSeen(Exception):  # noqa: N818 - it says what was seen instead
    """A claim was looked at and not found true."""


class Machine:
    """The running container; `room` is the folder that it sees as /srv/room."""

    def __init__(self, leader: int, room: Path) -> None:
        self._leader = leader
        self.room = room
        self._feeder: subprocess.Popen[bytes] | None = None

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command in the container; return what it prints."""
        enter = ["nsenter", "-t", str(self._leader), "-m", "-p", "-u", "-i", "-n", "--"]
        done = subprocess.run([*enter, *command], capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise NotSeen(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout.strip()

    def show(self, unit: str, name: str) -> str:
        """Return a property of a unit."""
        return self.run("systemctl", "show", "--property", name, "--value", unit)

    def pid(self, unit: str) -> int:
        """Return the main process's number in the container."""
        return int(self.show(unit, "MainPID"))

    def journal(self, unit: str) -> list[str]:
        """Return the lines of a unit in this boot."""
        return self.run("journalctl", "--no-pager", "--quiet", "-o", "cat", "-u", unit).splitlines()

    def file(self, path: str) -> Path:
        """Return a file of the container as this machine sees it."""
        return Path(f"/proc/{self._leader}/root{path}")

    def wait(self, what: str, is_so: Callable[[], object], within_s: float) -> float:
        """Wait until it is so; return the seconds that it took."""
        started_s = time.monotonic()
        while not is_so():
            if time.monotonic() - started_s > within_s:
                raise NotSeen(f"{what}: not within {within_s:g} s")
            time.sleep(0.1)
        return time.monotonic() - started_s

    def listening(self) -> bool:
        """Tell whether the sensor says so."""
        return self.show(SENSOR, "StatusText").startswith("listening")

    def plug_in(self) -> None:
        """Put a talking room before the microphone."""
        if self._feeder is None:
            self._feeder = subprocess.Popen([sys.executable, str(Path(__file__)), str(self.room)])

    def stall(self) -> None:
        """Let the capture device give nothing any more, without an error."""
        if self._feeder is not None:
            self._feeder.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """End what `stall` began."""
        if self._feeder is not None:
            self._feeder.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End the room."""
        if self._feeder is not None:
            self._feeder.kill()
            self._feeder.wait()

    def probe(self, unit: str) -> dict[str, str]:
        """Try everything of nspawn_probe.py in a copy of this unit, with all its sandbox; return what came of it."""
        name, said = f"probe-{unit}", self.room / f"probe-{unit}.json"
        own = ("ExecStart=", "ExecStartPost=", "Type=", "WatchdogSec=", "Restart", "NotifyAccess=", "Condition")
        unit_file = self.file(f"/usr/lib/systemd/system/{unit}")
        lines = [line for line in unit_file.read_text().splitlines() if not line.startswith(own)]
        at = lines.index("[Service]") + 1
        output = f"StandardOutput=truncate:{ROOM / said.name}"
        lines[at:at] = ["Type=oneshot", f"ExecStart=/usr/bin/python3 {PROBE}", output]
        self.file(f"/run/systemd/system/{name}").write_text("\n".join(lines) + "\n")
        self.run("systemctl", "daemon-reload")
        self.run("systemctl", "start", name)
        tries = [json.loads(line) for line in said.read_text().splitlines()]
        return {one["try"]: one["came"] for one in tries}


def prepare(machine: Path, room: Path) -> None:
    """Write what the try adds to the tree: settings, a key, and the drop-in that leads the sensor to the room."""
    (machine / "etc/counterpoint").mkdir(exist_ok=True)  # a package has made it
    (machine / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")  # debootstrap leaves none
    (machine / "etc/counterpoint/counterpoint.toml").write_text(SETTINGS)
    drop_in = machine / f"etc/systemd/system/{SENSOR}.d/try.conf"
    drop_in.parent.mkdir()
    drop_in.write_text(f"[Service]\nEnvironment=ALSA_CONFIG_PATH={ROOM}/alsa.conf\n")
    write_alsa(room, {"counter": file_device(ROOM / "fifo")})
    visit_and_silence().tofile(room / "sound.raw")


def visit_and_silence() -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    """The demo's first visit as the array's six channels: processed, four raw, playback."""
    conversation = load()
    until = round((conversation.visit[0].end_s + AFTER_VISIT_S) / BLOCK_S)
    blocks = [block.samples.T for _, block in zip(range(until), DemoSource(conversation, 1e9).blocks(), strict=False)]
    raw = np.concatenate(blocks)
    six = np.column_stack([raw.mean(axis=1), raw, np.zeros(len(raw))])
    return (six * 32767).astype(np.int16)


def feed(room: Path) -> None:
    """Be the room, over and over, until killed."""
    frames = np.fromfile(room / "sound.raw", np.int16).reshape(-1, CHANNELS)
    (room / "fifo").unlink(missing_ok=True)
    os.umask(0)
    with Feeder(room / "fifo", frames):
        signal.pause()


if __name__ == "__main__":
    feed(Path(sys.argv[1]))
