"""A simulated fleet through a real Mosquitto: what its devices say arrives, each on its own topics."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from broker_server import BrokerServer, Listener, wait_until
from counterpoint.errors import UsageError
from counterpoint.fleet.collector.intake import read
from counterpoint.fleet.simulation.drawing import stories
from counterpoint.fleet.simulation.into_broker import IntoBroker
from counterpoint.fleet.simulation.seasons import Week
from counterpoint.fleet.simulation.year import Year, YearPlan
from counterpoint.fleet.store.rows import KeptApart
from counterpoint.messages.schemas import decode_window

NOW = datetime(2026, 11, 19, tzinfo=UTC).timestamp()


@pytest.mark.real
def test_every_window_of_every_device_arrives(tmp_path: Path) -> None:
    plan = YearPlan(counters=3, weeks=1, last=Week(date(2026, 11, 9)), seed=1)
    year = Year(plan)
    with BrokerServer(tmp_path, tls=False) as server, Listener(server) as listener:
        sending = IntoBroker(year, "127.0.0.1", server.port, NOW)
        ((week, told),) = stories(plan, jobs=1)
        sending.take(week, told)
        sending.end()
        sent = {each.window.id for story in told for each in story.arrived}
        assert sending.taken == sum(len(story.arrived) for story in told) > 0
        wait_until(lambda: listener.arrived.qsize() >= sending.taken + 9, "windows, births, states and health arrive")
        arrived = [listener.arrived.get() for _ in range(listener.arrived.qsize())]
    windows = [message for message in arrived if message.topic.endswith("/window")]
    assert {message.payload.split(b'"id":"')[1][:36].decode() for message in windows} == sent
    assert {message.topic.split("/")[3] for message in arrived} == {
        device for place in year.places for device in place.counters
    }


def test_more_weeks_than_a_collector_takes_are_refused() -> None:
    with pytest.raises(UsageError, match="--weeks 6"):
        IntoBroker(Year(YearPlan(3, 7, Week(date(2026, 11, 9)), 1)), "127.0.0.1", 1883, NOW)


def test_what_no_outbox_would_have_any_more_is_not_sent_so_no_device_needs_a_hand_for_it() -> None:
    year = Year(YearPlan(counters=3, weeks=6, last=Week(date(2026, 11, 9)), seed=1))
    sending = IntoBroker(year, "127.0.0.1", 1883, NOW)
    made = 0
    for week, told in stories(year.plan, jobs=1):
        sending.take(week, told)
        made += sum(len(story.arrived) for story in told)
    kept = [each for arrivals in sending._waiting.values() for each in arrivals]
    assert len(kept) == made - sending.dropped
    assert 0 < sending.dropped < made
    ends_s = [decode_window(each.payload).end_utc.timestamp() for each in kept]
    assert NOW - 30 * 86_400 <= min(ends_s) < NOW - 29 * 86_400
    judged = [read(replace(each, received_s=int(NOW))) for each in kept]
    assert not [one for one in judged if isinstance(one, KeptApart) and "too old" in one.reason]
