"""The package's library that wipes freed memory: compiled for its architecture, the same bytes each time."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

import pytest

from package_made import ROOT
from what_ships import ARCHITECTURES, Architecture
from wiping_library import NAME, wiping_library

MACHINE = platform.machine()
OURS = next((one for one in ARCHITECTURES.values() if one.machine == MACHINE), None)


@pytest.mark.skipif(shutil.which(f"{MACHINE}-linux-gnu-gcc") is None, reason="no gcc under Debian's name here")
def test_it_is_compiled_to_the_same_bytes_wherever_the_work_lies(tmp_path: Path) -> None:
    assert OURS is not None
    made = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        made.append(wiping_library(ROOT, OURS, tmp_path / name))
    assert made[0][NAME].startswith(b"\x7fELF")
    assert made[0] == made[1]


def test_without_a_compiler_for_it_the_package_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nobodys = Architecture("arm64", "nobodys-machine", ())
    assert wiping_library(ROOT, nobodys, tmp_path) == {}
    assert "then build again" in capsys.readouterr().out
