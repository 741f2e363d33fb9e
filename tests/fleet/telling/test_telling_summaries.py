"""Retained summaries through a real Mosquitto with the generated rules: what others' dashboards get, and what not."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import counterpoint.messages
from broker_server import wait_until
from counterpoint.edge.keys import load_identity
from counterpoint.errors import BrokerRefused, BrokerUnreachable
from counterpoint.fleet.store.opening import Store
from counterpoint.fleet.store.reading import Reading
from counterpoint.fleet.telling.teller import SINCE, UNTIL, Teller, Telling
from counterpoint.messages.contract import fleet_asyncapi
from counterpoint.messages.summaries import Summary, decode_summary, encode_summary
from counterpoint.messages.telling import summary_topic
from counterpoint.settings import BrokerSettings, NetworkSettings
from enrolment_site import Line, Site, SiteBroker
from fleet_year import year_in

FOLDER = Path(counterpoint.messages.__file__).parent
ARRIVES_S = 0.5

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteBroker]:
    folder = tmp_path_factory.mktemp("telling")
    with Site(folder / "site") as site, SiteBroker(site, folder / "broker") as broker:
        yield broker


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = year_in(tmp_path_factory.mktemp("store") / "year.db")
    yield store
    store.close()


def teller(store: Store, broker: SiteBroker, role: str = "telling") -> Teller:
    folder = broker.roles[role]
    settings = BrokerSettings(
        host="localhost",
        port=broker.port,
        ca_file=str(folder / "ca.pem"),
        certificate_file=str(folder / f"{role}.pem"),
        key_file=str(folder / f"{role}.key"),
    )
    return Teller(store, settings, NetworkSettings(), load_identity(settings))


def summaries(reading: Reading) -> list[Summary]:
    codes = [*(site.code for site in reading.sites()), "all"]
    return [*reading.periods(codes, SINCE, UNTIL), *reading.hours(codes, SINCE, UNTIL)]


def retained(broker: SiteBroker, *, most: int) -> Iterator[tuple[str, bytes, Any]]:
    """What somebody gets who subscribes only now."""
    with broker.role("dashboard") as dashboard:
        dashboard.subscribe("counterpoint-summary/v1/#")
        wait_until(lambda: len(dashboard.arrived) >= most, f"{most} summaries arrive")
        time.sleep(ARRIVES_S)
        for message in dashboard.arrived:
            assert message.retain
            yield message.topic, bytes(message.payload), message


def test_whoever_subscribes_later_gets_every_summary_byte_for_byte(told: Store, broker: SiteBroker) -> None:
    with told.reading() as reading:
        kept = {summary_topic(each): encode_summary(each) for each in summaries(reading)}
    assert teller(told, broker).once() == Telling(told=len(kept), cleared=0)
    assert {topic: payload for topic, payload, _ in retained(broker, most=len(kept))} == kept
    assert any("/all/" in topic for topic in kept)


def test_what_is_sent_is_what_the_asyncapi_document_says(told: Store, broker: SiteBroker) -> None:
    told_now = teller(told, broker).once().told
    document: dict[str, Any] = json.loads(json.dumps(fleet_asyncapi()))
    seen = set()
    for topic, payload, message in retained(broker, most=told_now):
        summary = decode_summary(payload)
        name = "summary" if type(summary).__name__ == "PeriodSummary" else "hours"
        channel, of = document["channels"][name], document["components"]["messages"][name]
        week = summary.first_week.lower()
        assert topic == channel["address"].format(site=summary.site, week=week)
        assert dict(message.properties.UserProperty) == {"schema": of["headers"]["properties"]["schema"]["const"]}
        assert message.properties.ContentType == of["contentType"]
        assert message.qos == document["operations"][f"send_{name}"]["bindings"]["mqtt"]["qos"]
        schema = json.loads((FOLDER / of["payload"]["$ref"]).read_text())
        assert set(json.loads(payload)) <= set(schema["$defs"][type(summary).__name__]["properties"])
        seen.add(name)
    assert seen == {"summary", "hours"}


def test_a_deleted_summary_is_cleared_and_the_others_stay(tmp_path: Path, broker: SiteBroker) -> None:
    store = year_in(tmp_path / "other.db")
    first = teller(store, broker)
    before = first.once().told
    with store.engine.begin() as line:
        gone = line.exec_driver_sql("DELETE FROM summary WHERE site = 'all'").rowcount
    assert gone > 0
    assert teller(store, broker).once() == Telling(told=before - gone, cleared=gone)
    left = {topic for topic, _, _ in retained(broker, most=before - gone)}
    assert not any("/all/" in topic for topic in left)
    assert teller(store, broker).once().cleared == 0
    store.close()


def test_a_broker_that_lost_its_retained_messages_has_them_back_with_the_next_connection(
    told: Store, broker: SiteBroker
) -> None:
    again = teller(told, broker)
    told_first = again.once().told
    with broker.role("telling") as line:
        clear_all(line, told)
    assert again.once().told == told_first
    assert len(list(retained(broker, most=told_first))) == told_first


def clear_all(line: Line, store: Store) -> None:
    with store.reading() as reading:
        for each in summaries(reading):
            line.publish(summary_topic(each), b"", retain=True)


def test_another_certificate_is_refused_and_says_what_to_do(told: Store, broker: SiteBroker) -> None:
    with pytest.raises(BrokerRefused, match=r"allow it to write counterpoint-summary/v1/\+/\+"):
        teller(told, broker, "collector").once()


def test_a_broker_that_is_not_there_is_waited_for(told: Store, broker: SiteBroker) -> None:
    there = teller(told, broker)
    broker.stop()
    with pytest.raises(BrokerUnreachable, match="no broker answers"):
        there.once()
    broker.start()
    said: list[str] = []
    there.run(lambda: any("told" in line for line in said), said.append)
    assert said[-1].endswith("summaries told, 0 cleared")


def test_a_payload_that_is_no_summary_is_refused_by_who_reads_it() -> None:
    with pytest.raises(ValueError, match="not a summary"):
        decode_summary(msgspec.json.encode({"schema": "summary.v1", "name": "somebody"}))
