"""Renewal: a new key each time, copies found, and a way back for who was away too long."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterpoint.edge.device_key import make_request
from counterpoint.edge.enrolment_proof import prove
from counterpoint.edge.enrolment_service import EnrolmentService
from counterpoint.errors import EnrolmentRefused, EnrolmentUnreachable, UsageError
from counterpoint.settings import NetworkSettings
from enrolment_site import APPROVER, DUE, MAKER, Site

pytestmark = pytest.mark.real


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path / "site") as site:
        yield site


def test_renewal_at_two_thirds_brings_a_new_key_and_keeps_the_id(site: Site) -> None:
    box = site.enrolled("PC-1", days=DUE)
    name, serial, key = box.id, box.serial, box.key.read_bytes()
    assert box.enrol(renewal_only=True) == 0
    assert (box.id, box.serial == serial, box.key.read_bytes() == key) == (name, False, False)
    serial = box.serial
    assert box.enrol(renewal_only=True) == 0  # nothing is due any more
    assert box.serial == serial
    assert site.alarms() == []


def test_a_lost_answer_to_a_renewal_is_given_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    box = site.enrolled("PC-1", days=DUE)
    serial = box.serial
    with monkeypatch.context() as patched:
        patched.setattr(EnrolmentService, "renew", lose(EnrolmentService.renew))
        with pytest.raises(EnrolmentUnreachable, match="lost"):
            box.enrol(renewal_only=True)
    assert box.serial == serial
    assert box.enrol(renewal_only=True) == 0
    assert box.serial != serial
    assert site.alarms() == []


def lose(ask: object) -> object:
    def asked(service: EnrolmentService, request: str) -> None:
        assert callable(ask)
        ask(service, request)
        raise EnrolmentUnreachable("the answer was lost")

    return asked


def test_a_copied_card_is_found_at_the_renewal(site: Site, tmp_path: Path) -> None:
    box = site.enrolled("PC-1", days=DUE)
    shutil.copytree(box.etc, tmp_path / "copy")
    assert box.enrol(renewal_only=True) == 0
    for name in ("device.pem", "device.key", "enrolment.json"):
        shutil.copy(tmp_path / "copy" / name, box.etc / name)  # the copy runs from the same paths
    kept = box.certificate.read_bytes()
    with pytest.raises(EnrolmentRefused, match="renewed before, by another key"):
        box.enrol(renewal_only=True)
    assert box.certificate.read_bytes() == kept
    assert [alarm for alarm in site.alarms() if alarm.startswith("one certificate, two devices: PC-1")]


def test_a_device_that_was_away_too_long_waits_for_an_approval(site: Site) -> None:
    box = site.enrolled("PC-1")
    name = box.id
    site.end(box)
    with pytest.raises(EnrolmentUnreachable, match="has to approve"):
        box.enrol()
    assert [device.state for device in site.office.waiting()] == ["late"]
    with pytest.raises(UsageError, match="another person"):
        site.office.approve(["PC-1"], MAKER)
    site.office.approve(["PC-1"], APPROVER)
    assert box.enrol() == 0
    assert (box.id, site.state("PC-1"), site.alarms()) == (name, "enrolled", [])
    prove(box.certificate, box.key, box.ca)


def test_a_certificate_that_has_ended_opens_no_door(site: Site) -> None:
    box = site.enrolled("PC-1")
    site.end(box)
    service = EnrolmentService(f"https://localhost:{site.port}", NetworkSettings(), box.ca, (box.certificate, box.key))
    with pytest.raises((EnrolmentRefused, EnrolmentUnreachable), match=r"TLS handshake|does not answer"):
        service.renew(make_request(box.key, "any"))


def test_a_key_that_a_renewal_replaced_opens_nothing(site: Site, tmp_path: Path) -> None:
    box = site.enrolled("PC-1", days=DUE)
    shutil.copytree(box.etc, tmp_path / "copy")
    assert box.enrol() == 0
    for name in ("device.pem", "device.key", "enrolment.json"):
        shutil.copy(tmp_path / "copy" / name, box.etc / name)
    site.end(box, known=False)
    with pytest.raises(EnrolmentRefused, match="replaced by a renewal"):
        box.enrol()
    assert [alarm for alarm in site.alarms() if alarm.startswith("an old key: PC-1")]


def test_a_new_boot_file_enrols_a_revoked_device_anew(site: Site) -> None:
    box = site.enrolled("PC-1")
    name, key = box.id, box.key.read_bytes()
    site.office.revoke("PC-1", APPROVER, site.authority)
    box.write_boot_file(site, site.tokens("PC-1")[0])
    with pytest.raises(EnrolmentUnreachable, match="has to approve"):
        box.enrol()
    assert (box.id, box.key.read_bytes()) == (name, key)  # until the new one is here
    site.office.approve(["PC-1"], APPROVER)
    assert box.enrol() == 0
    assert (box.id == name, box.key.read_bytes() == key) == (False, False)
