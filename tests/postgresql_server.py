"""A private PostgreSQL in a temporary folder, on a Unix socket only; one a test session, a database a test."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final, Self

import psycopg
import pytest

INSTALLED: Final = Path("/usr/lib/postgresql")
START_S: Final = 30


def _programs() -> Path | None:
    """The newest installed version's programs: Debian keeps them off PATH."""
    if INSTALLED.is_dir():
        versions = sorted(INSTALLED.iterdir(), key=lambda folder: int(folder.name))
        return versions[-1] / "bin" if versions else None
    found = shutil.which("initdb")
    return Path(found).parent if found else None


class PostgresqlServer:
    """A cluster of our own; `durable` keeps fsync as a real one has it, else it is off, for speed."""

    def __init__(self, *, durable: bool = False) -> None:
        programs = _programs()
        if programs is None:
            pytest.skip("PostgreSQL is not installed: device/set-up tests")
        self.programs = programs
        self._numbers = count(1)
        # A socket's path has 107 bytes at most, and a test's own folder is longer; the server's user must reach it.
        self.folder = Path(tempfile.mkdtemp(prefix="counterpoint-pg-"))
        self._durable = durable
        self._user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")

    def __enter__(self) -> Self:
        self.run("initdb", "-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(subprocess.CalledProcessError):
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        synchronous = "-F" if not self._durable else ""
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} {synchronous}"
        self.run(
            "pg_ctl", "-D", str(self.folder / "data"), "-o", options, "-l", str(self.folder / "log"), "-w", "start"
        )

    def stop(self, how: str = "fast") -> None:
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", how, "-w", "stop")

    def run(self, program: str, *arguments: str) -> None:
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        command = [*as_user, str(self.programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=START_S, cwd=self.folder)

    def database(self) -> str:
        """Make an empty database; return its URL."""
        name = f"fleet_{next(self._numbers)}"
        with psycopg.connect(f"host={self.folder} user=postgres dbname=postgres", autocommit=True) as line:
            line.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        return f"postgresql://postgres@/{name}?host={self.folder}"
