"""A power cut between any two writes of an enrolment or a renewal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from counterpoint.edge import enrolment
from counterpoint.edge.enrolment_proof import prove
from counterpoint.errors import EnrolmentUnreachable
from enrolment_site import APPROVER, DUE, Site

pytestmark = pytest.mark.real


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path / "site") as site:
        yield site


class PowerCut(BaseException):
    """Nothing catches it."""


@pytest.mark.timeout(240)  # many handshakes, and a disk that is synced each time
@pytest.mark.parametrize("what", ["first certificate", "renewal"])
def test_a_power_cut_between_any_two_writes_loses_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    cuts = 0
    for allowed in range(40):
        tag = f"PC-{allowed}"
        box = site.device(tag) if what == "first certificate" else site.enrolled(tag, days=DUE)
        if what == "first certificate":
            with pytest.raises(EnrolmentUnreachable):
                box.enrol()
            site.office.approve([tag], APPROVER)
        with monkeypatch.context() as patched:
            cut_after(patched, allowed)
            try:
                ended = box.enrol()
            except PowerCut:
                ended = -1
        if ended == 0:
            break
        cuts += 1
        assert box.enrol() == 0
        prove(box.certificate, box.key, box.ca)
        assert b"token =" not in box.boot_file.read_bytes()
    assert cuts >= 5
    assert site.alarms() == []


def cut_after(patched: pytest.MonkeyPatch, allowed: int) -> None:
    """Let this many writes happen, and none after them."""
    left = allowed

    def counted(write: object) -> object:
        def writes(*arguments: object, **named: object) -> object:
            nonlocal left
            if left == 0:
                raise PowerCut
            left -= 1
            assert callable(write)
            return write(*arguments, **named)

        return writes

    for name in ("write_file", "take_up", "make_key", "write_memory", "wipe_token"):
        patched.setattr(enrolment, name, counted(getattr(enrolment, name)))
