"""A simulated fleet through a real Mosquitto: what its devices say arrives, each on its own topics."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from broker_server import BrokerServer, Listener, wait_until
from counterpoint.errors import UsageError
from counterpoint.fleet.simulation.drawing import stories
from counterpoint.fleet.simulation.into_broker import IntoBroker
from counterpoint.fleet.simulation.seasons import Week
from counterpoint.fleet.simulation.year import Year, YearPlan


@pytest.mark.real
def test_every_window_of_every_device_arrives(tmp_path: Path) -> None:
    plan = YearPlan(counters=3, weeks=1, last=Week(date(2026, 11, 9)), seed=1)
    year = Year(plan)
    with BrokerServer(tmp_path, tls=False) as server, Listener(server) as listener:
        sending = IntoBroker(year, "127.0.0.1", server.port)
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
        IntoBroker(Year(YearPlan(3, 7, Week(date(2026, 11, 9)), 1)), "127.0.0.1", 1883)
