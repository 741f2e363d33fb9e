"""Standard error is silent while anything is being opened, and always comes back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from counterpoint.edge.quiet_sound import STANDARD_ERROR, silence


def test_what_is_printed_during_an_opening_goes_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    with silence():
        os.write(STANDARD_ERROR, b"noise")
    os.write(STANDARD_ERROR, b"ours")
    assert capfd.readouterr().err == "ours"


def test_two_openings_that_overlap_in_two_threads_leave_standard_error_as_it_was(
    capfd: pytest.CaptureFixture[str],
) -> None:
    microphone, model = silence(), silence()
    microphone.__enter__()
    model.__enter__()
    microphone.__exit__(None, None, None)
    os.write(STANDARD_ERROR, b"noise")
    model.__exit__(None, None, None)
    os.write(STANDARD_ERROR, b"ours")
    assert capfd.readouterr().err == "ours"


def test_no_descriptor_is_left_open() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with silence(), silence():
        pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before
