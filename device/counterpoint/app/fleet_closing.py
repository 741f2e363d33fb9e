"""Wiring of the part of `fleet serve` that tells weeks and deletes what is old.

One rule: what goes wrong with one site is that site's trouble: it is said, counted and shown to IT, and the others go
on; here is the only place that takes any error for one.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterpoint.errors import CounterpointError, StorageError
from counterpoint.fleet.believed_time import BelievedTime
from counterpoint.fleet.closing import close_due
from counterpoint.fleet.store.keeping import tidy
from counterpoint.fleet.store.service_rows import note_troubles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from counterpoint.fleet.believed_time import Belief
    from counterpoint.fleet.settings import FleetSettings
    from counterpoint.fleet.store.opening import Store

LOOK_S: Final = 600.0
"""How often is looked for weeks that are due."""
DAY_S: Final = 86_400.0
TROUBLE_S: Final = 30.0
NAP_S: Final = 0.2
CLOSING, TIDYING, CLOCK = "closing", "tidying", "clock"
"""Kinds of trouble."""
NOBODYS: Final = ""
"""The site of a trouble that is no site's."""


class Closing:
    """Looks every ten minutes for what is due, and deletes every day what is old; threads share nothing of it."""

    def __init__(
        self, store: Store, settings: FleetSettings, say: Callable[[str], None], believed: BelievedTime | None = None
    ) -> None:
        self._store = store
        self._settings = settings
        self._say = say
        self._believed = believed or BelievedTime(store)
        self._troubles: dict[str, dict[str, str]] = {CLOSING: {}, TIDYING: {}, CLOCK: {}}
        self._said: dict[tuple[str, str], str] = {}
        self._tidied_s = float("-inf")

    def run(self, stopped: Callable[[], bool]) -> None:
        """Serve until `stopped()`; a store that is away is waited out."""
        while not stopped():
            wait_s = LOOK_S
            try:
                self.look(stopped)
            except StorageError as error:
                self._say(str(error))
                wait_s = TROUBLE_S
            until_s = time.monotonic() + wait_s
            while time.monotonic() < until_s and not stopped():
                time.sleep(NAP_S)

    def look(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Tell what is due, and delete what is old where a day has passed since.

        Raises:
            StorageError: The store can't be used.
        """
        belief = self._believed.look()
        if belief is None:
            return
        self._troubles[CLOSING].clear()
        self._troubles[CLOCK] = {NOBODYS: str(belief.doubted_days)} if belief.doubted_days else {}
        rules = self._settings.closing
        closed = close_due(self._store, belief.now_s, rules.wait_hours, self._settings.rules, stopped, self._alone)
        if closed.summaries:
            self._say(f"{closed.summaries} summaries of {closed.sites} sites")
        if time.monotonic() - self._tidied_s >= DAY_S:
            self._troubles[TIDYING].clear()
            with self._troubled(TIDYING, NOBODYS):
                tidy(self._store, self._settings.keeping, belief.now_s)
                self._tidied_s = time.monotonic()
        self._tell(belief)

    @contextmanager
    def _alone(self, site: str) -> Iterator[None]:
        with self._troubled(CLOSING, site):
            yield

    @contextmanager
    def _troubled(self, kind: str, site: str) -> Iterator[None]:
        try:
            yield
        except StorageError:
            raise  # of no site: everything waits for the store
        except Exception as error:  # noqa: BLE001 - one site's trouble, whatever it is, must not keep the others waiting
            self._troubles[kind][site] = _in_words(error)

    def _tell(self, belief: Belief) -> None:
        with self._store.writing() as writing:
            for kind, found in self._troubles.items():
                note_troubles(writing.line, kind, found, belief.now_s)
        now = {(kind, site): detail for kind, found in self._troubles.items() for site, detail in found.items()}
        for where in sorted(now.keys() - self._said.keys()):
            self._say(_line(*where, now[where]))
        for where in sorted(self._said.keys() - now.keys()):
            self._say(f"{_what(*where)}: that is over")
        self._said = now


def _line(kind: str, site: str, detail: str) -> str:
    if kind == CLOCK:
        return (
            f"our clock runs {detail} days or more ahead of all that counters sent and that passed since: until windows"
            " confirm it, weeks are told and old things deleted by the earlier time. Set the clock; if it is right:"
            " counterpoint fleet store clock --is-right"
        )
    return f"{_what(kind, site)} ({detail}); the others go on, and this is tried again"


def _what(kind: str, site: str) -> str:
    if kind == CLOSING:
        return f"the weeks of site {site} can't be told"
    return "what is old can't be deleted" if kind == TIDYING else "the clock"


def _in_words(error: Exception) -> str:
    """Our own errors say what is wrong; of others only the kind and the place: their text may hold what was read."""
    if isinstance(error, CounterpointError):
        return str(error)
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    where = f" at {Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}" if last is not None else ""
    return f"{type(error).__name__}{where}"
