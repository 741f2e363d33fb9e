"""A sensor without a microphone, for the test of the two users: it does what it reads, a word and a number a line.

`visits 12` keeps twelve visits, `hours 1` lets time pass, `tick 0` hands over; each is answered with a line that says
how many visits wait and how many messages lie in the outbox.
"""

from __future__ import annotations

import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from counterpoint.disclosure import hour_of
from counterpoint.edge.settings_file import load_settings
from counterpoint.edge.spool import Spool
from visits_at import session, utc

UTC = ZoneInfo("UTC")


def main(settings_file: str, start: str) -> None:
    now_s = float(utc(start))

    def wall_clock_s() -> float:
        return now_s

    with Spool(load_settings(Path(settings_file)), wall_clock_s) as spool:
        spool.tick()
        for line in sys.stdin:
            word, number = line.split()
            for _ in range(int(number) if word == "visits" else 0):
                spool.add(session(), hour_of(now_s, UTC))
            now_s += 3600.0 * int(number) if word == "hours" else 0.0
            spool.tick()
            print(spool._ledger.waiting(), spool._outbox.waiting(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
