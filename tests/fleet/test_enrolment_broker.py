"""Mosquitto follows the fleet: a new device is let in, a revoked one is shut out, over TCP and over WebSocket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from counterpoint.errors import UsageError
from enrolment_site import APPROVER, DUE, Site, SiteBroker

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
