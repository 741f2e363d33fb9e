"""No library may count or send what it does here: onnxruntime's own telemetry is off before it can start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import counterpoint

DEVICE = Path(counterpoint.__file__).parents[1]
DETECT = """
from counterpoint.edge.model_files import read_model
from counterpoint.hearing.detector import Detector
Detector(read_model("talk_over"))
"""


@pytest.mark.real
def test_hearing_leaves_no_device_id_event_store_or_session_file_behind(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONPATH": str(DEVICE)}

    subprocess.run([sys.executable, "-B", "-c", DETECT], env=clean | home, check=True)

    assert list(tmp_path.iterdir()) == []
