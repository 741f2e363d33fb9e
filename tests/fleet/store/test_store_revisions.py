"""Stores of every revision: older ones are told how to become ours, newer ones are refused, foreign ones left alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from counterpoint.errors import StorageError, UsageError
from counterpoint.fleet.store.opening import Store, connect, open_store
from counterpoint.fleet.store.revisions import migrate, revision_of, revisions
from counterpoint.fleet.store.tables import metadata
from stores import KINDS, Kind, new_store


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("revision", revisions())
def test_a_store_of_each_earlier_revision_becomes_ours(kind: Kind, revision: str, tmp_path: Path) -> None:
    where = new_store(kind, tmp_path)
    store = connect(where)
    migrate(store.engine, where, revision)
    with store.engine.begin() as line:
        line.execute(text("INSERT INTO site (code, name, timezone) VALUES ('hall', 'Hall', 'UTC')"))
    if revision != revisions()[-1]:
        with pytest.raises(StorageError, match="fleet store migrate"):
            open_store(where)
        assert migrate(store.engine, where) == (revision, revisions()[-1])
    assert differences(store) == []
    with store.reading() as reading:
        assert [site.name for site in reading.sites()] == ["Hall"]
    store.close()


def differences(store: Store) -> list[object]:
    with store.unchecked() as line:
        context = MigrationContext.configure(line, opts={"include_object": _no_months})
        return list(compare_metadata(context, metadata))


def _no_months(_thing: object, name: str | None, *_: object) -> bool:
    return not (name or "").startswith("device_window_2")


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_newer_than_the_program_is_refused_before_and_in_mid_flight(kind: Kind, tmp_path: Path) -> None:
    where = new_store(kind, tmp_path)
    store = open_store(where)
    with store.engine.begin() as line:
        line.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for attempt in (lambda: open_store(where), lambda: migrate(store.engine, where)):
        with pytest.raises(StorageError, match="newer version than this program"):
            attempt()
    with pytest.raises(StorageError, match="newer"), store.writing():
        pass  # the other collector migrated it while this one ran
    with pytest.raises(StorageError, match="newer"), store.reading():
        pass
    store.close()


def test_a_foreign_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with sqlite3.connect(path) as line:
        line.execute("CREATE TABLE visits (a)")
    with pytest.raises(StorageError, match="something else"):
        open_store(str(path))
    (tmp_path / "text.db").write_text("no database at all, but a text of some length " * 50)
    with pytest.raises(StorageError, match="can't be used"):
        open_store(str(tmp_path / "text.db"))


@pytest.mark.parametrize("where", ["mysql://host/db", "http://x", "."])
def test_what_is_no_store_is_told(where: str) -> None:
    with pytest.raises(UsageError):
        open_store(where)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="can't be used"):
        open_store(str(tmp_path / "none" / "fleet.db"))


def test_a_new_store_is_its_owners_alone(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "fleet.db")), open_store(str(tmp_path / "fleet.db")):
        assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def test_nothing_of_a_password_is_shown() -> None:
    store = connect("postgresql://fleet:geheim@db.example.org/fleet")
    assert "geheim" not in store.where
    store.close()


def test_a_migration_is_whole_or_not_there(tmp_path: Path) -> None:
    store = connect(str(tmp_path / "fleet.db"))
    migrate(store.engine, "x", revisions()[0])
    with store.engine.begin() as line:
        line.execute(text("CREATE TABLE summary (a INTEGER)"))  # in the way of the next revision
    with pytest.raises(Exception, match="already exists"):
        migrate(store.engine, "x")
    with store.unchecked() as line:
        assert revision_of(line) == revisions()[0]
        tables = set(line.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))
    assert "account" not in tables
    store.close()
