"""Every command of the enrolment page, in the page's order, as IT and two counters would run it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker_server import free_port, wait_until
from counterpoint.edge.boot_partition import read_boot_file

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "device/docs/enrolment.md").read_text()
FIRMWARE = ROOT / "firmware/enrolment"
TOKEN = "t" * 32
FLEET, DEVICE = "counterpoint fleet enrolment ", "counterpoint enrol"


def commands() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


class Room:
    """A server's folders and two counters' disks in one temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._service: subprocess.Popen[str] | None = None
        (folder / "mnt").mkdir()

    def run(self, line: str, counter: str = "PC-1042") -> str:
        """Run a command as the page has it, with this folder in the place of the system's; return what it printed."""
        person = re.findall(r"--by (\w+)", line)
        env = {**os.environ, **({"SUDO_USER": person[0]} if person else {})}  # an account of their own
        words = self.words(line, counter)
        ended = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, check=False, env=env)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout + ended.stderr

    def words(self, line: str, counter: str = "PC-1042") -> list[str]:
        there = line.replace("/etc/", f"{self.folder}/").replace("/mnt/", f"{self.folder}/mnt/")
        program, *words = re.sub(r"\w+\.example\.org", "localhost", there).split()
        if line.startswith(FLEET):
            words += ["--store", str(self.folder / "store")]
        else:
            boot_file = self.folder / "boot-files" / counter / "counterpoint.toml"
            words += ["--settings", str(self.folder / counter / "counterpoint.toml"), "--boot-file", str(boot_file)]
        return [str(Path(sys.executable).with_name(program)), *words]

    def serve(self, line: str) -> None:
        words = [*self.words(line), "--listen", "127.0.0.1", "--port", str(self.port)]
        log = self.folder / "service.log"
        with log.open("w") as to:
            self._service = subprocess.Popen(words, cwd=self.folder, stderr=to, text=True)
        wait_until(lambda: "serving" in log.read_text(), "the service starts")

    def end(self) -> None:
        if self._service is not None:
            self._service.terminate()
            assert self._service.wait(timeout=20) == 0

    def write_template(self, said: str) -> None:
        """The template of firmware/, with this site's names and the fingerprint that `init` printed."""
        digest = re.search(r'ca_sha256 = "([0-9a-f]{64})"', said)
        assert digest is not None
        text = (FIRMWARE / "counterpoint.toml").read_text().replace("0" * 64, digest[1])
        text = text.replace("enrol.example.org:8443", f"localhost:{self.port}")
        (self.folder / "counterpoint.toml").write_text(text.replace("/etc/counterpoint", f"{self.folder}/@COUNTER@"))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path)
    yield room
    room.end()


def own_paths(room: Room) -> None:
    """Counters of a test share a disk: each gets its own folder in the place of /etc/counterpoint."""
    for counter in ("PC-1042", "PC-1043"):
        (room.folder / counter).mkdir()
        boot_file = room.folder / "boot-files" / counter / "counterpoint.toml"
        boot_file.write_text(boot_file.read_text().replace("@COUNTER@", counter))


def ask_once(room: Room, counter: str) -> str:
    words = [*room.words(DEVICE + " --once", counter)]
    return subprocess.run(words, capture_output=True, text=True, check=False).stderr


@pytest.mark.real
def test_the_page_from_top_to_bottom(room: Room) -> None:
    left = commands()

    def next_one(beginning: str) -> str:
        line = left.pop(0)
        assert line.startswith(beginning), line
        return line

    room.write_template(room.run(next_one(FLEET + "init")))
    room.run(next_one(FLEET + "broker"))
    assert (room.folder / "mosquitto/counterpoint/mosquitto.conf").exists()
    room.serve(next_one(FLEET + "serve"))
    (room.folder / "assets.csv").write_text(re.findall(r"```text\n(asset_tag.*?)```", PAGE, flags=re.DOTALL)[0])
    room.run(next_one(FLEET + "tokens"))
    own_paths(room)
    assert all("has to approve" in ask_once(room, counter) for counter in ("PC-1042", "PC-1043"))
    assert "2 wait for an approval" in room.run(next_one(FLEET + "pending"))
    assert "2 approved" in room.run(next_one(FLEET + "approve"))
    assert "site hall-4" in room.run(next_one(FLEET + "list"))
    enrolled = room.run(next_one(DEVICE))
    assert "used and wiped" in enrolled
    assert "enrolled as" in enrolled
    assert "enrolled as" in room.run(next_one(DEVICE + " --if-needed"), "PC-1043")
    assert "enrolled as" in room.run(next_one(DEVICE + " --renew"))
    room.run(next_one(DEVICE + " --csr"))
    sign(room)
    assert "enrolled as" in room.run(next_one(DEVICE + " --certificate"))
    assert "revoked by ben" in room.run(next_one(FLEET + "revoke"))
    listed = room.run(FLEET + "list --csv")
    assert re.search(r"^[0-9a-f]{16},PC-1043,hall-4,revoked,", listed, flags=re.MULTILINE)
    here, _, _ = next_one(FLEET + "forget").partition(" --operator")  # the broker: tests/fleet/test_enrolment_forget.py
    assert "forgotten" in room.run(here)
    assert "PC-1043" not in room.run(FLEET + "list --csv")
    assert left == []


def sign(room: Room) -> None:
    """The company's authority: openssl, with the one of this site."""
    signs = "openssl x509 -req -CA store/ca.pem -CAkey store/ca.key -CAcreateserial -days 9"
    words = f"{signs} -in mnt/request.pem -out mnt/device.pem"
    subprocess.run(words.split(), cwd=room.folder, check=True, capture_output=True)
    shutil.copy(room.folder / "store/ca.pem", room.folder / "mnt/ca.pem")


def boot_files() -> list[str]:
    """The template, and the one that stands in the user-data."""
    embedded = (FIRMWARE / "user-data").read_text().split("content: |\n")[1].split("\npackage_update")[0]
    return [(FIRMWARE / "counterpoint.toml").read_text(), re.sub(r"(?m)^      ", "", embedded) + "\n"]


@pytest.mark.parametrize("text", boot_files(), ids=["counterpoint.toml", "user-data"])
def test_a_template_filled_in_is_a_boot_file(text: str, tmp_path: Path) -> None:
    path = tmp_path / "counterpoint.toml"
    path.write_text(text.replace("@TOKEN@", TOKEN).replace("@SITE@", "hall-3"))
    found = read_boot_file(path, tmp_path / "scratch")
    assert found is not None
    assert (found.token, found.settings.site.code, found.settings.privacy.pool) == (TOKEN, "hall-3", 6)


@pytest.mark.parametrize("unit", sorted(FIRMWARE.glob("*.service")), ids=lambda path: path.name)
def test_a_unit_of_the_fleet_is_understood(unit: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    said = subprocess.run(
        ["systemd-analyze", "verify", unit],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    ).stderr
    lines = [line for line in said.splitlines() if unit.name in line and "is not executable" not in line]
    assert lines == []
