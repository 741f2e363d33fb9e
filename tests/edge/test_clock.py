"""When the wall clock counts as set."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterpoint.edge.clock import BUILT_S, Kernel, clock_is_set, kernel_clock, timedated_clock

LATER = BUILT_S + 1.0
NO_MARK = Path("/nonexistent")


def test_the_kernel_can_be_asked_here_and_changes_nothing() -> None:
    assert kernel_clock() in set(Kernel)
    assert kernel_clock() is kernel_clock()


@pytest.mark.parametrize(("kernel", "is_set"), [(Kernel.SET, True), (Kernel.NOT_SET, False), (Kernel.SILENT, True)])
def test_the_kernel_decides_and_the_year_only_where_it_is_silent(kernel: Kernel, *, is_set: bool) -> None:
    assert clock_is_set(lambda: kernel, lambda: LATER, NO_MARK) is is_set


@pytest.mark.parametrize("kernel", list(Kernel))
def test_a_year_that_can_not_be_is_never_set(kernel: Kernel) -> None:
    assert not clock_is_set(lambda: kernel, lambda: 0.0, NO_MARK)


def test_the_first_answer_of_a_time_server_is_enough(tmp_path: Path) -> None:
    mark = tmp_path / "synchronized"
    mark.touch()
    assert clock_is_set(lambda: Kernel.NOT_SET, lambda: LATER, mark)


@pytest.mark.parametrize(("answer", "clock"), [("yes", Kernel.SET), ("no", Kernel.NOT_SET), ("what?", Kernel.SILENT)])
def test_where_the_kernel_may_not_be_asked_timedated_is(
    answer: str, clock: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timedatectl = tmp_path / "timedatectl"
    timedatectl.write_text(f"#!/bin/sh\necho {answer}; echo asked >>{tmp_path}/asked\n")
    timedatectl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    timedated_clock.cache_clear()
    assert [timedated_clock(1), timedated_clock(1), timedated_clock(2)] == [clock] * 3
    assert (tmp_path / "asked").read_text().split() == ["asked"] * 2
    timedated_clock.cache_clear()


def test_where_there_is_no_timedated_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    timedated_clock.cache_clear()
    assert timedated_clock(1) is Kernel.SILENT
    timedated_clock.cache_clear()
