"""What a real Mosquitto lets a device do, asked without anybody noticing; and what the doctor then says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker_server import Authority, BrokerServer, Listener
from counterpoint.care.checks import Check
from counterpoint.edge.examine_broker import look_at_broker
from counterpoint.edge.examine_rights import OWN, ask_rights
from counterpoint.edge.inbox import Statements
from counterpoint.edge.keys import load_identity
from counterpoint.errors import BrokerRefused
from counterpoint.settings import FolderSettings, Settings, SiteSettings

pytestmark = pytest.mark.real
SITE, DEVICE = "hall-3", "a1b2c3"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[BrokerServer]:
    with BrokerServer(tmp_path / "broker") as server:
        server.allow(SITE, DEVICE)
        yield server


def of(server: BrokerServer, tmp_path: Path, **other: object) -> Settings:
    (tmp_path / "inbox").mkdir(exist_ok=True)
    return Settings(
        site=SiteSettings(code=SITE),
        broker=server.settings(DEVICE, **other),
        folders=FolderSettings(inbox=str(tmp_path / "inbox")),
    )


def looked(settings: Settings) -> dict[str, Check]:
    return {check.name: check for check in look_at_broker(settings)}


def test_all_is_well_and_nobody_hears_of_it(server: BrokerServer, tmp_path: Path) -> None:
    with Listener(server, "#") as collector:
        checks = looked(of(server, tmp_path))
        time.sleep(0.5)
        assert collector.arrived.empty(), "nothing that was asked is delivered"
    assert {name: check.state for name, check in checks.items()} == {
        "broker": "ok",
        "certificate": "ok",
        "topics": "ok",
        "fences": "ok",
    }
    assert checks["topics"].what == "may publish state, birth, health, window, reply"
    assert "29 days left" in checks["certificate"].what


def test_the_broker_answers_each_with_a_code_of_its_own(server: BrokerServer, tmp_path: Path) -> None:
    settings = of(server, tmp_path)
    rights = ask_rights(settings, load_identity(settings.broker))
    assert [one.is_refused for one in rights.asked] == [False] * len(OWN) + [True] * 4
    assert {one.code for one in rights.asked if one.whose == "foreign"} == {0x87}
    assert rights.overheard == 0


def test_a_topic_without_a_rule_is_named(server: BrokerServer, tmp_path: Path) -> None:
    server.forbid(f"topic write counterpoint/v1/{SITE}/{DEVICE}/window")
    assert looked(of(server, tmp_path))["topics"].what == "the broker refuses window (0x87)"


def test_another_site_in_the_settings_than_at_the_broker_is_told(server: BrokerServer) -> None:
    settings = Settings(site=SiteSettings(code="hall-4"), broker=server.settings(DEVICE), folders=FolderSettings())
    checks = looked(settings)
    assert checks["topics"].state == "fail"
    assert "site.code" in checks["topics"].remedy


def test_a_broker_without_fences_is_told_also_about_reading(server: BrokerServer, tmp_path: Path) -> None:
    server.allow("hall-9", "other")
    settings = of(server, tmp_path)
    server._rules += [f"user {DEVICE}", "topic readwrite #"]
    server._write_rules()
    with Listener(server, "counterpoint/#") as collector:
        collector._client.publish("counterpoint/v1/hall-9/other/birth", b"{}", qos=1, retain=True).wait_for_publish(5)
        fences = looked(settings)["fences"]
    assert fences.state == "fail"
    for leak in ("as another device", "at another site", "giving commands", "a summary", "reading 1 other devices"):
        assert leak in fences.what


def test_while_the_publisher_is_connected_the_broker_is_not_asked(server: BrokerServer, tmp_path: Path) -> None:
    settings = of(server, tmp_path)
    Statements(tmp_path / "inbox").fares(connected=True, trouble="")
    checks = looked(settings)
    assert (checks["topics"].state, checks["fences"].state) == ("skipped", "skipped")
    assert "systemctl stop counterpoint-publisher" in checks["topics"].remedy


def test_a_certificate_without_a_rule_can_do_nothing_and_is_told_so(server: BrokerServer) -> None:
    settings = Settings(site=SiteSettings(code=SITE), broker=server.settings("stranger"), folders=FolderSettings())
    checks = looked(settings)
    assert (checks["topics"].state, checks["fences"].state) == ("fail", "ok")


def test_a_broker_that_names_clients_by_certificate_answers_too(tmp_path: Path) -> None:
    server = BrokerServer(tmp_path / "broker")
    with (tmp_path / "broker" / "mosquitto.conf").open("a") as configuration:
        configuration.write("use_username_as_clientid true\n")
    with server:
        server.allow(SITE, DEVICE)
        assert looked(of(server, tmp_path))["fences"].state == "ok"


def test_a_foreign_certificate_is_named_beside_the_authority_of_the_settings(
    server: BrokerServer, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other", "Site CA")
    settings = of(server, tmp_path)
    checks = looked(Settings(site=settings.site, broker=server.settings(DEVICE, ca_file=str(other.file))))
    assert checks["broker"].state == "fail"
    assert "'test authority'" in checks["broker"].what
    assert "broker.ca_file is of 'Site CA'" in checks["broker"].what
    assert "exempt" in checks["broker"].remedy
    assert set(checks) == {"broker", "certificate"}


def test_a_certificate_that_has_ended_or_can_not_be_read_is_told(server: BrokerServer, tmp_path: Path) -> None:
    soon = of(server, tmp_path)
    server.authority.issue(DEVICE, days=3)  # in the place of the one of the settings
    assert looked(soon)["certificate"].state == "warn"
    (tmp_path / "broken.pem").write_text("nothing")
    broken = of(server, tmp_path, certificate_file=str(tmp_path / "broken.pem"))
    assert looked(broken)["certificate"].state == "fail"


def test_a_broker_that_goes_away_between_is_an_error_of_ours(server: BrokerServer, tmp_path: Path) -> None:
    settings = of(server, tmp_path)
    identity = load_identity(settings.broker)
    stranger = Authority(tmp_path / "other").issue(DEVICE)
    foreign = load_identity(
        server.settings(DEVICE, certificate_file=str(stranger[0]), key_file=str(stranger[1])),
    )
    with pytest.raises(BrokerRefused):
        ask_rights(settings, foreign)
    assert identity.device == DEVICE
