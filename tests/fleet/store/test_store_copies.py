"""Copies of a store: whole, made while it is written, and brought back."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from counterpoint.errors import StorageError, UsageError
from counterpoint.fleet.store.copies import POSTGRESQL, back_up, problems, restore
from counterpoint.fleet.store.opening import Store, open_store
from counterpoint.fleet.store.rows import Taken
from fleet_messages import hour_window
from stores import postgresql

NOW = 1_795_429_800


def fill(store: Store, device: str, hours: int) -> None:
    with store.writing() as writing:
        writing.take_windows([Taken("hall", device, hour_window(hour, NOW), NOW) for hour in range(hours, 0, -1)])


def test_nothing_is_restored_beside_the_log_of_another_store(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "fleet.db")) as store:
        fill(store, "dev-0", 3)
        back_up(store, tmp_path / "copy.db")
    left = tmp_path / "new.db-wal"
    left.write_bytes(b"what the store before did last")
    with pytest.raises(UsageError, match=r"new\.db-wal is there already"):
        restore(tmp_path / "copy.db", tmp_path / "new.db")
    left.unlink()
    restore(tmp_path / "copy.db", tmp_path / "new.db")
    assert (tmp_path / "new.db").is_file()


def test_a_copy_made_while_windows_come_is_whole(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "fleet.db"))
    fill(store, "dev-0", 100)

    def go_on() -> None:
        for number in range(1, 20):
            fill(store, f"dev-{number}", 20)

    writer = threading.Thread(target=go_on)
    writer.start()
    back_up(store, tmp_path / "copy.db")
    writer.join()
    assert list(problems(tmp_path / "copy.db")) == []
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0
    restore(tmp_path / "copy.db", tmp_path / "new.db")
    store.close()
    with open_store(str(tmp_path / "new.db")) as again, again.reading() as reading:
        assert reading.devices(["hall"])


def test_nothing_is_overwritten_and_nothing_damaged_is_restored(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "fleet.db"))
    fill(store, "dev-0", 500)
    copy = tmp_path / "copy.db"
    back_up(store, copy)
    with pytest.raises(UsageError, match="already"):
        back_up(store, copy)
    with pytest.raises(UsageError, match="already"):
        restore(copy, tmp_path / "fleet.db")
    whole = copy.read_bytes()
    copy.write_bytes(whole[:8192] + bytes(8192) + whole[16384:])
    with pytest.raises(StorageError, match="can't be used"):
        restore(copy, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()
    with pytest.raises(UsageError, match="no such file"):
        restore(tmp_path / "none.db", tmp_path / "new.db")
    store.close()


def test_a_copy_that_finds_no_room_is_not_there(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "fleet.db"))
    with pytest.raises(StorageError, match="can't be written"):
        back_up(store, tmp_path / "none" / "copy.db")
    assert list(tmp_path.glob("**/.copy*")) == []
    store.close()


@pytest.mark.real
def test_postgresql_is_copied_as_its_message_says(tmp_path: Path) -> None:
    server = postgresql()
    where = server.database()
    store = open_store(where)
    fill(store, "dev-0", 50)
    with pytest.raises(UsageError, match="pg_dump --format=custom"):
        back_up(store, tmp_path / "copy")
    copy = server.folder / "copy"
    server.run("pg_dump", "--format=custom", f"--file={copy}", where)
    new = server.database()
    server.run("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={new}", str(copy))
    store.close()
    with open_store(new) as again, again.reading() as reading:
        assert [device.id for device in reading.devices(None)] == ["dev-0"]
    assert "pg_restore --exit-on-error --no-owner --dbname" in POSTGRESQL
