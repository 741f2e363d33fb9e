"""The wheels that the package takes in: only pinned ones, for both Pythons in one folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from package_made import ROOT, make_wheels, wheel_files, write_wheel
from pinned_wheels import BuildError, Pin, Unpacked, read_pins, unpack
from what_ships import ALWAYS, ARCHITECTURES, DEBIANS, LEFT_OUT, PYTHONS, VENDORED, depends, ships


def unpacked(folder: Path, architecture: str, hashes: dict[str, list[str]]) -> Unpacked:
    pins = {name: Pin(name, "1.0", frozenset(known)) for name, known in hashes.items()}
    return unpack(pins, ARCHITECTURES[architecture], PYTHONS, folder)


@pytest.mark.parametrize("pinned_list", ["run", "practice"])
def test_every_pinned_package_is_vendored_debians_or_left_out_on_purpose(pinned_list: str) -> None:
    pins = read_pins((ROOT / "device" / "requirements" / f"{pinned_list}.txt").read_text(encoding="utf-8"))
    decided = [*VENDORED, *DEBIANS, *LEFT_OUT]
    assert set(pins) <= set(decided)
    assert len(decided) == len(set(decided))


def test_every_vendored_package_is_pinned_with_hashes() -> None:
    pins = read_pins((ROOT / "device" / "requirements" / "practice.txt").read_text(encoding="utf-8"))
    assert all(pins[name].hashes for name in VENDORED)


def test_both_pythons_share_one_folder(tmp_path: Path) -> None:
    site = unpacked(tmp_path, "arm64", make_wheels(tmp_path, "arm64")).site
    assert {"numpy/core.cpython-311.so", "numpy/core.cpython-313.so"} <= set(site)
    assert "rich/__init__.py" in site


def test_tests_and_licences_stay_out_of_the_site_folder(tmp_path: Path) -> None:
    taken = unpacked(tmp_path, "amd64", make_wheels(tmp_path, "amd64"))
    assert not [path for path in taken.site if "/tests/" in path or "licenses" in path]
    assert taken.licences["rich"] == (b"Copyright (c) 2020, the makers of rich\n\nDo what you like.\n",)


@pytest.mark.parametrize(
    "path",
    [
        "onnxruntime/capi/libonnxruntime.so.1.32.0",
        "_soundfile_data/libsndfile_x86_64.so",
        "numpy/_core/_simd.cpython-311-x86_64-linux-gnu.so",
        "numpy/linalg/tests/test_linalg.py",
    ],
)
def test_what_nothing_here_loads_stays_out(path: str) -> None:
    assert not ships(path)


@pytest.mark.parametrize(
    "path",
    [
        "onnxruntime/capi/onnxruntime_pybind11_state.cpython-313-aarch64-linux-gnu.so",
        "numpy.libs/libscipy_openblas64_-32a4b2a6.so",
        "gpiozero-2.0.1.post3.dist-info/entry_points.txt",
        "vosk/libvosk.so",
    ],
)
def test_what_something_here_loads_ships(path: str) -> None:
    assert ships(path)


def test_no_module_that_our_code_names_stays_out() -> None:
    """What NumPy and the others load only by name, as `numpy.typing`, is asked for by our own code alone."""
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "device" / "counterpoint").rglob("*.py"))
    named = {name for text in sources for name in re.findall(r"(?m)^\s*(?:from|import) ([a-z_]+(?:\.[a-z_]+)+)", text)}
    named |= {"numpy.random"}  # as an attribute: np.random
    vendored = {name for name in named if name.split(".")[0].replace("_", "-") in {*VENDORED, "paho"}}
    assert "numpy.typing" in vendored
    assert not {name for name in vendored if not ships(name.replace(".", "/") + "/__init__.py")}


def test_a_wheel_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    hashes = make_wheels(tmp_path, "amd64")
    wheel = tmp_path / "rich-1.0-py3-none-any.whl"
    write_wheel(wheel, {**wheel_files("rich", "py3-none"), "rich/more.py": "import os\n"})
    with pytest.raises(BuildError, match=r"rich-1\.0-py3-none-any\.whl is not the pinned file"):
        unpacked(tmp_path, "amd64", hashes)


def test_a_wheel_of_another_architecture_or_python_does_not_count(tmp_path: Path) -> None:
    hashes = make_wheels(tmp_path, "arm64")
    with pytest.raises(BuildError, match=r"no wheel of msgspec 1\.0 for amd64, Python 3\.11"):
        unpacked(tmp_path, "amd64", hashes)


def test_two_wheels_with_other_content_in_one_place_are_refused(tmp_path: Path) -> None:
    hashes = make_wheels(tmp_path, "amd64")
    wheel = tmp_path / "soxr-1.0-cp313-cp313-manylinux2014_x86_64.whl"
    write_wheel(wheel, {**wheel_files("soxr", "cp313-cp313"), "soxr/__init__.py": "other\n"})
    hashes["soxr"].append(__import__("hashlib").sha256(wheel.read_bytes()).hexdigest())
    with pytest.raises(BuildError, match=r"another soxr/__init__\.py"):
        unpacked(tmp_path, "amd64", hashes)


def test_the_packages_that_people_miss_are_depended_on() -> None:
    named = {need.split(" ")[0] for need in depends(PYTHONS)}
    assert {"libatomic1", "libsndfile1", "python3-pyaudio", "python3-cryptography", "tzdata", "zlib1g"} <= named
    assert {"python3 (>= 3.11)", "python3 (<< 3.14)", *ALWAYS} <= set(depends(PYTHONS))


def test_a_package_for_one_python_says_so() -> None:
    assert {"python3 (>= 3.13)", "python3 (<< 3.14)"} <= set(depends(("3.13",)))
