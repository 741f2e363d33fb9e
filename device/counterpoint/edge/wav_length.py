"""How many bytes of audio a WAV file promises and does not hold.

One rule: only the chunk headers are read; libsndfile decodes, but it shortens a truncated file without a word.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO, Final

from counterpoint.errors import RecordingError

if TYPE_CHECKING:
    from pathlib import Path

FORMS: Final = {b"RIFF": "<", b"RIFX": ">", b"RF64": "<"}
FIRST_CHUNK: Final = 8  # after the form come its length and the word WAVE
ID3_HEADER: Final = 10  # some players put their tag before the audio; libsndfile passes over it, so do we
CHUNK_HEADER: Final = 8
STREAMED: Final = 0x7FFF_0000  # programs that write into a pipe put about 2 or 4 GB where they don't know the length


def missing_bytes(path: Path) -> int:
    """Bytes that the `data` chunk of the WAV at `path` promises beyond the file's end; 0 for a whole file.

    Raises:
        RecordingError: It does not begin as a WAV file does.
    """
    held = path.stat().st_size
    with path.open("rb") as file:
        _pass_tags(file)
        order = FORMS.get(file.read(4))
        if order is None:
            raise RecordingError(f"{path} does not begin as a WAV file does: export it again as WAV or FLAC")
        file.seek(FIRST_CHUNK, 1)
        promised = _data_length(file, order)
        return max(0, file.tell() + promised - held)


def _pass_tags(file: BinaryIO) -> None:
    """Leave `file` behind its ID3v2 tags; their length is four times seven bits."""
    while (header := file.read(ID3_HEADER)).startswith(b"ID3") and len(header) == ID3_HEADER:
        length = 0
        for part in header[6:]:
            length = length << 7 | part & 0x7F
        file.seek(length, 1)
    file.seek(-len(header), 1)


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
