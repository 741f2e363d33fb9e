"""The one file that IT puts on the boot partition: settings, and the one-time token that lets a device enrol.

One rule: it is taken whole or not at all. Its last line is `# end`, so that a file cut off anywhere is seen; and the
token is wiped in its place, so that no power cut can leave half a file behind.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from counterpoint.edge.outbox import write_whole
from counterpoint.edge.settings_file import read_settings
from counterpoint.errors import BootFileError, StorageError

if TYPE_CHECKING:
    from pathlib import Path

    from counterpoint.settings import Settings

LARGEST_BYTES: Final = 65_536
"""A settings file with a certificate in it is a few thousand bytes."""
LAST_LINE: Final = re.compile(rb"(?:^|\n)[ \t]*#[ \t]*end[ \t]*\r?\n?\s*\Z")
TOKEN_LINE: Final = re.compile(rb"^[ \t]*token[ \t]*=[^\r\n]*", re.MULTILINE)
AUTHORITY_LINES: Final = re.compile(
    rb'^[ \t]*ca[ \t]*=[ \t]*(?P<quote>"""|\'\'\')(?s:.*?)(?P=quote)[ \t]*', re.MULTILINE
)
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{32,128}")
WIPED: Final = b"# token: used"
NOT_HERE: Final = b"# not kept here"


@dataclass(frozen=True, slots=True)
class BootFile:
    """What the file says, all of it found to be usable.

    Attributes:
        settings: The settings in it.
        installed: The file as it is installed: without token and authority, line for line.
        digest: SHA-256 of `installed`: whether this file has been installed before.
        token: The one-time token, "" for none.
        authority: The site's certificate authority in PEM, "" for none.
    """

    settings: Settings
    installed: bytes
    digest: str
    token: str
    authority: str


def read_boot_file(path: Path, scratch: Path) -> BootFile | None:
    """Read and judge the file; None where there is none. `scratch` is a file of ours that may be written and goes.

    Raises:
        BootFileError: Half written, or wrong in any way; the message names file, line, problem and remedy.
    """
    content = _content(path)
    if content is None:
        return None
    if not LAST_LINE.search(content):
        raise BootFileError(
            f"{path}: its last line is not `# end`, so it may be half written: write it again, with that line"
        )
    token, authority = _secrets(content, path)
    installed = AUTHORITY_LINES.sub(_commented, TOKEN_LINE.sub(NOT_HERE, content))
    return BootFile(
        settings=_settings(installed, path, scratch),
        installed=installed,
        digest=sha256(AUTHORITY_LINES.sub(b"", TOKEN_LINE.sub(b"", _unwiped(content)))).hexdigest(),
        token=token,
        authority=authority,
    )


def wipe_token(path: Path) -> bool:
    """Overwrite the token with a comment of the same length, in its place, down to the medium; False for no token.

    Flash may keep an old copy of a sector where no program can reach it: what protects is that the token is used.

    Raises:
        StorageError: The partition can't be written.
    """
    content = _content(path)
    found = TOKEN_LINE.search(content) if content is not None else None
    if found is None:
        return False
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.pwrite(descriptor, WIPED[: len(found[0])].ljust(len(found[0])), found.start())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        remedy = "make the boot partition writable, or delete the line `token = ` from it by hand"
        raise StorageError(f"the used token can't be wiped from {path} ({error.strerror}): {remedy}") from error
    return True


def _content(path: Path) -> bytes | None:
    """The bytes of a plain small file; a link could point at anything."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise BootFileError(f"{path}: can't be read ({error.strerror}); put a plain file there") from error
    try:
        kind = os.fstat(descriptor)
        if not stat.S_ISREG(kind.st_mode) or kind.st_size > LARGEST_BYTES:
            raise BootFileError(f"{path}: no plain file of at most {LARGEST_BYTES} bytes; put the settings there")
        return os.read(descriptor, LARGEST_BYTES)
    finally:
        os.close(descriptor)


def _secrets(content: bytes, path: Path) -> tuple[str, str]:
    """Token and authority as TOML reads them, each found again as the lines that are taken out."""
    table = _table(content, path)
    token, authority = table.get("token", ""), table.get("ca", "")
    without = _table(AUTHORITY_LINES.sub(b"", TOKEN_LINE.sub(b"", content)), path)
    if without != {key: value for key, value in table.items() if key not in {"token", "ca"}} or (
        len(TOKEN_LINE.findall(content)) != ("token" in table)
        or len(AUTHORITY_LINES.findall(content)) != ("ca" in table)
    ):
        raise BootFileError(
            f'{path}: token and ca must stand on lines of their own below [enrolment]: token = "...", ca = """..."""'
        )
    if not isinstance(token, str) or (token and not TOKEN.fullmatch(token)):
        raise BootFileError(f"{path}: enrolment.token is no token: copy it whole, as the fleet printed it")
    if not isinstance(authority, str) or ("ca" in table and "BEGIN CERTIFICATE" not in authority):
        raise BootFileError(f"{path}: enrolment.ca is no certificate in PEM form: copy it whole, or give ca_sha256")
    return token, authority


def _table(content: bytes, path: Path) -> dict[str, object]:
    """The table [enrolment]; what is wrong elsewhere is told by `_settings`, with its line."""
    try:
        table = tomllib.loads(content.decode("utf-8-sig")).get("enrolment", {})
    except (ValueError, RecursionError) as error:
        raise BootFileError(f"{path}: not TOML ({error}); write the whole file again") from error
    return table if isinstance(table, dict) else {}


def _settings(installed: bytes, path: Path, scratch: Path) -> Settings:
    """Judge what would be installed; lines are counted as in the file, and its name is told instead of ours."""
    write_whole(scratch, installed)
    try:
        reading = read_settings(scratch)
    finally:
        scratch.unlink()
    if reading.settings is None:
        more = f" (and {len(reading.problems) - 1} more)" if len(reading.problems) > 1 else ""
        raise BootFileError(reading.problems[0].replace(str(scratch), str(path)) + more)
    return reading.settings


def _unwiped(content: bytes) -> bytes:
    """Without the comment that a wiped token has become, so that wiping makes no new file of it."""
    return re.sub(rb"(?m)^" + re.escape(WIPED) + rb"[ ]*", b"", content)


def _commented(found: re.Match[bytes]) -> bytes:
    return b"\n".join(NOT_HERE for _ in found[0].split(b"\n"))
