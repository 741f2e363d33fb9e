"""How many bytes of audio a WAV file promises and does not hold.

One rule: only the chunk headers are read; libsndfile decodes, but it shortens a truncated file without a word.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from pathlib import Path

FORMS: Final = {b"RIFF": "<", b"RIFX": ">", b"RF64": "<"}
FIRST_CHUNK: Final = 12  # after the form, its length and the word WAVE
CHUNK_HEADER: Final = 8
STREAMED: Final = 0x7FFF_0000  # programs that write into a pipe put about 2 or 4 GB where they don't know the length


def missing_bytes(path: Path) -> int:
    """Bytes that the `data` chunk of the WAV at `path` promises beyond the file's end; 0 for a whole file."""
    held = path.stat().st_size
    with path.open("rb") as file:
        order = FORMS[file.read(4)]
        file.seek(FIRST_CHUNK)
        promised = _data_length(file, order)
        return max(0, file.tell() + promised - held)


def _data_length(file: BinaryIO, order: str) -> int:
    """Leave `file` at the first byte of the `data` chunk and return its promised length; 0 where it is unknown."""
    long = 0
    while len(header := file.read(CHUNK_HEADER)) == CHUNK_HEADER:
        name, length = struct.unpack(f"{order}4sI", header)
        if name == b"data":
            return int(length) if length < STREAMED else long
        chunk = file.read(length + length % 2) if name == b"ds64" else b""
        if chunk:
            long = int.from_bytes(chunk[8:16], "little")  # RF64 keeps the length of `data` here
        else:
            file.seek(length + length % 2, 1)
    return 0
