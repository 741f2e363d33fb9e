"""What `counterpoint forget` leaves behind: nothing, as a search of the raw disk shows."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from commands_made import DEVICE, FIRST, SECOND, trust
from counterpoint.app.cli import main
from counterpoint.app.forget import Ways, erase_device
from counterpoint.care.forgetting import BOOT_FILE, erasure
from counterpoint.care.trial import CareState
from counterpoint.edge.commands import StateFile
from counterpoint.edge.durable import RealDisk
from counterpoint.edge.forgetting import empty_folder, erase_file, fill_free_space, one_folder_a_disk
from counterpoint.edge.outbox import write_whole
from counterpoint.errors import StorageError
from counterpoint.messages.schemas import PublisherStatement, encode
from counterpoint.settings import BrokerSettings, FolderSettings, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = "state", "outbox", "receipts", "inbox", "replies", "care", "releases", "models"
FOLDERS = "state", "outbox", "receipts", "inbox", "replies", "care", "releases", "command_keys"
IMAGE_BYTES = 24 << 20


class Home:
    """A device's folders, with something secret in each kind of file."""

    def __init__(self, root: Path) -> None:
        self.etc, self.var = root / "etc/counterpoint", root / "var/lib/counterpoint"
        for folder in (self.etc, *(self.var / name for name in NAMES), self.etc / "command-keys"):
            folder.mkdir(parents=True, exist_ok=True)
        trust(self.etc / "command-keys", FIRST, SECOND)
        self.toml = self.etc / "counterpoint.toml"
        folders = {name: str(self.var / name) for name in NAMES}
        self.settings = Settings(
            broker=BrokerSettings(
                device_id=DEVICE,
                key_file=str(self.etc / "device.key"),
                certificate_file=str(self.etc / "device.pem"),
                ca_file="/etc/ssl/certs/ca-certificates.crt",
            ),
            folders=FolderSettings(**folders, command_keys=str(self.etc / "command-keys")),  # type: ignore[arg-type] # paths
        )
        self.secrets: list[bytes] = []
        self.stopped = 0

    def sensor_run(self) -> str:
        return ""

    def restart(self) -> None:
        raise AssertionError("what was forgotten is not started")

    def stop(self) -> None:
        self.stopped += 1

    def secret(self, what: str) -> bytes:
        """Return a line that is nowhere else."""
        self.secrets.append(f"canary-{what}-{secrets.token_hex(12)}".encode())
        return self.secrets[-1] + b"\n"

    def fill(self) -> None:
        """Write every kind of file as the processes do: some replaced, some deleted, some still there."""
        places = {
            self.toml: "settings",
            self.etc / "device.key": "key",
            self.etc / "device.pem": "certificate",
            self.etc / "enrolment/token": "token",
            self.var / "state/calibration.json": "calibration",
            self.var / "state/findings.json": "findings",
            self.var / "outbox/0000000007.json": "window",
            self.var / "receipts/0000000006": "receipt",
            self.var / "inbox/command-3.json": "command",
            self.var / "inbox/publisher.json": "statement",
            self.var / "replies/3-done.json": "reply",
            self.var / "releases/0.2.0/counterpoint/x.py": "release",
            self.var / "of-a-later-release/x.json": "later",
        }
        for path, what in places.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            for age in ("oldest", "older", "now"):  # each replaces the one before, whose blocks go free
                write_whole(path, self.secret(f"{what}-{age}") * 200)
        write_whole(self.var / "outbox/0000000005.json", self.secret("sent"))
        (self.var / "outbox/0000000005.json").unlink()
        self._ledger()
        StateFile(RealDisk(), self.var / "care").keep(CareState(41))
        (self.var / "models/vosk.bin").write_bytes(b"a model, the same on every device")
        (self.var / "releases/current").symlink_to("0.2.0")

    def _ledger(self) -> None:
        database = sqlite3.connect(self.var / "state/ledger.db")
        database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE visit (what TEXT);")
        for _ in range(50):
            with database:
                database.execute("INSERT INTO visit VALUES (?)", [self.secret("visit").decode()])
        with database:
            database.execute("DELETE FROM visit WHERE rowid < 40")
        database.close()

    def forget(self) -> list[str]:
        said: list[str] = []
        homes = str(self.etc), str(self.var)
        erase_device(self.settings, self.toml, Ways(self, homes=homes, say=said.append, farewell_s=0.5))
        return said


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.fill()
    return home


@pytest.fixture
def no_filling(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's own disk is not to be filled."""
    monkeypatch.setattr("counterpoint.app.forget.one_folder_a_disk", lambda _folders: ())


@pytest.mark.usefixtures("no_filling")
def test_only_the_models_are_left(home: Home) -> None:
    said = home.forget()
    left = [path for base in (home.etc, home.var) for path in base.rglob("*") if not path.is_dir()]
    assert left == [home.var / "models/vosk.bin"]
    assert home.stopped == 1
    assert any("delete the device's retained state" in line for line in said)
    assert {path.name for path in home.var.iterdir()} == set(NAMES)  # ready for the next owner


@pytest.mark.usefixtures("no_filling")
def test_a_second_time_finds_nothing_and_fails_at_nothing(home: Home) -> None:
    home.forget()
    home.forget()
    assert list((home.var / "care").iterdir()) == []


@pytest.mark.usefixtures("no_filling")
def test_the_publisher_takes_leave_first(home: Home) -> None:
    write_whole(home.var / "inbox/publisher.json", encode(PublisherStatement(connected=True, trouble="")))
    assert any("did not answer" in line for line in home.forget())
    write_whole(home.var / "inbox/publisher.json", encode(PublisherStatement(connected=True, trouble="")))
    (home.var / "receipts/farewell").touch()  # it was quicker than we look
    assert any("the broker has forgotten" in line for line in home.forget())


@pytest.mark.usefixtures("no_filling")
def test_what_cannot_be_erased_saves_nothing_else(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(path: Path) -> bool:
        if path.name == "device.key":
            raise StorageError(f"{path} can't be erased (Read-only file system)")
        return erase_file(path)

    monkeypatch.setattr("counterpoint.app.forget.erase_file", refuses)
    with pytest.raises(StorageError, match=r"device.key can't be erased"):
        home.forget()
    assert not (home.var / "state/ledger.db").exists()
    assert not (home.var / "outbox/0000000007.json").exists()
    assert type(StateFile(RealDisk(), home.var / "care").load().under_way).__name__ == "Forgetting"


def test_a_power_cut_only_delays_it(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(_folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("counterpoint.app.forget.fill_free_space", cut)
    with pytest.raises(KeyboardInterrupt):
        home.forget()
    state = StateFile(RealDisk(), home.var / "care").load()
    assert state.counter == 41
    assert type(state.under_way).__name__ == "Forgetting"
    assert not (home.etc / "device.key").exists()


def test_it_asks_first(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    settings = home.etc / "ours.toml"
    settings.write_text(f'[folders]\nstate = "{home.var}/state"\n')
    assert main(["forget", "--settings", str(settings)]) == 2
    assert "nothing was erased" in capsys.readouterr().err
    assert (home.etc / "device.key").exists()


def test_other_peoples_files_are_left_alone(home: Home) -> None:
    plan = erasure(home.settings, "/home/somebody/ours.toml", (str(home.etc), str(home.var)))
    assert "/etc/ssl/certs/ca-certificates.crt" not in (*plan.files, *plan.folders)
    elsewhere = erasure(Settings(folders=FolderSettings(**dict.fromkeys(FOLDERS, "/srv/x"))), "/srv/ours.toml")  # type: ignore[arg-type] # paths
    assert "/var/lib/counterpoint" not in elsewhere.folders
    assert "/var/lib/counterpoint" in erasure(Settings(), "/srv/ours.toml").folders
    assert BOOT_FILE not in (*plan.files, *elsewhere.files)
    assert BOOT_FILE in erasure(Settings(), "/etc/counterpoint/counterpoint.toml").files


def test_links_are_deleted_and_not_followed(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    folder.mkdir()
    (outside / "file").write_bytes(b"not ours")
    (folder / "link").symlink_to(outside / "file")
    (folder / "folder").symlink_to(outside)
    os.link(outside / "file", folder / "second-name")
    os.mkfifo(folder / "pipe")
    assert empty_folder(folder) == 4
    assert (outside / "file").read_bytes() == b"not ours"
    assert erase_file(folder / "gone") is False


@contextmanager
def mounted(folder: Path) -> Iterator[tuple[Path, Path]]:
    """A small ext4 file system in a file, mounted; skips where that can't be."""
    if os.geteuid() != 0 or not shutil.which("mke2fs"):
        pytest.skip("only root can mount an image, with mke2fs (e2fsprogs)")
    image, place = folder / "disk.img", folder / "mounted"
    with image.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-m", "5", image], check=True, timeout=30)
    place.mkdir()
    tried = subprocess.run(["mount", "-o", "loop", image, place], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"no image can be mounted here: {tried.stderr.strip()}")
    try:
        yield image, place
    finally:
        subprocess.run(["umount", place], check=True, timeout=30)


def found(image: Path, lines: list[bytes]) -> list[bytes]:
    raw = image.read_bytes()
    return [line for line in lines if line in raw]


@pytest.mark.real
@pytest.mark.skipif(not Path("/sys/fs/ext4").is_dir(), reason="without /sys ext4 can't be asked for its reserve")
def test_no_byte_of_it_is_left_on_the_disk(tmp_path: Path) -> None:
    with mounted(tmp_path) as (image, place):
        home = Home(place)
        home.fill()
        os.sync()
        before = found(image, home.secrets)
        said = home.forget()
        os.sync()
        assert any("of free space were overwritten" in line for line in said)
        assert not any("kept back" in line for line in said)
    assert len(before) == len(home.secrets)  # older copies too, though no file has them any more
    assert found(image, home.secrets) == []


@pytest.mark.real
def test_without_the_overwriting_older_copies_would_be_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mounted(tmp_path) as (image, place):
        home = Home(place)
        home.fill()
        monkeypatch.setattr("counterpoint.app.forget.one_folder_a_disk", lambda _folders: ())
        home.forget()
        os.sync()
    left = found(image, home.secrets)
    assert left
    assert not any(b"key-now" in line for line in left)


@pytest.mark.real
def test_a_filled_disk_is_free_again(tmp_path: Path) -> None:
    with mounted(tmp_path) as (_, place):
        free = shutil.disk_usage(place).free
        filled = fill_free_space(place)
        assert filled.size_bytes > free  # the part that is kept for root too
        assert shutil.disk_usage(place).free == free
        assert list(place.glob(".*")) == []
        assert one_folder_a_disk([place, place / "lost+found", tmp_path]) == (place / "lost+found", tmp_path)
