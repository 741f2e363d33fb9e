"""INSERT that leaves or replaces a row that is there, in the words of SQLite and of PostgreSQL.

One rule: the two speak the same words here, and only here is it known that they are two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Table


def _insert(line: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if line.dialect.name == "sqlite" else postgresql.insert(table)


def add_new(line: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert the rows; those whose key is there already stay as they are."""
    if rows:
        line.execute(_insert(line, table).on_conflict_do_nothing(), list(rows))


def add_one(line: Connection, table: Table, row: Mapping[str, object]) -> bool:
    """Insert a row; False where its key is there already. Who adds the same key meanwhile waits for our commit."""
    new = _insert(line, table).on_conflict_do_nothing().returning(*table.primary_key)
    return line.execute(new, row).first() is not None


def put(line: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert the rows; those whose key is there already are replaced. All rows have the same columns."""
    if not rows:
        return
    insert = _insert(line, table)
    key = [column.name for column in table.primary_key]
    changed = {name: insert.excluded[name] for name in rows[0] if name not in key}
    line.execute(insert.on_conflict_do_update(index_elements=key, set_=changed), list(rows))


def add_up(line: Connection, table: Table, rows: Sequence[Mapping[str, object]], counted: str, stays: str = "") -> None:
    """Insert the rows; where the key is there already, the counted column grows by the row's, the others change.

    The column that `stays` is as it was when the row came first.
    """
    if not rows:
        return
    insert = _insert(line, table)
    key = [column.name for column in table.primary_key]
    changed = {name: insert.excluded[name] for name in rows[0] if name not in {*key, counted, stays}}
    grown = {counted: table.c[counted] + insert.excluded[counted]}
    line.execute(insert.on_conflict_do_update(index_elements=key, set_={**changed, **grown}), list(rows))
