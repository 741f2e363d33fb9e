"""Which revision a store is of, and how it becomes this program's.

One rule: nothing but `migrate` changes the tables of a store that holds something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, MetaData, String, Table, insert, inspect, select

from counterpoint.errors import StorageError
from counterpoint.fleet.store.tables import metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

REVISION_TABLE: Final = "alembic_version"
_revision: Final = Table(REVISION_TABLE, MetaData(), Column("version_num", String(32), nullable=False))
NEWEST: Final = "0001"


def check_revision(line: Connection, where: str) -> None:
    """StorageError unless the store is of this program's revision."""
    found = line.scalar(select(_revision.c.version_num))
    if found != NEWEST:
        raise StorageError(f"{where} is of another revision")


def make_tables(engine: Engine, where: str) -> None:
    """Make every table where there is none at all; StorageError where there are foreign ones."""
    with engine.begin() as line:
        there = inspect(line).get_table_names()
        if REVISION_TABLE in there:
            return
        if there:
            raise StorageError(f"{where} holds something else ({there[0]}): name another file or database")
        metadata.create_all(line)
        _revision.create(line)
        line.execute(insert(_revision).values(version_num=NEWEST))
