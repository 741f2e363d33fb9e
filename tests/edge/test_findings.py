"""What the sensor found stays on the machine, coarse, and says nothing of when."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from counterpoint.edge.findings import NAME, Findings, read_findings
from counterpoint.errors import StorageError
from counterpoint.values import Placement


def test_the_doctor_reads_what_the_sensor_kept(tmp_path: Path) -> None:
    findings = Findings(tmp_path)
    findings.keep(Placement(turned=True), "customer")
    assert read_findings(tmp_path) == (Placement(turned=True), "customer")
    findings.keep(Placement(), None)
    assert read_findings(tmp_path) == (Placement(), None)


def test_the_file_holds_four_coarse_answers_and_no_time(tmp_path: Path) -> None:
    Findings(tmp_path).keep(Placement(), "customer")
    assert json.loads((tmp_path / NAME).read_text()) == {
        "wrong_order": False,
        "turned": False,
        "alike": False,
        "unheard": "customer",
    }
    assert (tmp_path / NAME).stat().st_mtime == 0


def test_nothing_is_written_while_nothing_changes(tmp_path: Path) -> None:
    findings = Findings(tmp_path)
    findings.keep(Placement(), None)
    (tmp_path / NAME).unlink()
    findings.keep(Placement(), None)
    assert read_findings(tmp_path) is None


def test_what_an_earlier_run_found_is_gone_with_the_first_keep(tmp_path: Path) -> None:
    Findings(tmp_path).keep(Placement(wrong_order=True), None)
    Findings(tmp_path).keep(Placement(), None)
    assert read_findings(tmp_path) == (Placement(), None)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"turned": 3}', b"\xff", b"x" * 10_000])
def test_what_can_not_be_read_is_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    assert read_findings(tmp_path) is None


def test_a_folder_that_is_not_there_is_a_storage_error_and_tried_again(tmp_path: Path) -> None:
    findings = Findings(tmp_path / "state")
    with pytest.raises(StorageError):
        findings.keep(Placement(), None)
    (tmp_path / "state").mkdir()
    findings.keep(Placement(), None)
    assert read_findings(tmp_path / "state") == (Placement(), None)
