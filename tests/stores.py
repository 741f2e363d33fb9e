"""Stores to test with: SQLite in the test's folder, and PostgreSQL where it is installed; one server for a session."""

from __future__ import annotations

import atexit
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Literal

from postgresql_server import PostgresqlServer

Kind = Literal["sqlite", "postgresql"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgresql")
_open = ExitStack()
atexit.register(_open.close)


@cache
def postgresql() -> PostgresqlServer:
    return _open.enter_context(PostgresqlServer())


def new_store(kind: Kind, folder: Path) -> str:
    """Return where an empty store of this kind is; the test is skipped where PostgreSQL is not installed."""
    return str(folder / "fleet.db") if kind == "sqlite" else postgresql().database()
