"""A store of SQLite as one file to keep elsewhere, and back; PostgreSQL has its own tools, named here.

One rule: a copy is whole or not there: it is checked, written to the medium under another name, and renamed.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterpoint.errors import StorageError, UsageError
from counterpoint.fleet.store.opening import connect
from counterpoint.fleet.store.revisions import check_revision_or_older

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterpoint.fleet.store.opening import Store

PAGES: Final = 4096
"""Copied at a time; between them the service writes."""
CLOSED: Final = 0o600
LOGS: Final = ("-wal", "-shm")
"""Beside a store: one that an older store left would be played into the restored one."""
POSTGRESQL: Final = """PostgreSQL keeps its own copies. With the same URL:
  pg_dump --format=custom --file=COPY URL
  createdb NEW; pg_restore --exit-on-error --no-owner --dbname=NEW-URL COPY"""


def back_up(store: Store, copy: Path) -> None:
    """Write a copy of a store of SQLite while it is in use.

    Raises:
        UsageError: It is PostgreSQL's, or there is such a file already.
        StorageError: The copy can't be written, or is damaged.
    """
    if not store.is_sqlite:
        raise UsageError(POSTGRESQL)
    if copy.exists():
        raise UsageError(f"{copy} is there already: name another file")
    _copy(Path(store.where), copy)


def restore(copy: Path, path: Path) -> None:
    """Make a store of a copy, where none is.

    Raises:
        UsageError: There is a store already, or a log that one left, or no such copy.
        StorageError: The copy is damaged, is no store of ours, or is newer than this program.
    """
    for there in (path, *(path.with_name(path.name + end) for end in LOGS)):
        if there.exists():
            raise UsageError(
                f"{there} is there already: stop the service and move it away first, with its -wal and -shm"
            )
    if not copy.is_file():
        raise UsageError(f"{copy}: no such file")
    problem = next(problems(copy), None)
    if problem is not None:
        raise StorageError(f"{copy} can't be used ({problem}): take an older copy")
    source = connect(str(copy))
    with closing(source), source.engine.connect() as line:
        check_revision_or_older(line, str(copy))
    _copy(copy, path)


def problems(path: Path) -> Iterator[str]:
    """Look through a file of SQLite; yield what is wrong in it."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as line:
            for (found,) in line.execute("PRAGMA quick_check"):
                if found != "ok":
                    yield str(found)
            for row in line.execute("PRAGMA foreign_key_check"):
                yield f"a row of {row[0]} names a {row[2]} that is not there"
    except sqlite3.Error as error:
        yield str(error)


def _copy(source: Path, target: Path) -> None:
    part = target.with_name(f".{target.name}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, CLOSED))
        with closing(sqlite3.connect(source)) as line, closing(sqlite3.connect(part)) as copied:
            line.backup(copied, pages=PAGES)
            copied.execute("PRAGMA journal_mode=DELETE")  # one file, no log beside it
        problem = next(problems(part), None)
        if problem is not None:
            raise StorageError(f"the copy is damaged ({problem}): counterpoint fleet store check")
        _settle(part, target)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            part.unlink()
        if isinstance(error, StorageError):
            raise
        raise StorageError(f"{target} can't be written ({error}): check the disk and the folder") from error


def _settle(part: Path, target: Path) -> None:
    for path, after in ((part, lambda: part.rename(target)), (target.parent, lambda: None)):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        after()
