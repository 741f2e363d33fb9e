"""A role-play as a trainer writes it: what the customer says, and what each line answers to.

One rule: a role that was read can be played to its end; what is missing or contradicts itself is a `RoleError`.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from counterpoint.errors import RoleError
from counterpoint.practice.protocol import Id, Text  # noqa: TC001 - msgspec reads the annotations at run time

When = Literal["opening", "full", "short", "shorter", "confirm", "correct", "eased", "brushed_off", "hello", "end"]
"""What a line answers to:

opening     nothing: the customer's first words
full        an open question, or simply being heard; told in the order of the file
short       a closed question; used in turn
shorter     being talked over: said in place of the line `of`
confirm     what they said, said back
correct     the same, once, while they have more to tell
eased       words of understanding, once
brushed_off being rushed or judged, once
hello       three seconds of silence
end         a promise, a call-back, or nothing left to say
"""

NEEDED: Final[tuple[When, ...]] = ("opening", "full", "short", "confirm", "hello", "end")
MOST_LINES: Final = 80
LARGEST_CHARACTERS: Final = 100_000  # a role is a page or two: something else was named
Pace = Annotated[float, Meta(ge=0.5, le=2)]
Title = Annotated[str, Meta(min_length=1, max_length=80)]


class RoleLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the customer.

    Attributes:
        id: Its name, and its audio file's.
        when: What it answers to.
        text: What is said, word for word.
        of: For `shorter`: the line that it stands for.
    """

    id: Id
    when: When
    text: Annotated[Text, Meta(min_length=1)]
    of: Id = ""


class Role(Struct, frozen=True, forbid_unknown_fields=True, rename={"lines": "line"}):
    """A customer.

    Attributes:
        title: For the list of roles.
        situation: What the agent may know before the customer speaks.
        lines: All that the customer can say.
        answers_after_s: How long they wait before they speak, in seconds.
        gives_way_after_s: How long somebody must talk over them until they fall silent, in seconds.
        voice: Which voice speaks it (for `speak_roles.py` only).
        pace: How fast, times the usual (for `speak_roles.py` only).
    """

    title: Title
    situation: Annotated[Text, Meta(min_length=1)]
    lines: Annotated[tuple[RoleLine, ...], Meta(max_length=MOST_LINES)]
    answers_after_s: Annotated[float, Meta(ge=0.2, le=5)] = 0.6
    gives_way_after_s: Annotated[float, Meta(ge=0.3, le=3)] = 0.8
    voice: str = ""
    pace: Pace = 1.0

    def said_when(self, when: When) -> tuple[RoleLine, ...]:
        """The lines that answer to this, in the order of the file."""
        return tuple(line for line in self.lines if line.when == when)

    def shorter_of(self, line: RoleLine) -> RoleLine | None:
        """What is said in place of the line after being talked over, if there is one."""
        return next((short for short in self.lines if short.when == "shorter" and short.of == line.id), None)


def read_role(name: str, text: str) -> Role:
    """The role that a TOML text describes; `name` is what messages call it.

    Raises:
        RoleError: It is no TOML, lacks something, or contradicts itself; the message says what to do.
    """
    if len(text) > LARGEST_CHARACTERS:
        raise RoleError(f"{name}: too long for a role: name a role's TOML file")
    try:
        role = msgspec.convert(tomllib.loads(text), Role)
    except tomllib.TOMLDecodeError as error:
        raise RoleError(f"{name}: no TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise RoleError(f"{name}: {error}: see device/docs/practice.md, how to add a role") from error
    except RecursionError as error:  # brackets in brackets by the hundred
        raise RoleError(f"{name}: tables in tables in tables: a role is a list of lines") from error
    for mistake in _mistakes(role):
        raise RoleError(f"{name}: {mistake}")
    return role


def _mistakes(role: Role) -> list[str]:
    counts = Counter(line.when for line in role.lines)
    found = [f'no line with when = "{when}": add one' for when in NEEDED if not counts[when]]
    if counts["opening"] > 1:
        found.append(f"{counts['opening']} openings: keep one")
    ids = Counter(line.id for line in role.lines)
    found += [f'{count} lines have the id "{line}": give each its own' for line, count in ids.items() if count > 1]
    told = {line.id for line in role.lines if line.when != "shorter"}
    for line in role.lines:
        if line.when == "shorter" and line.of not in told:
            found.append(f'"{line.id}" is shorter of "{line.of}", which is no line: set `of` to the id of one')
        if line.when != "shorter" and line.of:
            found.append(f'"{line.id}" has `of`, which belongs to when = "shorter": take it out')
    return found
