"""People plan, sign and hand out commands: two keys, and never more of a fleet in an hour than its twentieth."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoint.app import signing
from counterpoint.app.cli import main
from counterpoint.care.commands import Do, Here, Refuse, decide
from counterpoint.care.counters import Counters
from counterpoint.edge.durable import RealDisk
from counterpoint.edge.releases import Releases
from counterpoint.edge.signatures import load_command_keys, verifier
from counterpoint.fleet.roll_out import HOUR, most_an_hour, room_now, turns
from counterpoint.messages.commands import ReleaseOffer

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FLEET = 40  # two an hour


class Clock(datetime):
    """The people's clock, which a test turns."""

    at = NOW

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override] # a clock of a test
        assert tz is UTC
        return cls.at


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two people's keys and the list of a fleet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signing, "datetime", Clock)
    monkeypatch.setattr(Clock, "at", NOW)
    (tmp_path / "words").write_text("correct horse\n")
    for name in ("anna", "ben"):
        assert main(["fleet", "sign", "key", name, "--passphrase-file", "words"]) == 0
    rows = [f"device-{n:03},PC-{n},hall-3,enrolled,2027-01-01" for n in range(FLEET)]
    gone = "device-999,PC-999,hall-3,revoked,"
    (tmp_path / "devices.csv").write_text("\n".join(["id,asset_tag,site,state,certificate_until", *rows, gone]) + "\n")
    tree = tmp_path / "program/counterpoint"
    tree.mkdir(parents=True)
    (tree / "__init__.py").write_text('__version__ = "0.2.0"\n')
    (tmp_path / "releases").mkdir()
    return tmp_path


def sign(*words: str, key: str = "") -> int:
    opened = ["--key", f"{key}.pem", "--passphrase-file", "words"] if key else []
    store = [] if words[0] in {"key", "release"} else ["--store", "store"]
    return main(["fleet", "sign", *words, *opened, *store])


def handed_out(out: str = "due") -> list[str]:
    lines = (Path(out) / "send.sh").read_text().splitlines()
    return [line.split("$here/")[1].rstrip('"') for line in lines if line.startswith("mosquitto_pub")]


def trusted(desk: Path) -> Path:
    folder = desk / "command-keys"
    folder.mkdir(exist_ok=True)
    for name in ("anna", "ben"):
        shutil.copy(desk / f"{name}.pub", folder)
    return folder


def judged(desk: Path, name: str, *, version: str = "0.1.0") -> Do | Refuse:
    payload = (desk / "due" / name).read_bytes()
    device = "-".join(name.split("-")[:2])
    here = Here(device=device, counters=Counters(), version=version, arch="arm64", now=Clock.at)
    return decide(payload, verifier(load_command_keys(trusted(desk), print)), here)


def test_a_restart_goes_to_all_at_once_with_one_key(desk: Path) -> None:
    assert sign("plan", "restart", "--devices", "devices.csv", key="anna") == 0
    assert sign("due", "--out", "due") == 0
    names = handed_out()
    assert len(names) == FLEET
    assert all(isinstance(judged(desk, name), Do) for name in names[:3])


def test_forgetting_needs_a_second_person(desk: Path) -> None:
    assert sign("plan", "forget", "--devices", "devices.csv", "--only", "device-007", key="anna") == 0
    sign("due", "--out", "due")
    assert handed_out() == []
    assert sign("add", "--yes", key="anna") == 0  # the same person again
    sign("due", "--out", "due")
    assert handed_out() == []
    assert sign("add", "--yes", key="ben") == 0
    sign("due", "--out", "due")
    (name,) = handed_out()
    assert isinstance(judged(desk, name), Do)


@pytest.mark.usefixtures("desk")
def test_who_signs_too_is_shown_what_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert sign("plan", "forget", "--devices", "devices.csv", "--only", "device-007", key="anna") == 0
    assert sign("add", key="ben") == 2  # nobody is there to say yes
    shown = capsys.readouterr()
    assert "forget, until 2026-11-26 09:00 UTC" in shown.out
    assert "nothing was signed" in shown.err


@pytest.mark.usefixtures("desk")
def test_who_signs_too_sees_each_device_and_the_pace(capsys: pytest.CaptureFixture[str]) -> None:
    assert sign("plan", "forget", "--devices", "devices.csv", key="anna") == 0
    assert sign("add", key="ben") == 2
    shown = capsys.readouterr().out
    assert all(f"device-{n:03}" in shown for n in range(FLEET))
    assert "the last at 2026-11-24 04:00, at most 2 within an hour" in shown


@pytest.mark.usefixtures("desk")
def test_a_pace_that_a_false_list_hides_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    more = "".join(f"ghost-{n:03},,hall-3,enrolled,\n" for n in range(60))
    Path("devices.csv").write_text(Path("devices.csv").read_text() + more)
    named = [word for n in range(5) for word in ("--only", f"device-{n:03}")]
    assert sign("plan", "forget", "--devices", "devices.csv", *named, key="anna") == 0
    assert sign("add", key="ben") == 2
    assert "at most 5 within an hour" in capsys.readouterr().out


def test_an_update_goes_out_two_an_hour_whatever_the_pause(desk: Path) -> None:
    assert sign("release", "program", "--version", "0.2.0", "--arch", "arm64", "--out", "releases") == 0
    facts, url = "releases/counterpoint-0.2.0-arm64.json", "https://updates.example.org/x.tar"
    planned = sign("plan", "update", "--devices", "devices.csv", "--release", facts, "--url", url, key="anna")
    assert planned == 0
    assert sign("add", "--yes", key="ben") == 0
    for hours, expected in ((0.0, 2), (0.5, 0), (1.0, 2), (1.2, 0), (9.0, 2), (9.9, 0), (10.1, 2)):
        Clock.at = NOW + timedelta(hours=hours)
        assert sign("due", "--out", "due") == 0
        assert len(handed_out()) == expected, hours
    offered = judged(desk, handed_out()[0])
    assert isinstance(offered, Do)
    release = offered.order.release
    assert release is not None
    (desk / "staged").mkdir()
    with (desk / "releases/counterpoint-0.2.0-arm64.tar").open("rb") as archive:
        Releases(RealDisk(), desk / "staged").stage(archive, release)
    assert (desk / "staged/0.2.0/counterpoint/__init__.py").exists()


def test_a_device_refuses_what_is_sent_before_its_turn(desk: Path) -> None:
    assert sign("plan", "forget", "--devices", "devices.csv", key="anna") == 0
    assert sign("add", "--yes", key="ben") == 0
    last = next(Path("store").glob("device-039-*.json"))
    payload = json.dumps(json.loads(last.read_bytes())["command"]).encode()
    here = Here(device="device-039", counters=Counters(), version="0.1.0", arch="arm64", now=NOW)
    verify = verifier(load_command_keys(trusted(desk), print))
    assert decide(payload, verify, here) == Refuse("too_early", "forget")


@pytest.mark.usefixtures("desk")
def test_numbers_grow_also_where_the_store_was_lost() -> None:
    for _ in range(2):
        assert sign("plan", "restart", "--devices", "devices.csv", "--only", "device-001", key="anna") == 0
    numbers = sorted(int(path.stem.rsplit("-", 1)[1]) for path in Path("store").glob("*.json"))
    assert numbers == [int(NOW.timestamp()), int(NOW.timestamp()) + 1]
    shutil.rmtree("store")
    Clock.at = NOW + timedelta(minutes=1)
    assert sign("plan", "restart", "--devices", "devices.csv", "--only", "device-001", key="anna") == 0
    assert int(next(Path("store").glob("*.json")).stem.rsplit("-", 1)[1]) > numbers[-1]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("plan", "restart", "--devices", "missing.csv"), "can't be read"),
        (("plan", "restart", "--devices", "words"), "columns id and site"),
        (("plan", "restart", "--devices", "devices.csv", "--only", "device-999"), "is not in"),
        (("plan", "update", "--devices", "devices.csv"), "--release and --url"),
        (("plan", "forget", "--devices", "devices.csv", "--url", "https://x.example/y"), "belong to update"),
    ],
)
def test_what_cannot_be_planned_is_said(
    desk: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    assert sign(*words, key="anna") == 2
    assert says in capsys.readouterr().err
    assert not (desk / "store").exists()


def test_a_key_opens_with_its_own_passphrase(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "words").write_text("another")
    assert sign("plan", "restart", "--devices", "devices.csv", key="anna") == 2
    assert "check --key and the passphrase" in capsys.readouterr().err
    (desk / "words").write_text("")
    assert sign("plan", "restart", "--devices", "devices.csv", key="anna") == 2
    assert main(["fleet", "sign", "key", "anna", "--passphrase-file", "devices.csv"]) == 2
    assert (desk / "anna.pem").stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in (desk / "anna.pem").read_bytes()


def test_the_same_tree_gives_the_same_release(desk: Path) -> None:
    words = "release", "program", "--version", "0.2.0", "--arch", "arm64", "--out", "releases"
    packed = desk / "releases/counterpoint-0.2.0-arm64.tar"
    assert sign(*words) == 0
    first = packed.read_bytes()
    assert sign(*words) == 0
    assert packed.read_bytes() == first
    with tarfile.open(packed) as archive:
        assert archive.getnames() == ["release.json", "counterpoint/__init__.py"]
    (desk / "program/link").symlink_to("/etc/passwd")
    assert sign(*words) == 2


def test_the_script_is_one_that_a_shell_reads(desk: Path) -> None:
    sign("plan", "restart", "--devices", "devices.csv", key="anna")
    sign("due", "--out", "due")
    assert subprocess.run(["sh", "-n", desk / "due/send.sh"], check=False, timeout=20).returncode == 0


@given(st.integers(1, 400), st.integers(1, 400), st.lists(st.integers(0, 600), max_size=60))
def test_in_no_hour_does_more_than_a_twentieth_have_its_turn(count: int, fleet: int, before: list[int]) -> None:
    most = most_an_hour(fleet)
    taken: list[datetime] = []
    for minute in sorted(before):
        taken += turns(1, fleet, taken, NOW + timedelta(minutes=minute))
    times = sorted([*taken, *turns(count, fleet, taken, NOW)])
    assert all(later - earlier >= HOUR for earlier, later in zip(times, times[most:], strict=False))


@given(st.integers(1, 400), st.lists(st.tuples(st.integers(1, 180), st.integers(0, 50)), max_size=60))
def test_in_no_hour_is_more_than_a_twentieth_handed_out(fleet: int, asked: list[tuple[int, int]]) -> None:
    now, out = NOW, list[datetime]()
    for minutes, wanted in asked:
        now += timedelta(minutes=minutes)
        out += [now] * min(wanted, room_now(fleet, out, now))
    most = most_an_hour(fleet)
    assert all(later - earlier >= HOUR for earlier, later in zip(out, out[most:], strict=False))


def test_the_facts_of_a_release_are_what_a_device_is_offered(desk: Path) -> None:
    sign("release", "program", "--version", "0.2.0", "--arch", "arm64", "--out", "releases")
    facts = json.loads((desk / "releases/counterpoint-0.2.0-arm64.json").read_bytes())
    assert set(facts) | {"url"} == set(ReleaseOffer.__struct_fields__)
