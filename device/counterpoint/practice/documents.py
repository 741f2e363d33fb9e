"""The course plan and the trainer's sheet as pages: the same Markdown that people read in device/docs.

One rule: there is one source, `practice.md`; a page is some of its sections, each from one second-level heading to the
next.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt

from counterpoint.errors import PartMissing

PACKAGE: Final = Path(__file__).resolve().parent
PAGE: Final = PACKAGE / "page"
DOCUMENT: Final = "document.html"
COURSE: Final = "Four weeks"
TRAINER: Final = "For trainers"
SECTION: Final = re.compile(r"^## (.+)$", re.MULTILINE)


def guide() -> Path:
    """`practice.md`: beside this file where the package was installed, or in device/docs of the source tree."""
    installed = PACKAGE / "practice.md"
    return installed if installed.is_file() else PACKAGE.parents[1] / "docs" / "practice.md"


def document(title: str) -> str:
    """The section of `practice.md` with this heading, as a page.

    Raises:
        PartMissing: The file or the section is not there.
    """
    frame = _text(PAGE / DOCUMENT)
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(_section(_text(guide()), title))
    return frame.replace("{{title}}", html.escape(title)).replace("{{body}}", body)


def _section(text: str, title: str) -> str:
    parts = SECTION.split(text)[1:]
    sections = dict(zip(parts[0::2], parts[1::2], strict=True))
    if title not in sections:
        raise PartMissing(f"practice.md has no section '{title}': install the package again")
    return f"# {title}\n{re.sub('^###', '##', sections[title], flags=re.MULTILINE)}"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise PartMissing(f"{path} can't be read ({error.strerror}): install the package again") from error
