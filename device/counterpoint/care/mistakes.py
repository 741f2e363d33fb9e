"""What is wrong in a settings tree, key by key: the problem, and what the key takes.

One rule: the ranges come from settings.py alone; nothing here knows a number of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import inspect

from counterpoint.settings import Rules, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Fields = Mapping[str, inspect.Field]

UNITS: Final = {
    "_s": "seconds",
    "_minutes": "minutes",
    "_days": "days",
    "_deg": "degrees, counter-clockwise",
    "_pin": "GPIO number",
    "_share": "share",
}
WHY: Final = {
    "privacy.k": "fewer visits could point to one person, so no setting goes below the floor",
    "privacy.pool": "it counts the people who take turns at this device",
    "light.brightness": "a brighter light disturbs, and customers see it",
}
TEXTS: Final = {
    "broker.path": '"a path that begins with /", as in "/mqtt"',
    "network.proxy_host": '"a name or address alone", no http:// and no port',
    "enrolment.url": '"https:// and a name, perhaps a port", nothing behind',
    "enrolment.ca_sha256": '"64 digits of 0-9 and a-f"',
    "page.listen": '"address:port", as in "127.0.0.1:8080"',
    "page.public": '"http:// or https:// and a name", perhaps a port, nothing behind',
}
"""What a text with a form of its own takes; every other such text is a code."""
SHOWN: Final = 40  # characters of a wrong value in a message


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong in the settings.

    Attributes:
        key: Dotted key, "" for the whole file.
        problem: What is wrong.
        remedy: What to do.
    """

    key: str
    problem: str
    remedy: str


def setting_fields(whole: type[Rules] = Settings) -> Mapping[str, Fields]:
    """Every table and its fields, in the order in which they are written there."""
    tables = inspect.type_info(whole)
    assert isinstance(tables, inspect.StructType)  # noqa: S101 - narrows the type: settings are Structs
    return {
        table.encode_name: {field.encode_name: field for field in table.type.fields}
        for table in tables.fields
        if isinstance(table.type, inspect.StructType)
    }


def find_mistakes(tree: Mapping[str, object], whole: type[Rules] = Settings) -> list[Mistake]:
    """Judge a tree as TOML gives it; without mistakes it converts to the whole settings, the device's or others."""
    tables = setting_fields(whole)
    mistakes: list[Mistake] = []
    for name, table in tree.items():
        if name not in tables:
            mistakes.append(_unknown(name, name, tables, "table"))
        elif not isinstance(table, dict):
            mistakes.append(Mistake(name, f"{_shown(table)} is no table", f"write it as [{name}], its keys below"))
        else:
            mistakes += _mistakes_in(name, table, tables[name], getattr(whole(), name))
    return mistakes


def _mistakes_in(name: str, table: Mapping[str, object], fields: Fields, default: Rules) -> Iterator[Mistake]:
    for key, value in table.items():
        path = f"{name}.{key}"
        if key not in fields:
            yield _unknown(path, key, fields, "key")
            continue
        if isinstance(value, str) and not value.isprintable():
            yield Mistake(path, "has a line break or another control character in it", "take it out")
            continue
        try:
            msgspec.convert({key: value}, type(default))
        except msgspec.ValidationError:
            why = f": {WHY[path]}" if path in WHY else ""
            yield Mistake(path, f"{_shown(value)} can't be used", f"give {takes(path, fields[key])}{why}")


def _unknown(path: str, key: str, known: Mapping[str, Any], what: str) -> Mistake:
    near = get_close_matches(key, known, n=1)
    remedy = f"did you mean {near[0]!r}?" if near else f"take it out; there are {', '.join(known)}"
    return Mistake(_printable(path), f"there is no such {what}", remedy)


def takes(path: str, field: inspect.Field) -> str:
    """What a key takes, in words: kind, range and unit."""
    described = TEXTS.get(path) or _describe(field.type)
    unit = unit_of(path)
    return f"{described} ({unit})" if unit else described


def unit_of(path: str) -> str:
    """The unit of a key, "" where it has none."""
    key = "_" + path.rpartition(".")[2]
    return next((unit for ending, unit in UNITS.items() if key.endswith(ending)), "")


def _describe(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.UnionType):
        described = [_describe(part) for part in kind.types if not isinstance(part, inspect.NoneType)]
        return f"{described[0]}, or leave the line out"
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        return ("a whole number " if isinstance(kind, inspect.IntType) else "a number ") + _range(kind)
    if isinstance(kind, inspect.LiteralType):
        return "one of " + ", ".join(f'"{value}"' for value in kind.values)
    if isinstance(kind, inspect.StrType):
        return '"lower-case letters, digits and hyphens", 1 to 32' if kind.pattern else '"text in quotes"'
    return "true or false"


def _range(kind: inspect.IntType | inspect.FloatType) -> str:
    low = f"from {kind.ge:g}" if kind.ge is not None else f"above {kind.gt or 0:g}, up"
    return f"{low} to {kind.le:g}" if kind.le is not None else f"{low} up"


def _shown(value: object) -> str:
    if isinstance(value, str):
        return _printable(f'"{value}"')
    if isinstance(value, bool | int | float):
        return _printable(str(value).lower())
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    return f"a {type(value).__name__}"


def _printable(text: str) -> str:
    """One line of at most SHOWN characters, whatever the file held."""
    line = "".join(character if character.isprintable() else "?" for character in text)
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}..."
