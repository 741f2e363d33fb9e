"""Which revision a store is of, and how it becomes this program's.

One rule: nothing but `migrate` changes the tables of a store that holds something, and no program works on a store of
another revision than its own.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Column, MetaData, String, Table, inspect, select

from counterpoint.errors import StorageError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

REVISION_TABLE: Final = "alembic_version"
MIGRATIONS: Final = Path(__file__).parent / "migrations"
_revision: Final = Table(REVISION_TABLE, MetaData(), Column("version_num", String(32), nullable=False))


@cache
def revisions() -> tuple[str, ...]:
    """Return every revision that this program knows, oldest first; the last is its own."""
    script = ScriptDirectory.from_config(_config())
    return tuple(reversed([one.revision for one in script.walk_revisions()]))


def revision_of(line: Connection) -> str | None:
    """Return the store's revision; None where nothing was made yet."""
    if not inspect(line).has_table(REVISION_TABLE):
        return None
    found: str | None = line.scalar(select(_revision.c.version_num))
    return found


def check_revision(line: Connection, where: str) -> None:
    """StorageError unless the store is of this program's revision."""
    found = line.scalar(select(_revision.c.version_num))
    if found != revisions()[-1]:
        raise StorageError(_other(found, where))


def check_revision_or_older(line: Connection, where: str) -> None:
    """StorageError unless the store is of this program's revision, or can be migrated to it."""
    found = revision_of(line)
    if found not in revisions():
        raise StorageError(_other(found, where))


def make_tables(engine: Engine, where: str) -> None:
    """Make every table where there is none at all; StorageError where there are foreign ones."""
    with engine.begin() as line:
        there = inspect(line).get_table_names()
        if REVISION_TABLE in there:
            return
        if there:
            raise StorageError(f"{where} holds something else ({there[0]}): name another file or database")
        _upgrade(line, "head")


def migrate(engine: Engine, where: str, to: str = "head") -> tuple[str | None, str]:
    """Bring the store to this program's revision, in one transaction; return the revisions before and after.

    Raises:
        StorageError: It is newer than this program, or no store of ours.
    """
    with engine.begin() as line:
        before = revision_of(line)
        if before is not None and before not in revisions():
            raise StorageError(_other(before, where))
        if before is None and inspect(line).get_table_names():
            raise StorageError(f"{where} holds something else: name another file or database")
        _upgrade(line, to)
        return before, revision_of(line) or ""


def _other(found: str | None, where: str) -> str:
    if found in revisions():
        return (
            f"the store {where} is of an older version: stop what uses it, back it up, counterpoint fleet store migrate"
        )
    return f"the store {where} is of a newer version than this program ({found or 'unknown'}): update the program"


def _upgrade(line: Connection, to: str) -> None:
    config = _config()
    config.attributes["connection"] = line
    command.upgrade(config, to)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("version_path_separator", "os")
    return config
