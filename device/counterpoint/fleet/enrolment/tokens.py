"""One-time tokens for a list of machines: a CSV of asset tags in, a boot file or a token for each out.

One rule: a token is shown once, to who makes it; what is kept is its digest.
"""

from __future__ import annotations

import csv
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from counterpoint.edge.enrolment_files import CLOSED, write_file
from counterpoint.errors import UsageError
from counterpoint.messages.topics import CODE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

COLUMNS: Final = ("asset_tag", "site")
SECRET_BYTES: Final = 24
"""192 bits: nobody guesses one, so the service need not count guesses."""
LONGEST_TAG: Final = 64
NOT_FIRST: Final = (".", "=", "+", "-", "@")
"""A tag names a folder, and stands in lists that a spreadsheet opens: there the last four begin a formula."""
TOKEN_MARK: Final = "@TOKEN@"  # noqa: S105 - where a token goes in a template
SITE_MARK: Final = "@SITE@"


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that is to be enrolled: its asset tag, and the code of the site where it will stand."""

    asset_tag: str
    site: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A machine and the token made for it."""

    machine: Machine
    token: str

    @property
    def digest(self) -> str:
        """What is kept of the token."""
        return digest_of(self.token)


def digest_of(token: str) -> str:
    """SHA-256 of a token, in hex; it is long and random, so no salt is needed."""
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def make_ticket(machine: Machine) -> Ticket:
    """Make a new token; it begins with a letter or digit, since a spreadsheet takes what follows "-" for a formula."""
    token = secrets.token_urlsafe(SECRET_BYTES)
    while not token[0].isalnum():
        token = secrets.token_urlsafe(SECRET_BYTES)
    return Ticket(machine, token)


def read_machines(path: Path) -> list[Machine]:
    """Read a CSV with the columns asset_tag and site; UsageError names file, line and remedy."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise UsageError(f"{path}: no column {' and '.join(missing)}: write a first line `asset_tag,site`")
            machines = [_machine(path, reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(
            f"{path} can't be read as CSV ({error}): save it as UTF-8 with the columns asset_tag,site"
        ) from error
    tags = [machine.asset_tag for machine in machines]
    twice = next((tag for tag in tags if tags.count(tag) > 1), None)
    if twice is not None:
        raise UsageError(f"{path}: the asset tag {twice!r} stands there twice: give each machine its own")
    if not machines:
        raise UsageError(f"{path}: no machine in it: write one line `asset tag,site` for each")
    return machines


def write_list(tickets: Iterable[Ticket], path: Path) -> None:
    """Write the tokens as a CSV that only its owner reads."""
    lines = [f"{ticket.machine.asset_tag},{ticket.machine.site},{ticket.token}" for ticket in tickets]
    write_file(path, "\n".join(["asset_tag,site,token", *lines, ""]).encode(), CLOSED)


def write_boot_files(tickets: Iterable[Ticket], template: Path, folder: Path) -> None:
    """Write the template once a machine, into a folder named by its asset tag, with its site and token filled in."""
    try:
        text = template.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{template} can't be read ({error}): name a counterpoint.toml or a user-data file") from error
    for mark in (TOKEN_MARK, SITE_MARK):
        if mark not in text:
            raise UsageError(f"{template}: no {mark} in it: write that where the machine's own goes")
    for ticket in tickets:
        own = folder / ticket.machine.asset_tag
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        filled = text.replace(TOKEN_MARK, ticket.token).replace(SITE_MARK, ticket.machine.site)
        write_file(own / template.name, filled.encode(), CLOSED)


def _machine(path: Path, line: int, row: dict[str, str | None]) -> Machine:
    tag, site = ((row[name] or "").strip() for name in COLUMNS)
    plain = tag.isprintable() and not set(tag) & set('/\\,"') and not tag.startswith(NOT_FIRST)
    if not tag or len(tag) > LONGEST_TAG or not plain:
        raise UsageError(
            f"{path}:{line}: {tag!r} is no asset tag: at most {LONGEST_TAG} characters, no / \\ , or quotes, none of"
            f" {' '.join(NOT_FIRST)} first"
        )
    if not CODE.fullmatch(site):
        raise UsageError(f"{path}:{line}: {site!r} is no site code: a-z, 0-9 and '-', as in [site] of the settings")
    return Machine(tag, site)
