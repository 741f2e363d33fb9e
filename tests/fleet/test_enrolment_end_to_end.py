"""Devices and the fleet, real HTTPS, real certificates, a real Mosquitto: what works, and what is refused."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from counterpoint.app import enrol as wiring
from counterpoint.edge import enrolment, enrolment_proof
from counterpoint.edge.enrolment_proof import prove
from counterpoint.errors import ClockNotSet, EnrolmentRefused, EnrolmentUnreachable, UsageError
from enrolment_site import APPROVER, DUE, MAKER, Box, Site, SiteBroker

TAKEN, NOBODY_LISTENS = 0x00, 0x10

pytestmark = pytest.mark.real


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path / "site") as site:
        yield site


@pytest.mark.timeout(240)  # many handshakes, and a disk that is synced each time
def test_twenty_devices_at_once_enrol_and_publish(site: Site, tmp_path: Path) -> None:
    with SiteBroker(site, tmp_path / "broker") as broker, ThreadPoolExecutor(20) as crowd:
        tags = [f"PC-{number}" for number in range(20)]
        boxes = [site.device(tag, token=token) for tag, token in zip(tags, site.tokens(*tags), strict=True)]
        for ended in [crowd.submit(box.enrol) for box in boxes]:
            assert isinstance(ended.exception(), EnrolmentUnreachable)  # they wait for approval
        assert len(site.office.approve([], APPROVER, everything=True)) == 20
        assert [ended.result() for ended in [crowd.submit(box.enrol) for box in boxes]] == [0] * 20
        assert len({box.id for box in boxes}) == 20
        broker.reload()
        for box in boxes:
            assert b"@" not in box.boot_file.read_bytes()
            with broker.device(box) as line:
                assert line.publish(f"counterpoint/v1/hall-3/{box.id}/window") in {TAKEN, NOBODY_LISTENS}
    assert site.alarms() == []


def test_a_device_asks_again_until_somebody_has_approved(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    box = site.device("PC-1")
    waits: list[float] = []

    def sleep(wait_s: float) -> None:
        waits.append(wait_s)
        if len(waits) == 3:
            site.office.approve(["PC-1"], APPROVER)

    monkeypatch.setattr(time, "sleep", sleep)
    assert box.enrol(patience_s=None) == 0
    assert len(waits) == 3


def test_what_a_certificate_and_the_disk_say_of_the_device(site: Site) -> None:
    box = site.enrolled("PC-1042")
    text = subprocess.run(
        ["openssl", "x509", "-in", box.certificate, "-noout", "-text"], capture_output=True, text=True, check=True
    ).stdout
    assert f"CN = {box.id}" in text or f"CN={box.id}" in text
    assert "PC-1042" not in text
    assert "hall-3" not in text
    assert box.key.stat().st_mode & 0o007 == 0
    prove(box.certificate, box.key, box.ca)


def refused(box: Box, match: str) -> None:
    """Refused in words; the boot file and what the device has stay as they are."""
    boot, kept = box.boot_file.read_bytes(), box.certificate.exists()
    with pytest.raises(EnrolmentRefused, match=match):
        box.enrol()
    assert box.boot_file.read_bytes() == boot
    assert box.certificate.exists() == kept


def test_a_wrong_token_is_refused_and_the_right_one_then_works(site: Site) -> None:
    box = site.device("PC-1", token="x" * 32)
    refused(box, "token is unknown")
    box.write_boot_file(site, site.tokens("PC-1")[0])
    with pytest.raises(EnrolmentUnreachable, match="has to approve"):
        box.enrol()


def test_a_used_token_is_refused_to_another_device_and_raises_an_alarm(site: Site) -> None:
    token = site.tokens("PC-1")[0]
    first, second = site.device("PC-1", token=token), site.device("PC-2", token=token)
    with pytest.raises(EnrolmentUnreachable):
        first.enrol()
    refused(second, "used by another device")
    refused(second, "used by another device")
    assert site.alarms() == ["one token, two devices: the token of PC-1 came again with another key"]
    site.office.approve(["PC-1"], APPROVER)
    assert first.enrol() == 0


def test_an_expired_token_is_refused(site: Site) -> None:
    box = site.device("PC-1", token=site.tokens("PC-1", days=-1)[0])
    refused(box, "token ended on")


def test_who_made_the_token_cant_approve(site: Site) -> None:
    box = site.device("PC-1")
    with pytest.raises(EnrolmentUnreachable):
        box.enrol()
    with pytest.raises(UsageError, match="another person has to approve"):
        site.office.approve(["PC-1"], MAKER)
    assert site.office.approve([], MAKER, everything=True) == []
    assert site.state("PC-1") == "waits"


def test_a_key_that_came_with_an_image_enrols_once_only(site: Site) -> None:
    """The card of an enrolled device is copied, and the copy gets a boot file of its own."""
    first = site.device("PC-1")
    with pytest.raises(EnrolmentUnreachable):
        first.enrol()
    copy = site.device("PC-2")
    shutil.copy(first.key.with_name("device.key.next"), copy.key.with_name("device.key.next"))
    memory = (first.etc / "enrolment.json").read_text()
    (copy.etc / "enrolment.json").write_text(memory.replace(digest_of_token(first), digest_of_token(copy)))
    refused(copy, "this key has enrolled before")
    assert [
        alarm for alarm in site.alarms() if alarm.startswith("one key, two devices: PC-2 came with the key of PC-1")
    ]


def digest_of_token(box: Box) -> str:
    token = box.boot_file.read_text().split('token = "')[1].split('"')[0]
    return sha256(token.encode()).hexdigest()


def test_a_foreign_service_never_sees_the_token(site: Site, tmp_path: Path) -> None:
    with Site(tmp_path / "other", "another site") as other:
        box = other.device("PC-1")
        box.write_boot_file(other, other.tokens("PC-1")[0], digest=site.authority.digest)
        refused(box, "another fingerprint")
        box.write_boot_file(other, other.tokens("PC-1")[0])
        box.ca.with_name("ca.pem.pinned").write_text(other.authority.pem)
        with pytest.raises(EnrolmentUnreachable, match="has to approve"):
            box.enrol()
        other.stop()
        site.port = other.port  # somebody else takes the address, with a certificate of another authority
        site.stop()
        site.start()
        refused(box, "the site's authority has not signed")


def test_a_foreign_certificate_is_refused(site: Site, tmp_path: Path) -> None:
    with Site(tmp_path / "other", "another site") as other:
        box = other.enrolled("PC-1", days=DUE)
    box.ca.write_text(site.authority.pem)
    box.settings.write_text(box.settings.read_text().replace(str(other.port), str(site.port)))
    with pytest.raises((EnrolmentRefused, EnrolmentUnreachable), match=r"TLS handshake|does not answer"):
        box.enrol(renewal_only=True)


@pytest.mark.parametrize("year", [1970, 2020])
def test_with_a_clock_that_is_not_set_the_token_waits(site: Site, monkeypatch: pytest.MonkeyPatch, year: int) -> None:
    box = site.device("PC-1")
    before = box.boot_file.read_bytes()

    class Then(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override] # as narrow as its use
            assert tz is UTC
            return datetime(year, 1, 1, tzinfo=UTC)

    with monkeypatch.context() as patched:
        patched.setattr(enrolment, "datetime", Then)
        patched.setattr(enrolment_proof, "datetime", Then)
        with pytest.raises(ClockNotSet, match=f"it says {year}-01-01"):
            box.enrol()
    assert box.boot_file.read_bytes() == before
    with pytest.raises(EnrolmentUnreachable, match="has to approve"):
        box.enrol()


@pytest.mark.parametrize(("is_set", "kind"), [(False, ClockNotSet), (True, EnrolmentRefused)])
def test_a_clock_that_runs_behind_is_told_as_such(
    site: Site, monkeypatch: pytest.MonkeyPatch, kind: type[Exception], *, is_set: bool
) -> None:
    site.stop()
    site.served_by = datetime.now(UTC) + timedelta(days=3)
    site.start()
    box = site.device("PC-1")
    monkeypatch.setattr(enrolment_proof, "clock_is_set", lambda: is_set)
    with pytest.raises(kind, match="clock"):
        box.enrol()


def test_a_service_that_is_away_is_asked_again(site: Site) -> None:
    box = site.device("PC-1")
    site.stop()
    with pytest.raises(EnrolmentUnreachable, match="does not answer"):
        box.enrol()
    site.start()
    with pytest.raises(EnrolmentUnreachable, match="has to approve"):
        box.enrol()


def test_the_waits_of_many_are_spread(site: Site) -> None:
    random.seed(1)
    firsts = [next(wiring._pauses(None)) or 0 for _ in range(100)]
    assert min(firsts) < 3.5
    assert max(firsts) > 6.5
    assert site.alarms() == []
