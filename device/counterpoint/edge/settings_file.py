"""The TOML file of settings: read once, and every mistake told with its line, the problem and the remedy.

One rule: whatever the file holds, the answer is Settings or a SettingsError. The judgement is `care`.
"""

from __future__ import annotations

import re
import tomllib
import zoneinfo
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from counterpoint.care import Mistake, find_contradictions, find_mistakes
from counterpoint.edge.lights import light_kinds
from counterpoint.errors import SettingsError
from counterpoint.settings import Rules, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST_BYTES: Final = 1_000_000  # no settings file is this large: something else was named
TABLE: Final = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
ENTRY: Final = re.compile(r"""\s*([\w."'\- ]+?)\s*=""")
PLACE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")

_Whole = TypeVar("_Whole", bound=Rules)


@dataclass(frozen=True, slots=True)
class Reading:
    """A settings file as read.

    Attributes:
        settings: The tree, or None when something is wrong.
        problems: One line each: file, line, key, problem and remedy.
        written: Dotted keys that the file sets; the others have their defaults.
    """

    settings: Settings | None
    problems: tuple[str, ...] = ()
    written: frozenset[str] = frozenset()


def load_settings(path: Path) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: The first thing that is wrong, and how many more there are.
    """
    reading = read_settings(path)
    if reading.settings is not None:
        return reading.settings
    more = len(reading.problems) - 1
    others = f" (and {more} more: counterpoint config check {path})" if more else ""
    raise SettingsError(reading.problems[0] + others)


def load_other(path: Path, whole: type[_Whole]) -> _Whole:
    """Read the settings of another program of ours: tables of plain values, each with a default.

    Raises:
        SettingsError: The first thing that is wrong, and how many more there are.
    """
    text = _text(path)
    tree = _tree(text, path)
    mistakes = find_mistakes(tree, whole)
    if not mistakes:
        return msgspec.convert(tree, whole)
    others = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
    raise SettingsError(_line(path, text, mistakes[0]) + others)


def read_settings(path: Path) -> Reading:
    """Read the settings with all that is wrong in them; never raises for what the file holds or lacks."""
    try:
        text = _text(path)
        tree = _tree(text, path)
    except SettingsError as error:
        return Reading(None, (str(error),))
    mistakes = find_mistakes(tree)
    if mistakes:
        return Reading(None, tuple(_line(path, text, mistake) for mistake in mistakes))
    settings = msgspec.convert(tree, Settings)
    mistakes = [
        *find_contradictions(settings),
        *_zone_mistakes(settings.site.timezone),
        *_light_mistakes(settings.light.kind),
    ]
    if mistakes:
        return Reading(None, tuple(_line(path, text, mistake) for mistake in mistakes))
    return Reading(settings, written=_keys(tree))


def is_there(path: Path) -> bool:
    """Tell whether there is a settings file; yes also where that can't be seen, so that reading it says why."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def place_mistake(path: Path, mistake: Mistake) -> str:
    """The line that tells a mistake found later in a settings file: file, line, key, problem and remedy."""
    return _line(path, _text(path), mistake)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError as error:
        raise SettingsError(
            f"{path}: no such file; name one with --settings, or leave it out for the defaults"
        ) from error
    except IsADirectoryError as error:
        raise SettingsError(f"{path}: a folder; name the TOML file in it") from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: can't be read ({error}); check the path and its rights") from error
    if len(content) > LARGEST_BYTES:
        raise SettingsError(f"{path}: larger than {LARGEST_BYTES // 1_000_000} MB; name a settings file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from error


def _keys(tree: dict[str, object]) -> frozenset[str]:
    return frozenset(f"{name}.{key}" for name, table in tree.items() if isinstance(table, dict) for key in table)


def _tree(text: str, path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise SettingsError(f"{path}: nested far too deeply; settings are tables of plain values") from error
    except ValueError as error:
        place = PLACE.search(str(error))
        line = place[1] if place and place[1] else text.rstrip().count("\n") + 1
        what = PLACE.sub("", str(error)).replace("\n", " ")
        raise SettingsError(f"{path}:{line}: not TOML: {what}; write [table] lines and key = value lines") from error


def _zone_mistakes(name: str) -> list[Mistake]:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        if not zoneinfo.available_timezones():
            remedy = "apt install tzdata"
            return [Mistake("site.timezone", "there is no time zone database on this machine", remedy)]
        return [Mistake("site.timezone", f'"{name}" is no time zone', 'give an IANA name, as in "Europe/Vienna"')]
    return []


def _light_mistakes(kind: str) -> list[Mistake]:
    if kind in light_kinds():
        return []
    return [Mistake("light.kind", f'there is no light "{kind}"', f"choose one of {', '.join(light_kinds())}")]


def _line(path: Path, text: str, mistake: Mistake) -> str:
    line = line_of(text, mistake.key)
    place = f"{path}:{line}" if line else f"{path}"
    return f"{place}: {mistake.key}: {mistake.problem}; {mistake.remedy}"


def line_of(text: str, key: str) -> int | None:
    """The line, from 1, on which a dotted key is set; else its table's; None when neither is written."""
    written = {path: number for number, path in reversed(list(_written(text)))}
    table = key.rpartition(".")[0]
    return written.get(key) or written.get(table)


def _written(text: str) -> Iterator[tuple[int, str]]:
    """Line numbers and dotted paths of the table headers and keys that stand at the start of a line."""
    table = ""
    for number, line in enumerate(text.split("\n"), 1):
        if header := TABLE.match(line):
            table = _bare(header[1])
            yield number, table
        elif entry := ENTRY.match(line):
            yield number, ".".join(part for part in (table, _bare(entry[1])) if part)


def _bare(name: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in name.split("."))
