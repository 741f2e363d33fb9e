"""Where the store is: a path is SQLite (WAL, every commit on the medium), `postgresql://...` is PostgreSQL.

One rule: each piece of work first looks whether the store is of this program's revision, so that two programs of
different versions never write into one store.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy import URL, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from counterpoint.errors import StorageError, UsageError
from counterpoint.fleet.store.reading import Reading
from counterpoint.fleet.store.revisions import check_revision, make_tables
from counterpoint.fleet.store.taking import Months
from counterpoint.fleet.store.writing import Writing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine
    from sqlalchemy.pool import ConnectionPoolEntry

POSTGRESQL: Final = ("postgresql", "postgres")
OWNERS: Final = 0o600
PATIENCE_S: Final = 20
"""How long one writer waits for another, and anybody for PostgreSQL's answer to a connection."""
CONNECTIONS: Final = 8
"""At once: pages are answered by a few threads, and collector, closing and telling have one each."""


class Store:
    """The open store; threads may share it. A context manager, or `close` it.

    Attributes:
        engine: SQLAlchemy's, for who needs the database itself (migrations, backup).
        where: The path or URL it was opened by, without a password.
    """

    def __init__(self, engine: Engine, where: str) -> None:
        self.engine = engine
        self._reader = engine.execution_options(**_snapshot(engine))
        self.where = where
        self._months = Months()
        # SQLite has one writer: who waits here wakes at once, who waits in SQLite looks again after a while.
        self._one_writer = threading.Lock() if self.is_sqlite else nullcontext()

    @property
    def is_sqlite(self) -> bool:
        """One file, on this machine."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """One transaction: all of it is on the medium when the block ends, or nothing of it after an error.

        Raises:
            StorageError: The store can't be reached or written, is full, or is of another revision.
        """
        with self._one_writer, self.in_words(), self.engine.begin() as line:
            check_revision(line, self.where)
            yield Writing(line, self._months)

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """One snapshot: everything read in the block is of one moment.

        Raises:
            StorageError: The store can't be reached or read, or is of another revision.
        """
        with self.in_words(), self._reader.connect() as line:
            check_revision(line, self.where)
            yield Reading(line)

    @contextmanager
    def in_words(self) -> Iterator[None]:
        """Say in words what the database says of a store that can't be used."""
        try:
            yield
        except (DataError, IntegrityError, ProgrammingError):
            raise  # of what was asked, not of the store: to ask again would not help
        except DBAPIError as error:
            reason = " ".join(str(error.orig).split())
            raise StorageError(
                f"the store {self.where} can't be used ({reason}): look that it is there, has room, and may be written;"
                " counterpoint fleet store check says whether it is damaged"
            ) from error
        except PoolTimeout as error:
            raise StorageError(
                f"the store {self.where} does not answer: too many ask at once, try again later"
            ) from error

    @contextmanager
    def unchecked(self) -> Iterator[Connection]:
        """Read whatever is there, of any revision; StorageError when it can't be read."""
        with self.in_words(), self._reader.connect() as line:
            yield line

    def __enter__(self) -> Self:
        """Use it until the block ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        self.close()

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def open_store(where: str) -> Store:
    """Open the store; where nothing was yet, its tables are made.

    Raises:
        UsageError: `where` is neither a path nor a URL of PostgreSQL.
        StorageError: It can't be opened, is no store of ours, is older (the message says which command migrates) or
            newer than this program.
    """
    store = connect(where)
    try:
        _reserve(store)
        with store.in_words():
            make_tables(store.engine, store.where)
            with store.engine.connect() as line:
                check_revision(line, store.where)
    except BaseException:
        store.close()
        raise
    return store


def _reserve(store: Store) -> None:
    """A new file of SQLite is its owner's alone, and so are the logs beside it, which follow its mode."""
    if not store.is_sqlite or Path(store.where).exists():
        return
    try:
        os.close(os.open(store.where, os.O_CREAT | os.O_RDWR, OWNERS))
    except OSError as error:
        raise StorageError(
            f"the store {store.where} can't be used ({error.strerror}): make its folder first"
        ) from error


def connect(where: str) -> Store:
    """Return the store without a look at what is in it: for migrations and for `fleet store check`."""
    if where.partition(":")[0] in POSTGRESQL and "://" in where:
        url = _url(where)
        return Store(_postgresql(url), url.render_as_string(hide_password=True))
    if "://" in where:
        raise UsageError(f"{where.partition(':')[0]}:// is no store: give a path for SQLite, or postgresql://...")
    path = Path(where).absolute()
    if path.is_dir():
        raise UsageError(f"{path} is a folder: name the file of the store in it")
    return Store(_sqlite(path), str(path))


def _snapshot(engine: Engine) -> dict[str, object]:
    if engine.dialect.name == "sqlite":
        return {"only_reading": True}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def _url(where: str) -> URL:
    try:
        return make_url(where).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError) as error:
        raise UsageError("that is no URL of PostgreSQL: write postgresql://user@host/name") from error


def _postgresql(url: URL) -> Engine:
    return create_engine(
        url,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=PATIENCE_S,
        pool_pre_ping=True,  # a database that went away and came back is met by a new connection
        connect_args={"connect_timeout": PATIENCE_S},
    )


def _sqlite(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=PATIENCE_S,
        connect_args={"timeout": PATIENCE_S, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(line: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    line.isolation_level = None  # we begin transactions ourselves: the module would begin them late
    for rule in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
        line.execute(f"PRAGMA {rule}")


def _begin(line: Connection) -> None:
    is_reader = line.get_execution_options().get("only_reading", False)
    line.exec_driver_sql("BEGIN" if is_reader else "BEGIN IMMEDIATE")
