"""Two collectors share the windows of a fleet; one dies as hard as can be, and nothing is lost or counted twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from postgresql_server import PostgresqlServer
from two_collectors import kill_one


@pytest.mark.real
@pytest.mark.timeout(180)
def test_one_of_two_collectors_killed_under_load_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with PostgresqlServer() as server:
        found = kill_one(tmp_path, server.database(), devices=40, rounds=60, dead_s=1.0)
    assert (found.sent, found.kept) == (2400, 2400)
    assert (found.lost, found.doubled, found.apart) == (0, 0, 0)
    assert 0 < found.at_kill < 2400
