"""A reader never sees a window: every statement of `Reading` is looked at."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from sqlalchemy import event

from counterpoint.fleet.store.access_rows import AccessReading
from counterpoint.fleet.store.opening import open_store
from counterpoint.fleet.store.reading import Reading

FORBIDDEN = ("device_window", "apart ", "apart.")
GIVEN: dict[str, object] = {"sites": ["hall"], "since": "2026-W01", "until": "2026-W50"}


def test_no_statement_of_a_reader_names_a_window_or_a_message_kept_apart(tmp_path: Path) -> None:
    said: list[str] = []
    with open_store(str(tmp_path / "fleet.db")) as store:
        event.listen(store.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
        with store.reading() as reading:
            for part in (reading, reading.access):
                for name, method in inspect.getmembers(part, inspect.ismethod):
                    if not name.startswith("_"):
                        call(method)
    assert len(said) > 10
    assert [one for one in said if any(word in f"{one} " for word in FORBIDDEN)] == []


def call(method: Any) -> None:
    """Ask for something, whatever: only the statement matters."""
    wanted = inspect.signature(method).parameters.values()
    given = {
        one.name: GIVEN.get(
            one.name, 1 if "int" in str(one.annotation) else ["x"] if "[" in str(one.annotation) else "x"
        )
        for one in wanted
        if one.default is inspect.Parameter.empty
    }
    method(**given)


def test_a_reading_can_change_nothing() -> None:
    words = ("put", "take", "add", "remove", "forget", "open_session", "end", "note", "keep")
    names = [name for kind in (Reading, AccessReading) for name in vars(kind) if name.startswith(words)]
    assert names == []
