"""Whether a JSON value is what a schema says: the few words of JSON Schema that our documents use, and no other.

One rule: a word that is not known here is an error, so that nothing is held true by being overlooked.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

TYPES: Final[dict[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
IGNORED: Final = {"title", "description", "default", "contentEncoding"}


def wrongs(value: Any, schema: dict[str, Any], document: dict[str, Any], at: str = "$") -> list[str]:
    """What is wrong, a line each; nothing where the value fits."""
    found: list[str] = []
    for word, says in schema.items():
        if word not in IGNORED:
            found += _WORDS[word](value, says, document, at, schema)
    return found


def _ref(value: Any, says: str, document: dict[str, Any], at: str, _: dict[str, Any]) -> list[str]:
    target: Any = document
    for part in says.removeprefix("#/").split("/"):
        target = target[part]
    return wrongs(value, target, document, at)


def _type(value: Any, says: str, _: dict[str, Any], at: str, __: dict[str, Any]) -> list[str]:
    fits = isinstance(value, TYPES[says]) and (says == "boolean") == isinstance(value, bool)
    return [] if fits else [f"{at} is no {says}: {value!r}"]


def _any_of(value: Any, says: list[dict[str, Any]], document: dict[str, Any], at: str, _: dict[str, Any]) -> list[str]:
    tried = [wrongs(value, one, document, at) for one in says]
    return [] if any(not one for one in tried) else [f"{at} fits none: {min(tried, key=len)}"]


def _properties(
    value: Any, says: dict[str, Any], document: dict[str, Any], at: str, schema: dict[str, Any]
) -> list[str]:
    if not isinstance(value, dict):
        return []
    found = [f"{at}.{name} is not known" for name in value if name not in says and _closed(schema)]
    for name, one in says.items():
        found += wrongs(value[name], one, document, f"{at}.{name}") if name in value else []
    return found


def _closed(schema: dict[str, Any]) -> bool:
    return schema.get("additionalProperties") is False


def _others(value: Any, says: Any, document: dict[str, Any], at: str, schema: dict[str, Any]) -> list[str]:
    if says is False or not isinstance(value, dict):
        return []
    named = schema.get("properties", {})
    return [
        wrong for name in value if name not in named for wrong in wrongs(value[name], says, document, f"{at}.{name}")
    ]


def _names(value: Any, says: dict[str, Any], document: dict[str, Any], at: str, _: dict[str, Any]) -> list[str]:
    return [wrong for name in value for wrong in wrongs(name, says, document, f"{at} name")]


def _items(value: Any, says: Any, document: dict[str, Any], at: str, _: dict[str, Any]) -> list[str]:
    if says is False or not isinstance(value, list):
        return []
    return [wrong for number, one in enumerate(value) for wrong in wrongs(one, says, document, f"{at}[{number}]")]


def _check(holds: Any, what: str) -> Any:
    def check(value: Any, says: Any, _: dict[str, Any], at: str, __: dict[str, Any]) -> list[str]:
        return [] if holds(value, says) else [f"{at}: {value!r} breaks {what} {says!r}"]

    return check


def _is_time(value: Any, says: str) -> bool:
    return says == "date-time" and datetime.fromisoformat(value).tzinfo is not None


_WORDS: Final[dict[str, Any]] = {
    "$ref": _ref,
    "type": _type,
    "anyOf": _any_of,
    "properties": _properties,
    "additionalProperties": _others,
    "propertyNames": _names,
    "items": _items,
    "required": _check(lambda value, says: not isinstance(value, dict) or set(says) <= set(value), "required"),
    "enum": _check(lambda value, says: value in says, "enum"),
    "const": _check(lambda value, says: value == says, "const"),
    "pattern": _check(lambda value, says: not isinstance(value, str) or re.search(says, value), "pattern"),
    "minimum": _check(lambda value, says: not isinstance(value, int | float) or value >= says, "minimum"),
    "maximum": _check(lambda value, says: not isinstance(value, int | float) or value <= says, "maximum"),
    "multipleOf": _check(lambda value, says: not isinstance(value, int) or value % says == 0, "multipleOf"),
    "maxLength": _check(lambda value, says: not isinstance(value, str) or len(value) <= says, "maxLength"),
    "minItems": _check(lambda value, says: not isinstance(value, list) or len(value) >= says, "minItems"),
    "maxItems": _check(lambda value, says: not isinstance(value, list) or len(value) <= says, "maxItems"),
    "format": _check(_is_time, "format"),
}
