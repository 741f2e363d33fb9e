"""Messages that are kept apart, judged once more after somebody mended what was wrong.

One rule: each is judged as of the moment when it came, and only windows are taken: what a device said of itself then is
old by now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterpoint.fleet.collector.intake import Arrival, named, sort_out

if TYPE_CHECKING:
    from counterpoint.fleet.store.opening import Store
    from counterpoint.fleet.store.rows import KeptApart
    from counterpoint.fleet.store.writing import Writing

MOST: Final = 1_000_000
"""All of them: retention keeps their number low."""


def take_again(store: Store) -> tuple[int, int]:
    """Return how many were taken (or are good by now and too old to matter), and how many stay apart.

    Raises:
        StorageError: The store can't be used; what was taken before stays taken.
    """
    with store.writing() as writing:
        kept = writing.kept_apart(MOST)
    taken = 0
    for one in reversed(kept):
        with store.writing() as writing:
            taken += _take(writing, one)
    return taken, len(kept) - taken


def _take(writing: Writing, one: KeptApart) -> bool:
    arrival = Arrival(one.topic, one.payload, one.received_s)
    judged = sort_out([arrival], writing.known(*named([arrival])))
    if judged.apart:
        return False
    attempt = writing.line.begin_nested()
    if writing.take_windows(judged.windows).apart:
        attempt.rollback()
        return False
    attempt.commit()
    writing.drop_apart(one)
    return True
