"""The units, users and folders of a device: what each may do, and that systemd finds nothing to say about them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path
from typing import Final

import pytest

from counterpoint.edge.commands import UNDER_WAY_NAME
from counterpoint.edge.microphone import PRIORITY
from counterpoint.edge.model_manifest import SYSTEM
from counterpoint.settings import FolderSettings

UNITS: Final = Path(__file__).parents[2] / "systemd"
FLEETS: Final = UNITS.parent / "firmware/enrolment"
STATE: Final = Path("/var/lib/counterpoint")
SERVICES: Final = sorted(path.name for path in UNITS.glob("*.service"))
ALL_UNITS: Final = sorted(path.name for path in UNITS.iterdir() if path.suffix in {".service", ".path", ".timer"})
EXPOSURE: Final = {  # at most, in tenths, as `systemd-analyze security` counts
    "counterpoint-sensor.service": 8,
    "counterpoint-publisher.service": 13,
    "counterpoint-caretaker.service": 10,
    "counterpoint-enrol.service": 17,
}
DEBIANS_OWN: Final = {"audio", "root"}
PATHS: Final = ("ReadWritePaths", "ReadOnlyPaths", "InaccessiblePaths", "WorkingDirectory", "PathExistsGlob")


def unit(name: str) -> RawConfigParser:
    parsed = RawConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign] # systemd's names have capitals
    parsed.read(UNITS / name)
    return parsed


def values(name: str, keys: tuple[str, ...]) -> list[str]:
    """Every word given for these keys in a unit, however often a key is there."""
    lines = (UNITS / name).read_text().splitlines()
    return [
        word for line in lines for key in keys if line.startswith(f"{key}=") for word in line[len(key) + 1 :].split()
    ]


def lines(name: str) -> list[list[str]]:
    text = (UNITS / name).read_text().splitlines()
    return [line.split() for line in text if line and not line.startswith("#")]


SENSOR: Final = unit("counterpoint-sensor.service")["Service"]
PUBLISHER: Final = unit("counterpoint-publisher.service")["Service"]
CARETAKER: Final = unit("counterpoint-caretaker.service")["Service"]


def test_the_two_processes_are_two_users() -> None:
    assert SENSOR["User"] != PUBLISHER["User"]


def test_the_sensor_has_no_network_and_the_publisher_no_devices() -> None:
    assert SENSOR["PrivateNetwork"] == "yes"
    assert SENSOR["RestrictAddressFamilies"] == "AF_UNIX"
    assert PUBLISHER["PrivateDevices"] == "yes"


def test_each_may_write_only_its_own_folders() -> None:
    folders = FolderSettings()
    assert SENSOR["ReadWritePaths"].split() == [folders.state, folders.outbox]
    assert PUBLISHER["ReadWritePaths"].split() == [folders.receipts, folders.inbox]
    assert folders.state in PUBLISHER["InaccessiblePaths"].split()
    assert {SENSOR["ProtectSystem"], PUBLISHER["ProtectSystem"], CARETAKER["ProtectSystem"]} == {"strict"}


def test_root_itself_writes_counterpoints_folders_only_and_has_no_network() -> None:
    assert CARETAKER["ReadWritePaths"].split() == [str(STATE), "/etc/counterpoint", "-/boot/firmware", "-/sys/fs/ext4"]
    assert CARETAKER["PrivateNetwork"] == "yes"


def test_enrolling_changes_no_command_key_and_sees_nothing_of_the_others() -> None:
    enrolment = unit("counterpoint-enrol.service")["Service"]
    assert enrolment["ReadOnlyPaths"] == f"-{FolderSettings().command_keys}"
    assert enrolment["InaccessiblePaths"] == f"-{STATE}"


def test_what_runs_as_root_runs_from_the_package() -> None:
    launcher = (UNITS.parent / "firmware/package/launcher").read_text()
    listed = re.search(r"FROM_THE_PACKAGE = \((.*)\)", launcher)
    assert listed is not None
    for name in SERVICES:
        verb = unit(name)["Service"]["ExecStart"].split()[1]
        assert ("User" in unit(name)["Service"]) is (f'"{verb}"' not in listed[1])


def test_nothing_heard_ends_in_a_core_file_or_on_a_swap_partition() -> None:
    assert all(unit(name)["Service"]["LimitCORE"] == "0" for name in SERVICES)
    assert SENSOR["MemorySwapMax"] == "0"


def test_the_capture_thread_may_rise_as_far_as_it_asks_for() -> None:
    assert int(SENSOR["LimitRTPRIO"]) == PRIORITY


def test_the_sensor_may_read_where_models_are_pulled_to() -> None:
    assert SENSOR["ReadOnlyPaths"] == f"-{SYSTEM}"


def test_the_sensor_and_all_that_it_starts_sends_no_telemetry() -> None:
    assert "ORT_DISABLE_TELEMETRY=1" in values("counterpoint-sensor.service", ("Environment",))


def test_the_services_never_give_up() -> None:
    for name in ("counterpoint-sensor.service", "counterpoint-publisher.service", "counterpoint-enrol.service"):
        assert unit(name)["Unit"]["StartLimitIntervalSec"] == "0"


def test_the_light_waits_for_no_network_and_for_no_broker() -> None:
    sensor = unit("counterpoint-sensor.service")["Unit"]
    assert not re.search("network|enrol|publisher", sensor["After"] + sensor["Wants"])


def test_the_caretaker_runs_for_a_command_and_each_minute_of_what_is_under_way() -> None:
    path = unit("counterpoint-caretaker.path")["Path"]
    conditions = values("counterpoint-caretaker.service", ("ConditionPathExists", "ConditionPathExistsGlob"))
    assert f"|{path['PathExistsGlob']}" in conditions
    assert f"|{FolderSettings().care}/{UNDER_WAY_NAME}" in conditions
    assert unit("counterpoint-caretaker.timer")["Timer"]["Unit"] == "counterpoint-caretaker.service"


@pytest.mark.parametrize("name", ALL_UNITS)
def test_every_folder_that_a_unit_names_is_made(name: str) -> None:
    made = {Path(line[1]) for line in lines("counterpoint.tmpfiles") if line[0] == "d"}
    named = [Path(word.removeprefix("-")) for word in values(name, PATHS) if "/counterpoint" in word]
    missing = [path for path in named if path not in made and path.parent not in made]
    assert missing == []


@pytest.mark.parametrize("name", SERVICES)
def test_every_user_and_group_that_a_unit_names_is_made(name: str) -> None:
    made = {line[1] for line in lines("counterpoint.sysusers")} | DEBIANS_OWN
    named = set(values(name, ("User", "Group", "SupplementaryGroups")))
    assert named <= made


def test_every_owner_of_a_folder_is_made() -> None:
    made = {line[1] for line in lines("counterpoint.sysusers")} | DEBIANS_OWN
    assert {owner for line in lines("counterpoint.tmpfiles") for owner in line[3:5]} <= made


def test_the_settings_name_the_folders_that_are_made() -> None:
    made = {line[1] for line in lines("counterpoint.tmpfiles")}
    folders = FolderSettings()
    asked = {getattr(folders, name) for name in folders.__struct_fields__ if isinstance(getattr(folders, name), str)}
    assert {folder for folder in asked if folder} <= made


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    """The units with a program that is there."""
    for name in ALL_UNITS:
        (tmp_path / name).write_text((UNITS / name).read_text().replace("/usr/bin/counterpoint", "/usr/bin/true"))
    return tmp_path


@pytest.mark.real
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize("name", ALL_UNITS)
def test_systemd_finds_nothing_to_say_about_a_unit(name: str, copies: Path) -> None:
    said = subprocess.run(
        ["systemd-analyze", "verify", copies / name],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{copies}:"},
    )
    about_ours = [line for line in (said.stdout + said.stderr).splitlines() if "counterpoint" in line]
    assert (said.returncode, about_ours) == (0, [])  # others' units on this machine are not ours to judge


@pytest.mark.real
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_exposed_no_more_than_it_must_be(name: str, copies: Path) -> None:
    threshold = f"--threshold={EXPOSURE[name]}"
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", threshold, str(copies / name)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout.splitlines()[-1]


@pytest.mark.real
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize(("name", "told"), [("counterpoint-fleet-enrolment", "1.2"), ("counterpoint-fleet", "1.4")])
def test_the_servers_units_are_exposed_as_their_page_says(name: str, told: str, tmp_path: Path) -> None:
    page = (FLEETS / "README.md").read_text()
    assert re.search(rf"^\| `{name}.service` \|.*exposure {told}", page, re.MULTILINE)
    text = (FLEETS / f"{name}.service").read_text()
    unit_file = tmp_path / f"{name}.service"
    unit_file.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text))
    threshold = f"--threshold={told.replace('.', '')}"
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", threshold, str(unit_file)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout.splitlines()[-1]


@pytest.mark.real
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders to other users")
@pytest.mark.skipif(not shutil.which("setpriv"), reason="setpriv is not installed")
def test_the_caretakers_rights_erase_whatever_the_publisher_has_made(tmp_path: Path) -> None:
    sticky = tmp_path / "inbox" / "sticky"
    sticky.mkdir(parents=True)
    (sticky / "file").write_bytes(b"mine")
    for path in (sticky / "file", sticky, sticky.parent):
        os.chown(path, 65_534, 65_534)
        path.chmod(0o1700 if path.is_dir() else 0)
    rights = ",+".join(name.removeprefix("CAP_").lower() for name in CARETAKER["CapabilityBoundingSet"].split())
    erase = f"""
from pathlib import Path
from counterpoint.edge.forgetting import empty_folder
empty_folder(Path({str(sticky.parent)!r}))
"""
    given = ["setpriv", "--bounding-set", f"-all,+{rights}", "--inh-caps", "-all", "--no-new-privs"]
    subprocess.run([*given, sys.executable, "-c", erase], check=True, timeout=60)
    assert list(sticky.parent.iterdir()) == []


@pytest.mark.real
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders to other users")
@pytest.mark.skipif(not shutil.which("systemd-sysusers"), reason="systemd-sysusers is not installed")
def test_each_user_owns_its_folders_and_the_group_only_reads(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    for command in (["systemd-sysusers"], ["systemd-tmpfiles", "--create"]):
        kind = command[0].removeprefix("systemd-")
        subprocess.run(
            [*command, f"--root={tmp_path}", UNITS / f"counterpoint.{kind}"], check=True, capture_output=True
        )
    accounts = (tmp_path / "etc" / "passwd").read_text().splitlines()
    users = {"0": "root"} | {account.split(":")[2]: account.split(":")[0] for account in accounts}
    spool = tmp_path / "var" / "lib" / "counterpoint"
    owners = {path.name: (users[str(path.stat().st_uid)], oct(path.stat().st_mode)[-4:]) for path in spool.iterdir()}
    assert owners == {
        "models": ("root", "0755"),
        "sensor": ("counterpoint-sensor", "0700"),
        "outbox": ("counterpoint-sensor", "2750"),
        "receipts": ("counterpoint-publisher", "2750"),
        "inbox": ("counterpoint-publisher", "2750"),
        "care": ("root", "0700"),
        "replies": ("root", "2750"),
        "releases": ("root", "0755"),
    }
