"""Who is judged, a file each; one rule: all hear the same samples, and none is told anything that it could not know.

| name | what it is |
|---|---|
| `counterpoint` | the device's own line, wired as on the counter |
| `true bearing` | the same, told where the mouths really are: an upper bound |
| `energy per side` | two beams, an adaptive threshold on their levels |
| `silero per side` | two beams, Silero VAD on each |
| `pyannote one microphone` | pyannote segmentation-3.0 on one microphone: overlap, no sides |
| `pyannote per side` | the same, and on each beam who it is |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.benchmark.systems.counterpoint import Counterpoint
from models.benchmark.systems.energy import EnergyPerSide
from models.benchmark.systems.pyannote import PyannoteOneMicrophone, PyannotePerSide
from models.benchmark.systems.silero import SileroPerSide

if TYPE_CHECKING:
    from pathlib import Path

    from models.benchmark.belief import System

OURS: Final = ("counterpoint", "true bearing")
PEERS: Final = ("energy per side", "silero per side", "pyannote one microphone", "pyannote per side")
NAMES: Final = (*OURS, *PEERS)


def make_system(name: str, model: Path, peers: Path) -> System:
    """A system by its name.

    Args:
        name: One of `NAMES`.
        model: Our ONNX model.
        peers: Folder with the peers' ONNX files.

    Raises:
        ValueError: There is no such system, or a peer's file is not the one that the benchmark names.
    """
    if name in OURS:
        return Counterpoint(model, told_truth=name == "true bearing")
    if name == "energy per side":
        return EnergyPerSide()
    if name == "silero per side":
        return SileroPerSide(peers)
    if name == "pyannote one microphone":
        return PyannoteOneMicrophone(peers)
    if name == "pyannote per side":
        return PyannotePerSide(peers)
    raise ValueError(f"there is no system {name!r}; there are {', '.join(NAMES)}")
