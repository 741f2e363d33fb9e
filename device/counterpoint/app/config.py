"""`config check` and `config show`: what is wrong in a settings file, and what is in force with it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from counterpoint.app.cli import SETTINGS_FILE
from counterpoint.care import publishing_notes, unset_notes
from counterpoint.care.mistakes import Mistake, setting_fields, takes
from counterpoint.edge.array_file import load_array
from counterpoint.edge.settings_file import is_there, load_settings, place_mistake, read_settings
from counterpoint.errors import ArrayUnknown
from counterpoint.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from msgspec import inspect


def config_check(path: Path) -> int:
    """Print every mistake of the file, one a line; 0 when there is none, else 2."""
    if path == SETTINGS_FILE and not is_there(path):
        remedy = "the defaults are in force; name the file to check, as in `counterpoint config check site.toml`"
        print(f"counterpoint: {path}: no such file; {remedy}", file=sys.stderr)
        return 2
    reading = read_settings(path)
    problems = reading.problems if reading.settings is None else _array_problems(path, reading.settings.array.name)
    for problem in problems:
        print(f"counterpoint: {problem}", file=sys.stderr)
    if problems or reading.settings is None:
        return 2
    print(f"{path}: fine")
    for note in (*publishing_notes(reading.settings), *unset_notes(reading.written)):
        print(f"note: {note}")
    return 0


def _array_problems(path: Path, name: str) -> tuple[str, ...]:
    """Whether the array can be loaded: only here, since the publisher need not read a geometry file."""
    try:
        load_array(name)
    except ArrayUnknown as error:
        problem, _, remedy = str(error).rpartition(": ")
        return (place_mistake(path, Mistake("array.name", problem, remedy)),)
    return ()


def config_show(path: Path) -> int:
    """Print what is in force, as a settings file with units and ranges; no setting holds a secret, only its path.

    The defaults where the installed file is not there, as for every other command.

    Raises:
        SettingsError: The file can't be used.
    """
    unwritten = path == SETTINGS_FILE and not is_there(path)
    settings = Settings() if unwritten else load_settings(path)
    print("\n".join(_lines(settings)))
    return 0


def _lines(settings: Settings) -> Iterator[str]:
    defaults = Settings()
    for table, fields in setting_fields().items():
        yield f"[{table}]"
        for key, field in fields.items():
            value, default = (getattr(getattr(tree, table), key) for tree in (settings, defaults))
            yield f"{_entry(key, value):<36}  # {_comment(f'{table}.{key}', field, value, default)}"
        yield ""


def _entry(key: str, value: object) -> str:
    """`key = value` as TOML; a key without a value is a comment."""
    return f"# {key} =" if value is None else f"{key} = {_toml(value)}"


def _comment(path: str, field: inspect.Field, value: object, default: object) -> str:
    now = "default" if value == default else f"default {'none' if default is None else _toml(default)}"
    return f"{takes(path, field)}; {now}"


def _toml(value: object) -> str:
    """A TOML value; JSON writes plain text, numbers and truths the same way."""
    return json.dumps(value, ensure_ascii=False)
