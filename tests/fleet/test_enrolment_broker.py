"""Mosquitto follows the fleet: a new device is let in, a revoked one is shut out, over TCP and over WebSocket."""

from __future__ import annotations

import shutil
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette

from broker_server import wait_until
from counterpoint.app import fleet
from counterpoint.errors import EnrolmentUnreachable, UsageError
from counterpoint.fleet.enrolment import service
from counterpoint.fleet.enrolment.authority import ROLE_DAYS
from counterpoint.fleet.enrolment.broker_files import ROLES, write_broker
from counterpoint.fleet.enrolment.office import Office
from counterpoint.fleet.enrolment.store import Store
from enrolment_site import APPROVER, DUE, Box, Site, SiteBroker

TAKEN, NOBODY_LISTENS, NOT_AUTHORISED = 0x00, 0x10, 0x87

pytestmark = pytest.mark.real


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path / "site") as site:
        yield site


@pytest.fixture
def broker(site: Site, tmp_path: Path) -> Iterator[SiteBroker]:
    with SiteBroker(site, tmp_path / "broker", websockets=True) as broker:
        yield broker


def test_a_new_device_has_its_rule_before_it_has_its_certificate(site: Site, broker: SiteBroker) -> None:
    box = site.enrolled("PC-1")
    assert f"user {box.id}\n" in (broker.plan.folder / "acl").read_text()
    broker.reload()
    with broker.device(box) as line:
        assert line.publish(f"counterpoint/v1/hall-3/{box.id}/birth") in {TAKEN, NOBODY_LISTENS}


def test_the_same_rules_hold_over_websocket(site: Site, broker: SiteBroker) -> None:
    box = site.enrolled("PC-1")
    broker.reload()
    with broker.device_over_websocket(box) as line:
        assert line.code == TAKEN
        assert line.publish(f"counterpoint/v1/hall-3/{box.id}/birth") in {TAKEN, NOBODY_LISTENS}
        assert line.publish(f"counterpoint/v1/hall-4/{box.id}/birth") == NOT_AUTHORISED


def test_a_revoked_device_can_write_nothing_after_a_reload(site: Site, broker: SiteBroker) -> None:
    box, other = site.enrolled("PC-1"), site.enrolled("PC-2")
    broker.reload()
    with broker.device(box) as line:
        site.office.revoke("PC-1", APPROVER, site.authority)
        broker.reload()
        assert line.publish(f"counterpoint/v1/hall-3/{box.id}/window") == NOT_AUTHORISED
    with broker.device(other) as line:
        assert line.publish(f"counterpoint/v1/hall-3/{other.id}/window") in {TAKEN, NOBODY_LISTENS}


def test_a_revoked_device_gets_no_line_any_more(site: Site, broker: SiteBroker) -> None:
    box, other = site.enrolled("PC-1"), site.enrolled("PC-2")
    site.office.revoke("PC-1", APPROVER, site.authority)
    broker.reload()
    with broker.device(other) as line:
        assert line.code == TAKEN
    with broker.device(box) as line:
        assert line.code is None


def test_a_revoked_device_is_refused_a_renewal(site: Site) -> None:
    box = site.enrolled("PC-1", days=DUE)
    site.office.revoke("PC-1", APPROVER, site.authority)
    kept = box.files()
    with pytest.raises(PermissionError, match="revoked"):
        box.enrol(renewal_only=True)
    assert box.files() == kept | {"device.key.next": box.files()["device.key.next"]}
    with pytest.raises(UsageError, match="revoked already"):
        site.office.revoke("PC-1", APPROVER, site.authority)


def test_rules_that_cant_be_written_are_an_alarm_and_no_reason_to_refuse(site: Site, broker: SiteBroker) -> None:
    (broker.plan.folder / "acl").unlink()
    (broker.plan.folder / "acl").mkdir()
    box = site.enrolled("PC-1")
    assert box.certificate.exists()
    assert [alarm for alarm in site.alarms() if "rules are old" in alarm]


def test_writing_the_broker_again_changes_no_certificate(site: Site, broker: SiteBroker) -> None:
    before = {path: path.read_bytes() for path in broker.plan.folder.rglob("*") if path.is_file()}
    write_broker(broker.plan, site.authority, datetime.now(UTC))
    assert {path: path.read_bytes() for path in before} == before


def test_the_brokers_certificate_is_renewed_when_it_is_due(site: Site, broker: SiteBroker) -> None:
    box = site.enrolled("PC-1")
    assert not site.office.renew_broker(site.authority)
    later = Office(site.folder, now=lambda: datetime.now(UTC) + timedelta(days=500))
    before = ssl.get_server_certificate(("localhost", broker.port))
    assert later.renew_broker(site.authority)
    broker.reload()
    assert ssl.get_server_certificate(("localhost", broker.port)) != before
    assert f"user {box.id}\n" in (broker.plan.folder / "acl").read_text()


def issued(broker: SiteBroker) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (broker.plan.folder / "roles").rglob("*.pem")}


def test_the_roles_certificates_are_renewed_at_two_thirds_and_a_person_is_told(site: Site, broker: SiteBroker) -> None:
    shutil.rmtree(broker.roles["collector"])  # carried to where it runs
    before = issued(broker)
    early = Office(site.folder, now=lambda: datetime.now(UTC) + timedelta(days=ROLE_DAYS * 0.6))
    assert set(early.renew_broker(site.authority)) <= {"broker"}
    later = Office(site.folder, now=lambda: datetime.now(UTC) + timedelta(days=ROLE_DAYS * 0.7))
    assert set(later.renew_broker(site.authority)) >= set(ROLES)
    after = issued(broker)
    assert all(after[f"{role}.pem"] != before.get(f"{role}.pem") for role in ROLES)
    assert [alarm for alarm in site.alarms() if "the collector needs a new certificate, carry it" in alarm]
    assert later.renew_broker(site.authority) == []


def test_writing_the_broker_again_makes_no_second_certificate_of_one_that_was_taken_away(
    site: Site, broker: SiteBroker
) -> None:
    shutil.rmtree(broker.roles["collector"])
    write_broker(broker.plan, site.authority, datetime.now(UTC))
    assert list(broker.roles["collector"].glob("*.key")) == []
    write_broker(broker.plan, site.authority, datetime.now(UTC) + timedelta(days=ROLE_DAYS * 0.7))
    assert [path.name for path in broker.roles["collector"].glob("*.key")] == ["collector.key"]


def test_a_service_that_runs_for_years_renews_what_is_due(
    site: Site, broker: SiteBroker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fleet, "A_DAY_S", 0.1)
    site.stop()
    with Store.work(site.folder) as store:
        store.set_fact(fleet.HOSTS, "localhost")
    old = broker.plan.folder / "roles" / "collector.issued.pem"
    ended = site.authority.make_client("collector", datetime.now(UTC) - timedelta(days=ROLE_DAYS - 9))[0]
    served = threading.Thread(
        target=fleet.serve, args=(fleet.Keeping(site.folder), ("127.0.0.1", site.port), 365.0), daemon=True
    )
    servers: list[uvicorn.Server] = []
    built = service.build_server

    def build(app: Starlette, pair: tuple[Path, Path], authority: Path) -> uvicorn.Server:
        servers.append(built(app, pair, authority))
        return servers[0]

    monkeypatch.setattr(service, "build_server", build)
    served.start()
    wait_until(lambda: servers and servers[0].started, "the service starts")
    before = ssl.get_server_certificate(("localhost", site.port))
    key = (site.folder / "service.key").rename(site.folder / "away")
    wait_until(lambda: "what is due is not renewed" in capsys.readouterr().err, "a file that is away is told")
    key.rename(site.folder / "service.key")
    old.write_text(ended.pem)
    (site.folder / "service.pem").write_text(ended.pem)
    wait_until(lambda: old.read_text() != ended.pem, "the collector's certificate is renewed")
    wait_until(lambda: ssl.get_server_certificate(("localhost", site.port)) != before, "the service shows a new one")
    servers[0].should_exit = True
    served.join(timeout=10)
    assert not served.is_alive()
    assert "the certificate of the collector is renewed: carry it to where it runs" in capsys.readouterr().err


def test_of_two_devices_with_one_asset_tag_the_waiting_one_is_approved(site: Site) -> None:
    """A card was written anew: the old device is in the list still."""
    old, new = site.enrolled("PC-1"), Box(site.devices / "again")
    new.write_boot_file(site, site.tokens("PC-1")[0])
    with pytest.raises(EnrolmentUnreachable):
        new.enrol()
    site.office.approve(["PC-1"], APPROVER)
    assert new.enrol() == 0
    with pytest.raises(UsageError, match=f"several devices .*{old.id}.*give the id|several devices .*{new.id}"):
        site.office.revoke("PC-1", APPROVER, site.authority)
    assert site.office.revoke(old.id, APPROVER, site.authority).id == old.id
    assert site.office.revoke("PC-1", APPROVER, site.authority).id == new.id
