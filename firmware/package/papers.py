"""The texts of the package: manual page, copyright of every piece, changelog.

One rule: the manual page is what `--help` says, and a licence is the text that its owner ships; nothing is retold.
"""

from __future__ import annotations

import email.utils
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from pinned_wheels import BuildError
from what_ships import VENDORED

if TYPE_CHECKING:
    from pathlib import Path

    from pinned_wheels import Unpacked

# Where Debian keeps the long licences; its copyright files name the place instead of holding the text again.
COMMON: Final = {
    "TERMS AND CONDITIONS FOR USE, REPRODUCTION": "Apache-2.0",
    "GNU GENERAL PUBLIC LICENSE": "GPL-3",
    "GNU LESSER GENERAL PUBLIC LICENSE": "LGPL-2.1",
}
# One start of Python for all of it: [the overview, [command, its help], ...] as JSON.
ASK_FOR_HELP: Final = """
import contextlib, io, json, re
from counterpoint.app.cli import main

def told(*words):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        main([*words, "--help"])
    return out.getvalue().strip().replace("usage: -c", "usage: counterpoint")

overview = told()
names = re.findall(r"(?m)^    ([a-z]+)\\b", overview.split("commands:", 1)[1].split("examples:")[0])
print(json.dumps([overview, *([name, told(name)] for name in names)]))
"""
_COLUMNS: Final = "80"  # argparse wraps by the terminal; the page must not depend on it


def manual_page(root: Path, version: str) -> str:
    """counterpoint(1) in roff: the help of the program, then of each command."""
    overview, commands = _help(root)
    parts = [
        f'.TH COUNTERPOINT 1 "" "Counterpoint {version}" "User Commands"',
        ".SH NAME\ncounterpoint \\- notices talk\\-over at a service counter, and lights a discreet cue",
        ".SH SYNOPSIS\n.B counterpoint\n.I COMMAND\n[options]",
        f".SH DESCRIPTION\n{_literal(overview)}",
        *(f".SH COUNTERPOINT {command.upper()}\n{_literal(text)}" for command, text in commands.items()),
        ".SH FILES\n.I /etc/counterpoint/counterpoint.toml\nholds the settings.",
        ".PP\nAn example is in /usr/share/doc/counterpoint/examples.",
    ]
    return "\n".join(parts) + "\n"


def _help(root: Path) -> tuple[str, dict[str, str]]:
    """What `--help` says, and what it says of each command."""
    ours = {"PYTHONPATH": str(root / "device"), "COLUMNS": _COLUMNS, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", ASK_FOR_HELP]
    done = subprocess.run(command, env={**os.environ, **ours}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"`counterpoint --help` failed: {done.stderr.strip()}")
    overview, *commands = json.loads(done.stdout)
    return overview, dict(commands)


def _literal(text: str) -> str:
    lines = (line.replace("\\", "\\e").replace("-", "\\-") for line in text.splitlines())
    # A dot or a quote at the start of a line would be a command to roff.
    return ".nf\n" + "\n".join(f"\\&{line}" if line[:1] in ".'" else line for line in lines) + "\n.fi"


def copyright_file(own_licence: str, unpacked: Unpacked) -> str:
    """Debian's machine-readable copyright file: ours, then each vendored piece with its own text."""
    ours = [
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/",
        "Upstream-Name: counterpoint",
        "Comment: Below /usr/lib/counterpoint/site lie pieces by others, as their makers built them; checked by hash.",
        "",
        "Files: *",
        f"Copyright: {_holders([own_licence]) or 'the Counterpoint authors'}",
        "License: Apache-2.0",
        _indented(_kept_at("Apache-2.0")),
    ]
    return "\n".join([*ours, *(_stanza(name, unpacked) for name in VENDORED)]) + "\n"


def _stanza(name: str, unpacked: Unpacked) -> str:
    texts = [_short(text.decode(errors="replace")) for text in unpacked.licences[name]]
    piece = VENDORED[name]
    return "\n".join([
        "",
        f"Files: {_places(name, unpacked)}",
        f"Copyright: {piece.holder or _holders(texts) or f'the authors of {name}'}",
        f"Comment: {name} {unpacked.versions[name]}",
        f"License: {piece.licence}",
        _indented("\n\n".join(texts) or _kept_at(piece.licence)),
    ])  # fmt: skip


def _places(name: str, unpacked: Unpacked) -> str:
    """Where this piece lies; its metadata folder names the version."""
    folder = f"{name.replace('-', '_')}-{unpacked.versions[name]}.dist-info"
    tops = sorted(
        {path.split("/")[0] for path in unpacked.site if path.startswith(f"{folder}/")} | _tops(name, unpacked)
    )
    return "\n       ".join(f"usr/lib/counterpoint/site/{top}{'' if top.endswith('.py') else '/*'}" for top in tops)


def _tops(name: str, unpacked: Unpacked) -> set[str]:
    """The files and folders at the top that a package of this name brings."""
    plain = {name.replace("-", "_"), *name.split("-")[:1]} | {"markdown-it-py": {"markdown_it"}}.get(name, set())
    wanted = plain | {f"{one}.py" for one in plain} | {f"_{one}.py" for one in plain} | {f"{one}.libs" for one in plain}
    return wanted & {path.split("/")[0] for path in unpacked.site}


def _kept_at(licence: str) -> str:
    return f"On Debian systems the whole text is in /usr/share/common-licenses/{licence}."


def _short(text: str) -> str:
    """The text without the long licences that Debian keeps anyway: in place of each stands where that is."""
    for mark, licence in COMMON.items():
        whole = rf"[^\n]*{mark}.*?(END OF TERMS AND CONDITIONS|\Z)"
        text = re.sub(whole, f"{_kept_at(licence)}\n", text, count=1, flags=re.DOTALL)
    return text


def _holders(texts: list[str]) -> str:
    """What the first line that claims a copyright says after the word; empty where there is none."""
    found = re.search(r"(?im)^[#\s*]*copyright\s+(?:(?:\(c\)|©)\s*|(?=\d{4}))([^\n]+)$", "\n".join(texts))
    return found[1].strip().removesuffix(" All rights reserved.") if found else ""


def _indented(text: str) -> str:
    return "\n".join(f" {line.rstrip()}" if line.strip() else " ." for line in text.strip().splitlines())


def changelog(version: str, maintainer: str, epoch: int) -> str:
    """Debian's changelog, one entry: what changed is in the history of the code."""
    when = email.utils.formatdate(epoch)
    return f"counterpoint ({version}) stable; urgency=medium\n\n  * Release {version}.\n\n -- {maintainer}  {when}\n"
