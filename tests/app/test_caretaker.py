"""The caretaker carries out what two keys ask for, refuses the rest, and takes back what does not work."""

from __future__ import annotations

import json
from datetime import datetime
from importlib.util import cache_from_source
from pathlib import Path

import msgspec
import pytest

from commands_made import DEVICE, FILES, FIRST, NOW, SECOND, STRANGER, command, offer, release, trust
from counterpoint.app.care_arguments import settings_or_defaults
from counterpoint.app.caretaker import Caretaker, World
from counterpoint.care.trial import CareState
from counterpoint.edge.commands import StateFile
from counterpoint.edge.durable import RealDisk
from counterpoint.edge.releases import Releases
from counterpoint.errors import StorageError
from counterpoint.messages.commands import LARGEST_COUNTER, Reply, decode_reply
from counterpoint.messages.schemas import PublisherStatement, encode
from counterpoint.settings import BrokerSettings, FolderSettings, Settings

NAMES = "state", "outbox", "receipts", "inbox", "replies", "care", "releases"


class Bench:
    """A device on a bench: its folders, a clock and an uptime to turn, and what was done to its services."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in NAMES:
            (folder / name).mkdir()
        trust(folder / "keys", FIRST, SECOND)
        folders = FolderSettings(
            **{name: str(folder / name) for name in NAMES},  # type: ignore[arg-type] # paths
            command_keys=str(folder / "keys"),
        )
        self.settings = Settings(broker=BrokerSettings(device_id=DEVICE), folders=folders)
        self.done: list[str] = []
        self.said: list[str] = []
        self.now: datetime | None = NOW
        self.boot, self.uptime_s, self.package = "boot-1", 100.0, "0.1.0"
        self.forgot = 0
        self.sensor = ""

    def restart(self) -> None:
        self.done.append("restart")

    def stop(self) -> None:
        self.done.append("stop")

    def sensor_run(self) -> str:
        return self.sensor

    def forget(self, _settings: Settings) -> None:
        self.forgot += 1

    def run(self) -> None:
        world = World(
            RealDisk(),
            self,
            self.forget,
            now=lambda: self.now,
            boot=lambda: (self.boot, self.uptime_s),
            arch="amd64",
            package=self.package,
            say=self.said.append,
        )
        Caretaker(self.settings, world).run()

    def send(self, payload: bytes, number: int = 1) -> None:
        (self.folder / f"inbox/command-{number}.json").write_bytes(payload)
        self.run()

    def replies(self) -> list[tuple[str, str | None]]:
        paths = sorted((self.folder / "replies").glob("*-*.json"), key=lambda path: path.stat().st_mtime_ns)
        return [(reply.outcome, reply.reason) for reply in (decode_reply(path.read_bytes()) for path in paths)]

    def last(self) -> Reply:
        paths = sorted((self.folder / "replies").glob("*-*.json"), key=lambda path: path.stat().st_mtime_ns)
        return decode_reply(paths[-1].read_bytes())

    def state(self) -> dict[str, object]:
        found: dict[str, object] = json.loads((self.folder / "care/state.json").read_bytes())
        return found

    def runs(self) -> str:
        return Releases(RealDisk(), self.folder / "releases").current() or "the package"

    def deliver(self, archive: bytes, number: int = 1, **changed: object) -> None:
        """Send the command to update and what the publisher would fetch for it."""
        offered = offer(archive, **changed)
        self.send(command(counter=number, do="update", release=offered), number)
        (self.folder / f"inbox/release-{offered['sha256']}.tar").write_bytes(archive)
        self.run()

    def wait(self, minutes: int) -> None:
        """Let minutes go by without a frame, with a look of the caretaker in each."""
        for _ in range(minutes):
            self.uptime_s += 60
            self.run()

    def hear(self, minutes: int, *, connected: bool = True) -> None:
        """Let minutes go by in which the sensor works, with a look of the caretaker in each."""
        said = encode(PublisherStatement(connected=connected, trouble=""))
        for minute in range(1, minutes + 1):
            self.uptime_s += 60
            heard = {"frames": minute * 3000, "boot": self.boot}
            (self.folder / "state/heard.json").write_bytes(msgspec.json.encode(heard))
            (self.folder / "inbox/publisher.json").write_bytes(said)
            self.run()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_with_nothing_to_do_it_does_nothing(bench: Bench) -> None:
    bench.run()
    assert (bench.done, bench.replies(), list((bench.folder / "care").iterdir())) == ([], [], [])


def test_a_restart_is_done_and_told(bench: Bench) -> None:
    bench.send(command(FIRST, counter=1))
    assert bench.done == ["restart"]
    assert bench.last() == Reply(counter=1, do="restart", outcome="done", reason=None, version="0.1.0")
    assert list((bench.folder / "inbox").iterdir()) == []
    assert bench.state()["counter"] == 1


def test_the_same_command_again_is_refused(bench: Bench) -> None:
    bench.send(command(FIRST, counter=1))
    bench.send(command(FIRST, counter=1))
    assert bench.done == ["restart"]
    assert bench.last() == Reply(counter=1, do="restart", outcome="refused", reason="replayed", version="0.1.0")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (command(STRANGER), "signed_by_others"),
        (command(FIRST)[:-20], "unreadable"),
        (command(FIRST, device="another-one"), "another_device"),
        (command(do="update", release=offer(b"x", arch="arm64")), "another_architecture"),
        (command(do="update", release=offer(b"x", version="0.1.0")), "not_newer"),
        (command(FIRST, not_after="2026-11-23T08:00:00Z"), "expired"),
        (command(FIRST, do="forget"), "too_few_keys"),
        (command(FIRST, FIRST, do="forget"), "too_few_keys"),
        (b"\x00garbage", "unreadable"),
        (b"x" * 1_000_000, "unreadable"),
    ],
)
def test_what_is_refused_is_told_and_changes_nothing(bench: Bench, payload: bytes, reason: str) -> None:
    bench.send(payload)
    assert bench.replies() == [("refused", reason)]
    assert (bench.done, bench.forgot, bench.runs()) == ([], 0, "the package")
    assert list((bench.folder / "inbox").iterdir()) == []
    assert list((bench.folder / "care").iterdir()) == []


def test_a_flood_of_refusals_fills_no_disk(bench: Bench) -> None:
    for number in range(1, 60):
        (bench.folder / f"inbox/command-{number}.json").write_bytes(b"garbage %d" % number)
    bench.run()
    assert len(bench.replies()) == 32
    assert list((bench.folder / "inbox").iterdir()) == []


def test_what_is_no_plain_file_is_refused(bench: Bench) -> None:
    secret = bench.folder / "secret"
    secret.write_bytes(command(FIRST, counter=1))
    (bench.folder / "inbox/command-1.json").symlink_to(secret)
    bench.run()
    assert (bench.replies(), bench.done, secret.exists()) == ([("refused", "unreadable")], [], True)


@pytest.mark.parametrize("number", [0, 9_999_999_999_999_999])
def test_a_number_that_no_command_has_is_not_repeated(bench: Bench, number: int) -> None:
    bench.send(b"garbage", number)
    assert bench.last() == Reply(counter=None, do=None, outcome="refused", reason="unreadable", version="0.1.0")


def test_folders_in_the_place_of_files_hold_nothing_up(bench: Bench) -> None:
    bench.deliver(release("0.2.0"), 1)
    assert bench.runs() == "0.2.0"
    for name in ("receipts/reply-1-accepted.json", "inbox/publisher.json", "inbox/command-2.json"):
        (bench.folder / name / "in the way").mkdir(parents=True)
    bench.uptime_s += 2000
    bench.run()
    assert bench.runs() == "the package"
    assert ("rolled_back", "not_healthy") in bench.replies()
    bench.send(command(FIRST, counter=3), 3)
    assert bench.last().outcome == "done"


def test_a_key_that_others_can_write_is_no_key(bench: Bench) -> None:
    (bench.folder / "keys/key-0.pub").chmod(0o666)
    bench.send(command(FIRST, counter=1))
    assert bench.last().reason == "signed_by_others"
    assert any("can be written by others" in line for line in bench.said)


def test_a_state_that_cannot_be_read_refuses_all(bench: Bench) -> None:
    (bench.folder / "care/state.json").write_bytes(b"\x00" * 64)
    with pytest.raises(StorageError, match="counterpoint forget"):
        bench.send(command(FIRST, counter=1))
    assert (bench.replies(), bench.done) == ([("refused", "storage")], [])


def test_an_update_is_asked_for_before_anything_is_fetched(bench: Bench) -> None:
    archive = release()
    bench.send(command(counter=1, do="update", release=offer(archive)))
    assert bench.replies() == [("accepted", None)]
    wanted = json.loads((bench.folder / "replies/wanted.json").read_bytes())
    assert wanted == offer(archive)
    assert (bench.folder / "care/under-way").exists()
    assert bench.runs() == "the package"


def test_a_good_release_stays(bench: Bench) -> None:
    bench.deliver(release())
    assert (bench.runs(), bench.done) == ("0.2.0", ["restart"])
    staged = bench.folder / "releases/0.2.0"
    there = {str(path.relative_to(staged)) for path in staged.rglob("*") if path.is_file()}
    compiled = {cache_from_source(name) for name in FILES if name.endswith(".py")}
    assert there == {*FILES, "release.json", *compiled}
    bench.hear(9)
    assert bench.replies() == [("accepted", None)]
    bench.hear(10)
    assert bench.last() == Reply(counter=1, do="update", outcome="done", reason=None, version="0.2.0")
    assert not (bench.folder / "care/under-way").exists()
    assert [path.name for path in (bench.folder / "inbox").iterdir()] == ["publisher.json"]
    assert not (bench.folder / "replies/wanted.json").exists()


def test_a_release_that_hears_nothing_is_rolled_back(bench: Bench) -> None:
    bench.deliver(release())
    bench.wait(7)
    assert (bench.runs(), bench.done) == ("the package", ["restart", "restart"])
    assert bench.last() == Reply(counter=1, do="update", outcome="rolled_back", reason="not_healthy", version="0.1.0")
    assert list((bench.folder / "releases").iterdir()) == []


def test_a_mute_during_a_trial_is_waited_for_and_not_told(bench: Bench) -> None:
    bench.sensor = "run 1"
    bench.deliver(release())
    bench.wait(60)
    assert (bench.runs(), bench.replies()) == ("0.2.0", [("accepted", None)])
    bench.hear(11)
    assert bench.last() == Reply(counter=1, do="update", outcome="done", reason=None, version="0.2.0")


def test_a_sensor_that_starts_again_and_again_is_not_muted(bench: Bench) -> None:
    bench.deliver(release())
    for number in range(7):
        bench.sensor = f"run {number}"
        bench.wait(1)
    assert (bench.runs(), bench.last().reason) == ("the package", "not_healthy")


def test_what_the_release_before_said_is_no_sign_of_health(bench: Bench) -> None:
    (bench.folder / "state/heard.json").write_bytes(msgspec.json.encode({"frames": 900_000, "boot": "boot-1"}))
    bench.deliver(release())
    assert not (bench.folder / "state/heard.json").exists()


def test_a_release_that_loses_the_broker_is_rolled_back(bench: Bench) -> None:
    (bench.folder / "inbox/publisher.json").write_bytes(encode(PublisherStatement(connected=True, trouble="")))
    bench.deliver(release())
    bench.hear(30, connected=False)
    assert bench.runs() == "the package"


def test_a_crash_loop_of_the_machine_is_rolled_back(bench: Bench) -> None:
    bench.deliver(release())
    for number in range(2, 5):
        bench.boot, bench.uptime_s = f"boot-{number}", 20.0
        bench.run()
    assert bench.runs() == "the package"
    assert bench.last().reason == "not_healthy"


def test_a_release_that_a_worn_card_changes_is_rolled_back_at_the_next_start(bench: Bench) -> None:
    bench.deliver(release())
    bench.hear(10)
    (bench.folder / "releases/0.2.0/site/msgspec/core.so").write_bytes(b"worn")
    bench.run()
    assert bench.runs() == "the package"
    assert (bench.last().outcome, bench.last().reason) == ("rolled_back", "release_wrong")


def test_one_release_after_another_and_back(bench: Bench) -> None:
    bench.deliver(release())
    bench.hear(10)
    bench.deliver(release("0.3.0"), 2, version="0.3.0")
    bench.hear(10)
    assert bench.runs() == "0.3.0"
    assert sorted(path.name for path in (bench.folder / "releases").iterdir()) == [
        "0.2.0",
        "0.3.0",
        "current",
        "previous",
    ]
    bench.send(command(FIRST, counter=3, do="roll_back"), 3)
    assert bench.runs() == "0.2.0"
    assert bench.last() == Reply(counter=3, do="roll_back", outcome="done", reason=None, version="0.2.0")
    bench.send(command(FIRST, counter=4, do="roll_back"), 4)
    assert bench.runs() == "the package"
    bench.send(command(FIRST, counter=5, do="roll_back"), 5)
    assert bench.last().reason == "nothing_to_roll_back"


def test_a_person_can_end_a_trial(bench: Bench) -> None:
    bench.deliver(release())
    bench.send(command(FIRST, counter=2, do="roll_back"), 2)
    assert bench.runs() == "the package"


def test_no_second_update_during_a_trial(bench: Bench) -> None:
    bench.deliver(release())
    bench.deliver(release("0.3.0"), 2, version="0.3.0")
    assert (bench.last().reason, bench.runs()) == ("busy", "0.2.0")


def test_a_file_that_is_not_the_release_is_refused(bench: Bench) -> None:
    archive = release()
    offered = offer(archive)
    bench.send(command(counter=1, do="update", release=offered))
    swapped = bytearray(archive)
    swapped[2000] ^= 1
    (bench.folder / f"inbox/release-{offered['sha256']}.tar").write_bytes(swapped)
    bench.run()
    assert bench.last() == Reply(counter=1, do="update", outcome="refused", reason="release_wrong", version="0.1.0")
    assert (bench.runs(), list((bench.folder / "inbox").iterdir())) == ("the package", [])


def test_an_update_that_never_comes_is_given_up_when_it_has_expired(bench: Bench) -> None:
    bench.send(command(counter=1, do="update", release=offer(release())))
    assert bench.now is not None
    bench.now = bench.now.replace(day=25)
    bench.run()
    assert bench.last().reason == "not_fetched"
    assert not (bench.folder / "replies/wanted.json").exists()


def test_a_disk_that_goes_on_failing_ends_an_update_in_its_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def worn(*_: object) -> None:
        raise StorageError("the card is worn")

    monkeypatch.setattr(Releases, "stage", worn)
    with pytest.raises(StorageError, match="worn"):
        bench.deliver(release())
    with pytest.raises(StorageError, match="worn"):
        bench.send(command(FIRST, counter=2), 2)
    assert bench.done == ["restart"]  # others do not wait for the disk
    assert bench.now is not None
    bench.now = bench.now.replace(day=25)
    bench.run()
    assert bench.last() == Reply(counter=1, do="update", outcome="refused", reason="storage", version="0.1.0")
    assert not (bench.folder / "care/under-way").exists()
    assert list((bench.folder / "inbox").iterdir()) == []
    bench.run()


def test_before_the_clock_is_set_an_update_is_refused_and_may_be_sent_again(bench: Bench) -> None:
    bench.now = None
    asked = command(counter=1, do="update", release=offer(release()))
    bench.send(asked)
    assert bench.replies() == [("refused", "clock")]
    bench.now = NOW
    bench.send(asked)
    assert bench.last().outcome == "accepted"


def test_the_numbers_of_an_older_version_are_read(bench: Bench) -> None:
    (bench.folder / "care/state.json").write_text('{"counter": 41, "under_way": null, "checked_in": ""}')
    bench.send(command(FIRST, counter=41), 41)
    assert bench.last().reason == "replayed"
    bench.send(command(SECOND, counter=42), 42)
    assert bench.last().outcome == "done"


def test_the_numbers_of_the_keys_outlast_a_restart_of_the_caretaker(bench: Bench) -> None:
    bench.send(command(FIRST, counter=LARGEST_COUNTER), 1)
    bench.send(command(SECOND, counter=5), 2)
    assert (bench.done, bench.last().counter) == (["restart", "restart"], 5)
    bench.send(command(SECOND, counter=5), 3)
    bench.send(command(FIRST, counter=LARGEST_COUNTER), 4)
    assert bench.done == ["restart", "restart"]


def test_a_disk_that_is_too_full(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RealDisk, "free_bytes", lambda _disk, _folder: 1_000_000)
    bench.send(command(counter=1, do="update", release=offer(release())))
    assert bench.replies() == [("refused", "no_space")]


def test_a_newer_package_takes_over_from_a_release(bench: Bench) -> None:
    bench.deliver(release())
    bench.hear(10)
    bench.package = "0.2.0"
    bench.run()
    assert bench.runs() == "the package"


def test_forget_is_remembered_before_it_is_done(bench: Bench) -> None:
    bench.send(command(counter=1, do="forget"))
    assert bench.forgot == 1
    assert bench.replies() == [("accepted", None)]
    assert bench.state()["under_way"] == {"type": "forgetting", "counter": 1}
    assert bench.state()["counter"] == 1
    bench.run()  # the power went before all was erased
    assert bench.forgot == 2


def test_an_answer_that_the_broker_took_is_deleted(bench: Bench) -> None:
    bench.send(command(FIRST, counter=1))
    (bench.folder / "receipts/reply-1-done.json").write_bytes(b"")
    (bench.folder / "receipts/0000000001").write_bytes(b"")
    bench.run()
    assert list((bench.folder / "replies").iterdir()) == []
    assert [path.name for path in (bench.folder / "receipts").iterdir()] == ["0000000001"]


def test_a_device_without_a_certificate_obeys_nobody(bench: Bench) -> None:
    nameless = BrokerSettings(certificate_file=str(bench.folder / "missing.pem"))
    bench.settings = msgspec.structs.replace(bench.settings, broker=nameless)
    bench.send(command(FIRST, counter=1))
    assert bench.last().reason == "another_device"


def test_what_cannot_be_written_down_is_not_done(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_file: StateFile, _state: CareState) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(StateFile, "keep", full)
    with pytest.raises(StorageError):
        bench.send(command(FIRST, counter=1))
    assert (bench.done, bench.replies()) == ([], [("refused", "storage")])


def test_settings_that_a_newer_release_knows_do_not_stop_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    newer = tmp_path / "counterpoint.toml"
    newer.write_text("[of_a_later_release]\nx = 1\n")
    settings = settings_or_defaults(newer)
    assert settings.folders == FolderSettings()
    assert settings.broker.certificate_file == "/etc/counterpoint/device.pem"
    assert "going on with the folders of the package" in capsys.readouterr().err
