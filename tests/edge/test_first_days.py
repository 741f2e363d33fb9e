"""The first days without light are counted while the device runs, across restarts."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterpoint.edge.first_days import FirstDays

DAY_S = 86_400


def test_a_new_device_is_dark_for_all_of_its_dark_days(tmp_path: Path) -> None:
    assert FirstDays(tmp_path).dark_until_s(7) == 7 * DAY_S
    assert FirstDays(tmp_path).dark_until_s(0) == 0


def test_hours_add_up_across_restarts(tmp_path: Path) -> None:
    for _ in range(2):
        days = FirstDays(tmp_path)
        for at_s in range(0, 4 * 3600 + 1, 5):
            days.keep(float(at_s))
    assert FirstDays(tmp_path).dark_until_s(1) == DAY_S - 8 * 3600


def test_it_is_written_once_an_hour_and_not_after_60_days(tmp_path: Path) -> None:
    days = FirstDays(tmp_path)
    days.keep(3599.0)
    assert not (tmp_path / "ran_s").exists()
    (tmp_path / "ran_s").write_text(str(60 * DAY_S))
    FirstDays(tmp_path).keep(4000.0)
    assert (tmp_path / "ran_s").read_text() == str(60 * DAY_S)


@pytest.mark.parametrize("content", [b"", b"-5", b"1e9", b"\xff", b"9" * 11, b"12\n"])
def test_a_file_that_is_no_count_keeps_it_dark(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ran_s").write_bytes(content)
    assert FirstDays(tmp_path).dark_until_s(3) == 3 * DAY_S
