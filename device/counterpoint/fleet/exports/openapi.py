"""The OpenAPI 3.1 document; one rule: it is made of the types that the answers are made of, and a test holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from counterpoint.fleet.exports.answers import Refusal
from counterpoint.fleet.exports.asked import ASKED

if TYPE_CHECKING:
    from counterpoint.fleet.exports.asked import Asked

Json = dict[str, Any]
VERSION: Final = "1"
WEEK: Final = {"type": "string", "pattern": r"^\d{4}-W\d{2}$"}
PLACE: Final = "#/components/schemas/{name}"
REFUSALS: Final = {
    "400": "A week or a number that is none",
    "401": "No key, or one that is not valid (any more)",
    "403": "The key has not the scope for this",
    "404": "No such site, or not one of this account's",
    "429": "Too many questions: Retry-After says how long to wait",
    "503": "The store does not answer: ask again later",
}
WHAT: Final = (
    "The same numbers as the pages show: of sites over whole weeks, told once and never revised, never of a person or a"
    " visit. A number comes with its interval of 95 % and with how much lies behind it; null is told nowhere, because"
    " too few visits or people lie behind it."
)


def document() -> Json:
    """The document, ready to be written as JSON."""
    schemas, components = msgspec.json.schema_components([*(one.answer for one in ASKED), Refusal], ref_template=PLACE)
    answers = dict(zip([*(one.answer.__name__ for one in ASKED), Refusal.__name__], schemas, strict=True))
    return {
        "openapi": "3.1.0",
        "info": {"title": "Counterpoint fleet", "version": VERSION, "description": WHAT},
        "servers": [{"url": "/api/v1"}],
        "security": [{"key": []}],
        "paths": {one.path: {"get": _operation(one, answers)} for one in ASKED},
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Asked, answers: Json) -> Json:
    refusals = {
        status: {"description": said, "content": _json(answers[Refusal.__name__])} for status, said in REFUSALS.items()
    }
    fine: Json = {
        "description": one.summary,
        "headers": {"ETag": {"schema": {"type": "string"}}},
        "content": _json(answers[one.answer.__name__]),
    }
    return {
        "operationId": one.answer.__name__.lower(),
        "summary": one.summary,
        "description": f"Scope: {'any' if one.is_for_any else one.scope}.",
        "parameters": [*_of_site(one), *_of_weeks(one), *_of_paging()],
        "responses": {"200": fine, "304": {"description": "What If-None-Match names is still right"}, **refusals},
    }


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _of_site(one: Asked) -> list[Json]:
    if "{site}" not in one.path:
        return []
    said = "A site's code; `all` is every site together, for accounts that have every site"
    return [{"name": "site", "in": "path", "required": True, "schema": {"type": "string"}, "description": said}]


def _of_weeks(one: Asked) -> list[Json]:
    if not one.has_weeks:
        return []
    return [
        _asked("since", WEEK, "First ISO week; by default a year before `until`"),
        _asked("until", WEEK, "Last ISO week; by default this one"),
    ]


def _of_paging() -> list[Json]:
    number = {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}
    return [
        _asked("limit", number, "Items on a page"),
        _asked("after", {"type": "string"}, "As `next` of the page before says"),
    ]


def _asked(name: str, schema: Json, said: str) -> Json:
    return {"name": name, "in": "query", "schema": schema, "description": said}
