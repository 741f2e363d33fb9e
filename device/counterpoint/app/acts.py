"""`counterpoint acts`: one utterance a line in, one JSON object a line out, each line by itself, flushed."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, TextIO

import msgspec

from counterpoint.edge.model_files import load_act_model
from counterpoint.errors import ModelMissing, UsageError
from counterpoint.words import classify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from counterpoint.values import ActKind
    from counterpoint.words import ReadActs

MODEL_LANGUAGE: Final = "en"
"""The act model's language; in another the patterns are alone."""


class ActsOfLine(msgspec.Struct, frozen=True):
    """One line of the answer."""

    acts: tuple[ActKind, ...]


def acts(lines: TextIO, out: TextIO, read_acts: ReadActs = classify) -> int:
    """Write the acts of each line as it comes, by patterns unless another reader is given; return 0.

    Raises:
        UsageError: The text is not UTF-8; the message says in which line.
    """
    done = 0
    try:
        for line in lines:
            out.write(msgspec.json.encode(ActsOfLine(read_acts(line))).decode() + "\n")
            out.flush()
            done += 1
    except UnicodeDecodeError as error:
        # Lines are read in blocks: all lines of the blocks before have been answered, none of this one.
        line_number = done + error.object.count(b"\n", 0, error.start) + 1
        raise UsageError(f"line {line_number} is not UTF-8: convert the text, as with iconv -t utf-8") from error
    return 0


@contextmanager
def open_lines(file: Path | None) -> Iterator[TextIO]:
    """The lines of a file, or of standard input without one, as UTF-8 whatever the locale.

    Raises:
        UsageError: There is no such file, it can't be read, or standard input is closed.
    """
    if file is None and sys.stdin is None:
        raise UsageError("standard input is closed: give a text file, or text on standard input")
    source: Path | int = sys.stdin.fileno() if file is None else file
    try:
        lines = open(source, encoding="utf-8", closefd=file is not None)  # noqa: SIM115 - closed below; a path or a handle
    except OSError as error:
        raise UsageError(f"can't read {file}: {error.strerror}; give a text file") from error
    with lines:
        yield lines


def build_act_reader(language: str, folder: Path | None = None) -> ReadActs:
    """What tells the acts of an utterance: the act model in its language, else the language's patterns alone.

    Where the model is not there, one line says so and the patterns do it alone.

    Raises:
        ModelCorrupt: There is a model and it is not what the manifest says: that is never passed over.
    """
    if language == MODEL_LANGUAGE:
        try:
            return load_act_model(folder).classify
        except ModelMissing as missing:
            print(f"counterpoint: acts by patterns alone: {missing}", file=sys.stderr)
    return partial(classify, language=language)
