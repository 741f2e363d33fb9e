"""What is told and what is cleared: the store's summaries against the topics that were left on the broker.

One rule: a topic is noted in the store before it is told and forgotten after it is cleared, so that none is left over,
whenever this ends. With each connection everything is told again: a broker that lost it has it back.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from counterpoint.errors import BrokerError, StorageError
from counterpoint.fleet.store.reading import ALL
from counterpoint.fleet.telling.line import Retained, TellingLine
from counterpoint.messages.schemas import schema_name
from counterpoint.messages.sending import BackOff, Pace
from counterpoint.messages.summaries import Summary, encode_summary
from counterpoint.messages.telling import summary_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from counterpoint.edge.keys import Identity
    from counterpoint.fleet.store.opening import Store
    from counterpoint.settings import BrokerSettings, NetworkSettings

BATCH: Final = 200
"""Summaries in flight: half a megabyte."""
AWAY: Final = Pace(first_s=2.0, longest_s=120.0)
LOOK_S: Final = 30.0
"""How often the store is asked whether something is new; a week is told days after its end."""
IDLE_S: Final = 0.5
SINCE, UNTIL = "0000-W01", "9999-W52"
Mark = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Telling:
    """What one look told and cleared."""

    told: int
    cleared: int


class Teller:
    """Keeps the broker's retained summaries as the store's are, until it is told to stop; losses are waited out."""

    def __init__(self, store: Store, broker: BrokerSettings, network: NetworkSettings, identity: Identity) -> None:
        self._store = store
        self._broker = broker
        self._network = network
        self._identity = identity
        self._told: set[str] = set()
        self._mark: Mark | None = None

    def run(self, stopped: Callable[[], bool], say: Callable[[str], None]) -> None:
        """Serve until `stopped()`; `say` gets a line for a person."""
        away, said = BackOff(AWAY, random.SystemRandom().random), ""
        while not stopped():
            try:
                self._serve(stopped, say)
            except (BrokerError, StorageError) as error:
                if said != str(error):
                    said = str(error)
                    say(said)
                _wait(away.failed(), stopped)

    def once(self) -> Telling:
        """Bring the broker up to date and end.

        Raises:
            BrokerError: The broker is not there or refuses us.
            StorageError: The store can't be used.
        """
        self._told.clear()
        line = TellingLine(self._broker, self._network, self._identity)
        try:
            return self._catch_up(line)
        finally:
            line.close()

    def _serve(self, stopped: Callable[[], bool], say: Callable[[str], None]) -> None:
        self._told.clear()
        self._mark = None
        line = TellingLine(self._broker, self._network, self._identity)
        while not stopped():
            with self._store.reading() as reading:
                mark = reading.summary_mark()
            if mark != self._mark:
                new = self._catch_up(line)
                self._mark = mark
                say(f"{new.told} summaries told, {new.cleared} cleared")
            until_s = time.monotonic() + LOOK_S
            while time.monotonic() < until_s and not stopped():
                line.step(IDLE_S)
        line.close()

    def _catch_up(self, line: TellingLine) -> Telling:
        with self._store.reading() as reading:
            codes = [*(site.code for site in reading.sites()), ALL]
            left_there = reading.retained()
        kept: set[str] = set()
        told = 0
        for code in codes:
            with self._store.reading() as reading:
                summaries: list[Summary] = [
                    *reading.periods([code], SINCE, UNTIL),
                    *reading.hours([code], SINCE, UNTIL),
                ]
            by_topic = {summary_topic(each): each for each in summaries}
            kept |= by_topic.keys()
            told += self._tell(line, {topic: by_topic[topic] for topic in by_topic.keys() - self._told})
        gone = sorted(left_there - kept)
        for batch in _batches((topic, b"", "") for topic in gone):
            self._clear(line, batch)
        return Telling(told, len(gone))

    def _tell(self, line: TellingLine, new: dict[str, Summary]) -> int:
        messages = ((topic, encode_summary(new[topic]), schema_name(new[topic])) for topic in sorted(new))
        for batch in _batches(messages):
            topics = [topic for topic, _, _ in batch]
            with self._store.writing() as writing:
                writing.note_retained(topics)
            line.tell(batch)
            self._told.update(topics)
        return len(new)

    def _clear(self, line: TellingLine, batch: list[Retained]) -> None:
        line.tell(batch)
        topics = [topic for topic, _, _ in batch]
        with self._store.writing() as writing:
            writing.forget_retained(topics)
        self._told.difference_update(topics)


def _batches(messages: Iterable[Retained]) -> Iterator[list[Retained]]:
    rest = iter(messages)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _wait(wait_s: float, stopped: Callable[[], bool]) -> None:
    until_s = time.monotonic() + wait_s
    while time.monotonic() < until_s and not stopped():
        time.sleep(min(IDLE_S, wait_s))
