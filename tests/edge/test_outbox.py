"""The outbox, its receipts, and a machine that tries to lose or double a message."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from counterpoint.edge.ledger import Ledger
from counterpoint.edge.outbox import Outbox, Post, read_dropped, read_plain
from counterpoint.errors import MessageError, StorageError
from counterpoint.messages.schemas import decode_window
from counterpoint.settings import PrivacyRules
from visits_at import utc, visit

DAY_S = 86_400


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("outbox", "receipts"):
        (tmp_path / name).mkdir()
    return tmp_path / "outbox", tmp_path / "receipts"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_message_is_one_file_that_its_group_may_only_read(folders: tuple[Path, Path]) -> None:
    Outbox(*folders, files=10, days=30).put(7, b"{}")
    assert names(folders[0]) == ["0000000007.json"]
    mode = stat.S_IMODE((folders[0] / "0000000007.json").stat().st_mode)
    assert mode & 0o037 == 0


def test_a_message_is_never_changed(folders: tuple[Path, Path]) -> None:
    outbox = Outbox(*folders, files=10, days=30)
    outbox.put(7, b"first")
    outbox.put(7, b"second")
    assert Post(*folders).read(7) == b"first"


def test_a_receipt_lets_the_sensor_delete_and_then_the_publisher_tidies(folders: tuple[Path, Path]) -> None:
    outbox, post = Outbox(*folders, files=10, days=30), Post(*folders)
    outbox.put(1, b"one")
    outbox.put(2, b"two")
    assert post.waiting() == (1, 2)
    post.receipt(1)
    assert post.waiting() == (2,)
    outbox.sweep(None)
    assert names(folders[0]) == ["0000000002.json"]
    assert post.waiting() == (2,)
    assert names(folders[1]) == []


def test_a_receipt_is_an_empty_file(folders: tuple[Path, Path]) -> None:
    Post(*folders).receipt(12)
    assert (folders[1] / "0000000012").read_bytes() == b""


def test_a_full_outbox_drops_the_oldest_and_counts_it(folders: tuple[Path, Path]) -> None:
    outbox = Outbox(*folders, files=3, days=30)
    for sequence in range(1, 6):
        outbox.put(sequence, b"{}")
    assert Post(*folders).waiting() == (3, 4, 5)
    assert outbox.dropped == 2


def test_what_was_dropped_is_still_known_after_a_restart(folders: tuple[Path, Path]) -> None:
    outbox = Outbox(*folders, files=3, days=30)
    for sequence in range(1, 6):
        outbox.put(sequence, b"{}")
    assert Outbox(*folders, files=3, days=30).dropped == read_dropped(folders[0]) == 2
    (folders[0] / "dropped").write_bytes(b"many")
    assert Outbox(*folders, files=3, days=30).dropped == 0


def test_receipts_that_can_not_be_read_are_a_storage_error_and_no_reason_not_to_start(tmp_path: Path) -> None:
    (tmp_path / "outbox").mkdir()
    refused = tmp_path / ("r" * 300)  # a name that the disk refuses, whoever asks
    outbox = Outbox(tmp_path / "outbox", refused, files=3, days=30)
    outbox.put(4, b"{}")
    assert outbox.last_sequence() == 4
    with pytest.raises(StorageError, match="can't be looked at"):
        outbox.sweep(None)


def test_a_message_is_dropped_when_it_is_too_old(folders: tuple[Path, Path]) -> None:
    outbox = Outbox(*folders, files=10, days=30)
    outbox.put(1, b"{}")
    written_s = (folders[0] / "0000000001.json").stat().st_mtime
    outbox.sweep(written_s + 30 * DAY_S - 60)
    assert outbox.dropped == 0
    outbox.sweep(written_s + 30 * DAY_S + 60)
    assert (outbox.dropped, outbox.waiting()) == (1, 0)


def test_half_a_file_is_removed_at_the_start_and_never_seen(folders: tuple[Path, Path]) -> None:
    (folders[0] / ".0000000001.json.part").write_bytes(b"{")
    assert Post(*folders).waiting() == ()
    Outbox(*folders, files=10, days=30)
    assert names(folders[0]) == []


def test_receipts_for_what_is_not_there_and_strange_names_change_nothing(folders: tuple[Path, Path]) -> None:
    outbox = Outbox(*folders, files=10, days=30)
    outbox.put(1, b"{}")
    for strange in ("0000000099", "1", "..", "0000000001.json", "hello"):
        if strange != "..":
            (folders[1] / strange).touch()
    outbox.sweep(None)
    assert outbox.waiting() == 1
    assert outbox.last_sequence() == 99


def test_the_sensors_health_is_replaced_and_grows_old(folders: tuple[Path, Path]) -> None:
    outbox, post = Outbox(*folders, files=10, days=30), Post(*folders)
    assert post.read_health(0.0, 60.0) is None
    outbox.put_health(b"one")
    outbox.put_health(b"two")
    written_s = (folders[0] / "health.json").stat().st_mtime
    assert post.read_health(written_s + 59, 60.0) == b"two"
    assert post.read_health(written_s + 61, 60.0) is None
    assert post.waiting() == ()


def test_links_pipes_folders_and_big_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "big").write_bytes(b"x" * 10_000)
    for name in ("link", "pipe", "folder", "big"):
        with pytest.raises(MessageError, match="ignored"):
            read_plain(tmp_path / name)
    assert read_plain(tmp_path / "nothing") is None


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="make it"):
        Post(tmp_path / "nowhere", tmp_path).waiting()


def put_many(outbox: Outbox) -> None:
    for sequence in range(1, 100):
        outbox.put(sequence, b"x" * 8000)


@pytest.mark.real
def test_a_full_disk_is_said_and_leaves_no_half_file(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or os.system(f"mount -t tmpfs -o size=64k tmpfs {disk} 2>/dev/null") != 0:  # noqa: S605 - mount
        pytest.skip("a small disk can only be mounted by root")
    try:
        (disk / "outbox").mkdir()
        (disk / "receipts").mkdir()
        outbox = Outbox(disk / "outbox", disk / "receipts", files=100, days=30)
        with pytest.raises(StorageError, match="free space"):
            put_many(outbox)
        assert not list((disk / "outbox").glob(".*"))
        assert all(path.stat().st_size == 8000 for path in (disk / "outbox").iterdir())
    finally:
        os.system(f"umount {disk}")  # noqa: S605 - mount


MONDAY = utc("2026-11-23 00:00")


class Crash(BaseException):
    """The power goes."""


class SensorAndPublisher(RuleBasedStateMachine):
    """Visits, windows, files, receipts and crashes in any order: each visit is told once, and each window sent."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        for name in ("outbox", "receipts"):
            (self.folder / name).mkdir()
        self.now_s = MONDAY
        self.added = 0
        self.made: list[str] = []
        self.sent: list[str] = []
        self.told = 0
        self.start()

    def start(self) -> None:
        self.outbox = Outbox(self.folder / "outbox", self.folder / "receipts", files=100, days=30)
        self.ledger = Ledger(self.folder / "ledger.db", after=self.outbox.last_sequence())
        self.post = Post(self.folder / "outbox", self.folder / "receipts")

    @rule(count=st.integers(1, 8))
    def visits_come(self, count: int) -> None:
        for _ in range(count):
            self.ledger.add(visit(self.now_s // 3600 * 3600))
        self.added += count

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.now_s += hours * 3600
        made = self.ledger.close_windows(self.now_s, PrivacyRules(k=5, jitter_s=600.0), ZoneInfo("UTC"))
        self.made += [window.id for window in made.windows]
        self.told += made.used + made.dropped

    @rule()
    def the_sensor_ticks(self) -> None:
        self.ledger.hand_over(self.now_s, self.outbox.put)
        self.outbox.sweep(None)

    @rule(before=st.booleans())
    def the_power_goes_while_a_window_is_handed_over(self, before: bool) -> None:
        def put(sequence: int, payload: bytes) -> None:
            if not before:
                self.outbox.put(sequence, payload)
            raise Crash

        try:
            self.ledger.hand_over(self.now_s, put)
        except Crash:
            self.the_sensor_restarts()
            self.the_sensor_ticks()

    @rule()
    def the_sensor_restarts(self) -> None:
        self.ledger.close()
        self.start()

    @precondition(lambda self: self.post.waiting())
    @rule()
    def the_broker_takes_a_message(self) -> None:
        sequence = self.post.waiting()[0]
        payload = self.post.read(sequence)
        assert payload is not None
        self.sent.append(decode_window(payload).id)
        self.post.receipt(sequence)

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        assert self.told + self.ledger.waiting() == self.added
        assert len(set(self.sent)) == len(self.sent)
        on_disk = [self.post.read(sequence) for sequence in self.post.waiting()]
        ids = self.sent + [decode_window(payload).id for payload in on_disk if payload]
        assert len(set(ids)) == len(ids)
        assert set(ids) <= set(self.made)

    def teardown(self) -> None:
        self.ledger.hand_over(self.now_s + 10_000, self.outbox.put)
        while self.post.waiting():
            self.the_broker_takes_a_message()
        assert sorted(self.sent) == sorted(self.made)
        self.ledger.close()
        shutil.rmtree(self.folder)


TestSensorAndPublisher = SensorAndPublisher.TestCase
TestSensorAndPublisher.settings = hypothesis_settings(max_examples=25, stateful_step_count=30, deadline=None)
