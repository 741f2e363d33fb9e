"""An array comes by its name or from a file; anything else is refused with the names there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterpoint.edge.array_file import load_array
from counterpoint.errors import ArrayUnknown
from counterpoint.hearing.geometry import BUILT_IN

TWO = 'name = "two"\npositions_m = [[0.03, 0, 0], [-0.03, 0, 0]]\n'


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_a_built_in_name_needs_no_file(name: str) -> None:
    assert load_array(name) is BUILT_IN[name]


def test_a_path_is_read_as_toml(tmp_path: Path) -> None:
    path = tmp_path / "two.toml"
    path.write_text(TWO)
    assert load_array(str(path)).name == "two"


@pytest.mark.parametrize("name", ["respeaker-9mic", "", "no/such/file.toml", "a\0b", "x" * 5000])
def test_an_unknown_array_lists_those_there_are(name: str) -> None:
    with pytest.raises(ArrayUnknown, match="respeaker-usb-v2, respeaker-xvf3800, stereo"):
        load_array(name)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"RIFF" + b"\0" * 100_000, b"name = 3"])
def test_a_file_that_is_no_geometry_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "array.toml"
    path.write_bytes(content)
    with pytest.raises(ArrayUnknown) as refused:
        load_array(str(path))
    assert "array.toml" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_folder_is_no_geometry(tmp_path: Path) -> None:
    with pytest.raises(ArrayUnknown):
        load_array(str(tmp_path))
