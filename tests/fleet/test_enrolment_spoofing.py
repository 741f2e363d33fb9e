"""A device that lies to a real Mosquitto with the generated files: about its site, its id, a command, a summary."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from enrolment_site import Box, Line, Site, SiteBroker

TAKEN, NOBODY_LISTENS, NOT_AUTHORISED = 0x00, 0x10, 0x87
OWN = ("state", "birth", "health", "window", "reply")
SUMMARY = "counterpoint-summary/v1/hall-3/2026-w14"
ARRIVES_S = 0.5

pytestmark = pytest.mark.real


class Room:
    """Two devices at two sites, and their broker."""

    def __init__(self, folder: Path, site: Site, broker: SiteBroker) -> None:
        self.folder, self.site, self.broker = folder, site, broker
        self.ours, self.theirs = site.enrolled("PC-1", "hall-3"), site.enrolled("PC-2", "hall-4")
        broker.reload()


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("spoofing")
    with Site(folder / "site") as site, SiteBroker(site, folder / "broker") as broker:
        yield Room(folder, site, broker)


@pytest.fixture
def line(room: Room) -> Iterator[Line]:
    with room.broker.device(room.ours) as line:
        assert line.code == TAKEN
        yield line


def own(box: Box, leaf: str, site: str = "hall-3") -> str:
    return f"counterpoint/v1/{site}/{box.id}/{leaf}"


@pytest.mark.parametrize("leaf", OWN)
def test_a_device_writes_its_own_topics(room: Room, line: Line, leaf: str) -> None:
    assert line.publish(own(room.ours, leaf)) in {TAKEN, NOBODY_LISTENS}


def test_the_collector_reads_what_devices_write_and_nothing_else(room: Room, line: Line) -> None:
    with room.broker.role("collector") as collector:
        assert collector.subscribe("counterpoint/v1/+/+/window") == 1
        assert line.publish(own(room.ours, "window")) == TAKEN
        assert arrives(collector)
        foreigns = own(room.ours, "cmd"), own(room.ours, "window"), "counterpoint/v1/hall-3/new/state", SUMMARY
        for foreign in foreigns:
            assert collector.publish(foreign) == NOT_AUTHORISED


@pytest.mark.parametrize(
    "topic",
    [
        "counterpoint/v1/hall-4/{ours}/window",  # another site
        "counterpoint/v1/hall-4/{theirs}/window",  # another device
        "counterpoint/v1/hall-3/{theirs}/window",
        "counterpoint/v1/hall-3/{ours}/cmd",  # a command to itself
        "counterpoint/v1/hall-4/{theirs}/cmd",  # and to another
        SUMMARY,
        "counterpoint/v1/hall-3/{ours}/window/more",
        "counterpoint/v1/hall-3/{ours}/other",
        "counterpoint/v2/hall-3/{ours}/window",
        "$share/all/counterpoint/v1/hall-3/{ours}/window",
        "anything",
    ],
)
def test_each_lie_is_refused_with_its_reason_code(room: Room, line: Line, topic: str) -> None:
    assert line.publish(topic.format(ours=room.ours.id, theirs=room.theirs.id)) == NOT_AUTHORISED
    assert line.publish(topic.format(ours=room.ours.id, theirs=room.theirs.id), retain=True) == NOT_AUTHORISED


@pytest.mark.parametrize("topics", ["#", "counterpoint/v1/hall-4/{theirs}/cmd", "counterpoint/v1/+/+/window", "$SYS/#"])
def test_what_is_not_for_a_device_never_reaches_it(room: Room, line: Line, topics: str) -> None:
    """Mosquitto 2.0 takes any subscription (SUBACK is no refusal) and judges each message as it would deliver it."""
    line.subscribe(topics.format(theirs=room.theirs.id))
    with room.broker.role("operator") as operator, room.broker.device(room.theirs) as theirs:
        assert operator.publish(own(room.theirs, "cmd", "hall-4")) in {TAKEN, NOBODY_LISTENS}
        assert theirs.publish(own(room.theirs, "window", "hall-4")) in {TAKEN, NOBODY_LISTENS}
        time.sleep(ARRIVES_S)
    assert [message.topic for message in line.arrived] == []


def test_a_device_reads_its_own_commands(room: Room, line: Line) -> None:
    line.subscribe(own(room.ours, "cmd"))
    with room.broker.role("operator") as operator:
        assert operator.publish(own(room.ours, "cmd")) == TAKEN
    assert arrives(line)


def test_a_watcher_reads_answers_and_writes_nothing(room: Room, line: Line) -> None:
    with room.broker.role("watcher") as watcher:
        watcher.subscribe("#")
        assert line.publish(own(room.ours, "window")) in {TAKEN, NOBODY_LISTENS}
        assert line.publish(own(room.ours, "reply")) == TAKEN
        assert arrives(watcher)
        assert [message.topic for message in watcher.arrived if not message.retain] == [own(room.ours, "reply")]
        for leaf in ("cmd", "state", "reply"):
            assert watcher.publish(own(room.ours, leaf)) == NOT_AUTHORISED


@pytest.mark.parametrize(("whose", "published"), [("theirs", False), ("ours", True)])
def test_a_will_is_published_on_ones_own_topic_only(room: Room, whose: str, *, published: bool) -> None:
    """Mosquitto 2.0 takes the line and judges the will when it would be published."""
    box, site = (room.theirs, "hall-4") if whose == "theirs" else (room.ours, "hall-3")
    with room.broker.role("operator") as operator:
        operator.subscribe("counterpoint/v1/+/+/state")
        with room.broker.device(room.ours, will=own(box, "state", site)) as line:
            line.cut()
            assert arrives(operator, ARRIVES_S) == published


def test_another_client_id_takes_nobodys_place(room: Room) -> None:
    """The broker takes the name from the certificate, so a session, its queue and its will can't be stolen."""
    with (
        room.broker.device(room.theirs) as theirs,
        room.broker.device(room.ours, name=room.theirs.id) as line,
    ):
        assert line.publish(own(room.theirs, "window", "hall-4")) == NOT_AUTHORISED
        assert not theirs.closed


def test_a_dashboard_only_reads_summaries(room: Room, line: Line) -> None:
    with room.broker.role("dashboard") as dashboard, room.broker.role("telling") as telling:
        dashboard.subscribe("#")
        assert telling.publish(SUMMARY) == TAKEN
        assert line.publish(own(room.ours, "window")) in {TAKEN, NOBODY_LISTENS}
        time.sleep(ARRIVES_S)
        assert [message.topic for message in dashboard.arrived] == [SUMMARY]
        for topic in (SUMMARY, own(room.ours, "window"), own(room.ours, "cmd")):
            assert dashboard.publish(topic) == NOT_AUTHORISED


def test_telling_writes_summaries_and_does_nothing_else(room: Room, line: Line) -> None:
    with room.broker.role("telling") as telling, room.broker.role("dashboard") as dashboard:
        telling.subscribe("#")
        dashboard.subscribe(SUMMARY)
        for topic in (own(room.ours, "window"), own(room.ours, "cmd"), own(room.ours, "state"), SUMMARY + "/more"):
            assert telling.publish(topic) == NOT_AUTHORISED
            assert telling.publish(topic, retain=True) == NOT_AUTHORISED
        assert telling.publish(SUMMARY) == TAKEN
        assert line.publish(own(room.ours, "reply")) in {TAKEN, NOBODY_LISTENS}
        time.sleep(ARRIVES_S)
        assert [message.topic for message in telling.arrived] == []


def test_a_certificate_of_another_authority_opens_no_line(room: Room, tmp_path: Path) -> None:
    with Site(tmp_path / "foreign", "another site") as foreign:
        box = foreign.enrolled("PC-9")
    with Line(room.broker.port, room.ours.ca, (box.certificate, box.key)) as line:
        assert line.code is None


def arrives(line: Line, within_s: float = 5.0) -> bool:
    until_s = time.monotonic() + within_s
    while not line.arrived and time.monotonic() < until_s:
        time.sleep(0.02)
    return bool(line.arrived)
