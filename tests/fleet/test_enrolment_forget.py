"""A device that has gone is deleted: from the list, from the alarms, and from what the broker retains."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from counterpoint.app.cli import main
from counterpoint.errors import EnrolmentRefused, EnrolmentUnreachable, UsageError
from counterpoint.fleet.enrolment.broker_files import REVOKED, RULES
from counterpoint.fleet.enrolment.office import Office
from enrolment_site import APPROVER, DUE, Box, Site, SiteBroker

ARRIVES_S = 0.5

pytestmark = pytest.mark.real


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path / "site") as site:
        yield site


def enrolled(site: Site, tag: str, token: str) -> Box:
    box = site.device(tag, token=token)
    with pytest.raises(EnrolmentUnreachable):
        box.enrol()
    site.office.approve([tag], APPROVER)
    box.enrol()
    return box


def revoked(broker: SiteBroker) -> list[int]:
    listed = x509.load_pem_x509_crl((broker.plan.folder / REVOKED).read_bytes())
    return [one.serial_number for one in listed]


def test_nothing_of_it_is_left_but_the_serial_number_on_the_revocation_list(site: Site, tmp_path: Path) -> None:
    broker = SiteBroker(site, tmp_path / "broker")
    (token,) = site.tokens("PC-1")
    gone, stays = enrolled(site, "PC-1", token), site.enrolled("PC-10")
    with pytest.raises(EnrolmentRefused, match="used by another"):  # an alarm that names it
        site.device("PC-1-copied", token=token).enrol()
    assert len(site.alarms()) == 1
    site.office.forget("PC-1", APPROVER, site.authority)
    assert [one.device.asset_tag for one in site.office.devices()] == ["PC-10"]
    assert revoked(broker) == [gone.serial]
    assert gone.id not in (broker.plan.folder / RULES).read_text()
    assert stays.id in (broker.plan.folder / RULES).read_text()
    assert site.alarms() == []
    kept = b"".join(path.read_bytes() for path in site.folder.iterdir() if path.name.startswith("enrolment.db"))
    assert [what for what in (gone.id.encode(), b"PC-1\x00", b"PC-1 ") if what in kept] == []


def test_once_its_certificate_would_have_ended_the_number_goes_too(site: Site, tmp_path: Path) -> None:
    broker = SiteBroker(site, tmp_path / "broker")
    first, second = site.enrolled("PC-1", days=30), site.enrolled("PC-2")
    site.office.forget("PC-1", APPROVER, site.authority)
    later = Office(site.folder, now=lambda: datetime.now(UTC) + timedelta(days=60))
    later.forget("PC-2", APPROVER, site.authority)
    assert revoked(broker) == [second.serial]
    assert first.serial != second.serial


def test_it_gets_no_certificate_any_more_and_may_come_back_with_a_new_token(site: Site) -> None:
    box = site.enrolled("PC-1", days=0.01)
    site.office.forget("PC-1", APPROVER, site.authority)
    with pytest.raises(EnrolmentRefused, match="not one of this fleet's devices"):
        box.enrol(renewal_only=True)
    again = site.enrolled("PC-1-again")
    assert again.id != box.id


def test_those_that_stay_are_renewed_and_others_enrol_after_it(site: Site) -> None:
    site.enrolled("PC-1")
    stays = site.enrolled("PC-2", days=DUE)
    site.office.forget("PC-1", APPROVER, site.authority)
    before = stays.serial
    stays.enrol(renewal_only=True)
    assert stays.serial != before
    site.enrolled("PC-3")


def test_an_alarm_goes_whose_asset_tag_is_of_several_words(site: Site) -> None:
    tags = "PC 1", "PC 10"
    for tag in tags:
        (token,) = site.tokens(tag)
        enrolled(site, tag, token)
        with pytest.raises(EnrolmentRefused, match="used by another"):
            site.device(f"{tag} copied", token=token).enrol()
    site.office.forget("PC 1", APPROVER, site.authority)
    (alarm,) = site.alarms()
    assert "PC 10" in alarm


def test_what_is_not_there_is_told(site: Site) -> None:
    with pytest.raises(UsageError, match="no device 'PC-9' here"):
        site.office.forget("PC-9", APPROVER, site.authority)


def typed(site: Site, broker: SiteBroker, tag: str, folder: Path) -> int:
    words = ["forget", tag, "--by", "ben", "--operator", str(folder), "--port", str(broker.port)]
    return main(["fleet", "enrolment", *words, "--store", str(site.folder)])


def leave_words(broker: SiteBroker, box: Box) -> list[str]:
    topics = [f"counterpoint/v1/hall-3/{box.id}/{leaf}" for leaf in ("state", "birth")]
    with broker.device(box) as line:
        assert all(line.publish(topic, retain=True) in {0x00, 0x10} for topic in topics)
    return topics


def retained(broker: SiteBroker) -> list[str]:
    with broker.role("watcher") as watcher:
        watcher.subscribe("counterpoint/v1/+/+/state")
        watcher.subscribe("counterpoint/v1/+/+/birth")
        time.sleep(ARRIVES_S)
        return sorted(message.topic for message in watcher.arrived)


def test_the_broker_takes_back_what_it_retained_of_it(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with SiteBroker(site, tmp_path / "broker") as broker:
        gone, stays = site.enrolled("PC-1"), site.enrolled("PC-2")
        broker.reload()
        leave_words(broker, gone)
        kept = leave_words(broker, stays)
        assert typed(site, broker, "PC-1", broker.roles["operator"]) == 0
        assert retained(broker) == sorted(kept)
    assert "the broker has taken back its state and birth" in capsys.readouterr().out


def test_a_broker_that_is_away_or_refuses_is_told_and_the_device_is_deleted_here(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broker = SiteBroker(site, tmp_path / "broker")
    site.enrolled("PC-1")
    assert typed(site, broker, "PC-1", broker.roles["operator"]) == 2
    assert "by hand" in capsys.readouterr().err
    assert site.office.devices() == []
    site.enrolled("PC-2")
    assert main(["fleet", "enrolment", "forget", "PC-2", "--by", "ben", "--store", str(site.folder)]) == 0
    assert "give --operator" in capsys.readouterr().out


def test_a_folder_without_the_operators_certificate_is_told_before_anything_is_deleted(
    site: Site, tmp_path: Path
) -> None:
    broker = SiteBroker(site, tmp_path / "broker")
    site.enrolled("PC-1")
    assert typed(site, broker, "PC-1", tmp_path) == 2
    assert site.state("PC-1") == "enrolled"
