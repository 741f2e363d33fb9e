"""Each command of updates.md, in the page's order, with a real broker at its end; a device obeys what comes out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker_server import COLLECTOR, BrokerServer, Listener
from counterpoint.care.commands import Do, Here, decide
from counterpoint.care.counters import Counters
from counterpoint.edge.signatures import load_command_keys, verifier

PAGE = Path(__file__).parents[2] / "device/docs/updates.md"
SITE, DEVICE = "hall-3", "0f3c8a52-7b1e-4d0a-9c55-2f6f6c1f0a11"
LIST = "counterpoint fleet enrolment list --csv > devices.csv"  # test_enrolment_page.py runs it
LISTENS = "mosquitto_sub"  # the test listens itself
NEEDED = "dpkg-deb", "mosquitto_pub", "mosquitto"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not PAGE.exists(), reason="the pages are in the repository, not in the installed package"),
    pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason=f"one of {', '.join(NEEDED)} is not installed"),
]


def lines() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


class People:
    """Two people at one computer, with the passphrases in files, so that nobody has to type them."""

    def __init__(self, folder: Path, server: BrokerServer) -> None:
        self.folder, self.server = folder, server
        (folder / "words").write_text("correct horse\n")
        (folder / "releases").mkdir()
        (folder / "devices.csv").write_text(
            f"id,asset_tag,site,state,certificate_until\n{DEVICE},PC-1,{SITE},enrolled,\n"
        )
        tree = folder / "deb/usr/lib/counterpoint/site/counterpoint"
        tree.mkdir(parents=True)
        (tree / "__init__.py").write_text('__version__ = "0.2.0"\n')
        (folder / "deb/DEBIAN").mkdir()
        (folder / "deb/DEBIAN/control").write_text(
            "Package: counterpoint\nVersion: 0.2.0\nArchitecture: arm64\nMaintainer: nobody <a@example.org>\n"
            "Description: for a test\n"
        )
        build = ["dpkg-deb", "--root-owner-group", "--build", "deb", "counterpoint_0.2.0_arm64.deb"]
        subprocess.run(build, cwd=folder, check=True, capture_output=True, timeout=30)
        for name, file in zip(("pem", "key"), server.authority.issue(COLLECTOR), strict=True):
            shutil.copy(file, folder / f"operator.{name}")
        shutil.copy(server.authority.file, folder / "ca.pem")

    def do(self, line: str) -> subprocess.CompletedProcess[str]:
        if line.startswith("counterpoint fleet sign") and " release " not in line:
            line += " --passphrase-file words" * (" due " not in line) + " --store store" * (" key " not in line)
        line = line.replace("-h mqtt.example.org -p 8883", f"-h localhost -p {self.server.port}")
        line += " --yes" * line.startswith("counterpoint fleet sign add")
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return subprocess.run(
            ["sh", "-c", line],
            cwd=self.folder,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=50,
        )


def test_the_commands_of_the_page_bring_an_update_to_a_device(tmp_path: Path) -> None:
    with BrokerServer(tmp_path / "broker") as server:
        people = People(tmp_path, server)
        assert people.do("counterpoint fleet sign key ben").returncode == 0
        with Listener(server, name="device") as device:
            for line in lines():
                if line == LIST or line.startswith(LISTENS):
                    continue
                ended = people.do(line)
                expected = 2 if line == "counterpoint forget" else 0  # it asks, and nobody is here to answer
                assert ended.returncode == expected, (line, ended.stdout, ended.stderr)
                assert "Traceback" not in ended.stderr
            arrived = device.next("cmd")
    assert arrived.topic == f"counterpoint/v1/{SITE}/{DEVICE}/cmd"
    keys = tmp_path / "command-keys"
    keys.mkdir()
    for name in ("anna", "ben"):
        shutil.copy(tmp_path / f"{name}.pub", keys)
    here = Here(device=DEVICE, counters=Counters(), version="0.1.0", arch="arm64", now=datetime.now(UTC))
    judged = decide(bytes(arrived.payload), verifier(load_command_keys(keys, print)), here)
    assert isinstance(judged, Do)
    assert judged.order.do == "update"


def test_the_page_names_every_reason() -> None:
    schema = (PAGE.parents[1] / "counterpoint/messages/reply.v1.json").read_text()
    reasons = re.findall(r'"([a-z_]+)"', schema.split('"reason"')[1].split('"version"')[0])
    told = PAGE.read_text()
    assert [reason for reason in reasons if "_" in reason and f"`{reason}`" not in told] == []
