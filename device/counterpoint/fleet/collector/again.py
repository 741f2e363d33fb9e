"""Messages that are kept apart, judged once more after somebody mended what was wrong.

One rule: each is judged as of the moment when it first came, so that none becomes too old by waiting here or by coming
again; else as of now, since the clock that somebody set may be ours. Windows are taken, and the birth of a device that
has none here; what else it said of itself then is old by now.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from counterpoint.fleet.collector.intake import Arrival, named, sort_out
from counterpoint.fleet.store.device_rows import first_came, has_birth
from counterpoint.messages.schemas import Birth

if TYPE_CHECKING:
    from counterpoint.fleet.store.opening import Store
    from counterpoint.fleet.store.rows import Heard, KeptApart
    from counterpoint.fleet.store.writing import Writing


def take_again(store: Store, *, only_known: bool = False) -> tuple[int, int]:
    """Return how many were taken (or are good by now and too old to matter), and how many stay apart.

    With `only_known`, those of devices that nobody accepted stay.

    Raises:
        StorageError: The store can't be used; what was taken before stays taken.
    """
    with store.writing() as writing:
        kept = first_came(writing.line)
    taken = 0
    for one in kept:
        with store.writing() as writing:
            taken += _take(writing, one, only_known=only_known)
    return taken, len(kept) - taken


def _take(writing: Writing, one: KeptApart, *, only_known: bool) -> bool:
    arrivals = [Arrival(one.topic, one.payload, at_s) for at_s in (one.received_s, int(time.time()))]
    known = writing.known(*named(arrivals))
    found = (sort_out([arrival], known, only_known=only_known) for arrival in arrivals)
    judged = next((each for each in found if not each.apart), None)
    if judged is None:
        return False
    attempt = writing.line.begin_nested()
    if writing.take_windows(judged.windows).apart:
        attempt.rollback()
        return False
    attempt.commit()
    writing.note_devices([heard for heard in judged.heard if _is_first_birth(writing, heard)])
    writing.drop_apart(one)
    return True


def _is_first_birth(writing: Writing, heard: Heard) -> bool:
    return isinstance(heard.message, Birth) and not has_birth(writing.line, heard.device)
