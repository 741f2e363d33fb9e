"""Arrays are values: built in or from TOML, and a wrong one is refused with what to do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoint.errors import ArrayUnknown, ChannelsMismatch
from counterpoint.hearing.geometry import (
    BUILT_IN,
    SOUND_M_S,
    ArrayGeometry,
    arrival_s,
    parse_geometry,
    raw_channels,
    spare_channels,
    tells_sides_apart,
)
from counterpoint.values import Calibration

THREE = """
name = "three"
channels = 4
raw = [0, 2, 3]
positions_m = [[0.0, 0.04, 0.0], [0.04, -0.02, 0.0], [-0.04, -0.02, 0.0]]
device_names = ["My array"]
"""


def test_the_arrays_of_the_design_are_built_in() -> None:
    assert set(BUILT_IN) == {"respeaker-xvf3800", "respeaker-usb-v2", "respeaker-2mic", "stereo"}


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_built_in_array_has_one_position_a_raw_channel(name: str) -> None:
    array = BUILT_IN[name]
    assert len(array.positions_m) == len(array.raw) == len(set(array.raw))
    assert max(array.raw) < array.channels


def test_all_channels_of_the_device_or_only_the_raw_ones_will_do() -> None:
    array = BUILT_IN["respeaker-usb-v2"]
    assert raw_channels(array, 6) == (1, 2, 3, 4)
    assert raw_channels(array, 4) == (0, 1, 2, 3)


@given(st.integers(min_value=0, max_value=64).filter(lambda given_: given_ not in (4, 6)))
def test_any_other_number_of_channels_is_refused(given_: int) -> None:
    with pytest.raises(ChannelsMismatch, match="respeaker-usb-v2 needs 6 channels"):
        raw_channels(BUILT_IN["respeaker-usb-v2"], given_)


def test_a_geometry_file_makes_an_array() -> None:
    array = parse_geometry(THREE, "three.toml")
    assert (array.name, array.channels, array.raw) == ("three", 4, (0, 2, 3))
    assert array.positions_m[1] == (0.04, -0.02, 0.0)
    assert array.device_names == ("My array",)
    assert not array.one_per_side


def test_without_raw_every_channel_is_a_microphone() -> None:
    array = parse_geometry('name = "two"\npositions_m = [[0.03, 0, 0], [-0.03, 0, 0]]', "two.toml")
    assert (array.raw, array.channels) == ((0, 1), 2)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (('name = "three"', ""), "name"),
        (("channels = 4", "channels = 3"), "must differ and lie below channels = 3"),
        (("raw = [0, 2, 3]", "raw = [0, 2, 2]"), "must differ"),
        (("raw = [0, 2, 3]", "raw = [0, 2]"), "3 positions for 2 raw channels"),
        (("[0.0, 0.04, 0.0]", "[0.0, 40.0, 0.0]"), "the unit is metres"),
        (("[0.0, 0.04, 0.0]", "[0.0, nan, 0.0]"), "finite"),
        (("[0.0, 0.04, 0.0]", "[0.04, -0.02, 0.0]"), "same place"),
        (("channels = 4", "channels = 4\none_per_side = true"), "exactly two raw channels"),
        (("channels = 4", "chanels = 4"), "chanels"),
        (("raw = [0, 2, 3]", "raw = [0, 2,"), "no TOML"),
    ],
)
def test_a_geometry_that_cannot_be_is_refused_with_what_to_change(change: tuple[str, str], problem: str) -> None:
    with pytest.raises(ArrayUnknown, match=problem) as refused:
        parse_geometry(THREE.replace(*change), "three.toml")
    assert str(refused.value).startswith("three.toml")
    assert "\n" not in str(refused.value)


@given(st.text())
def test_no_text_makes_anything_but_an_array_or_our_error(text: str) -> None:
    with pytest.raises(ArrayUnknown):
        parse_geometry(text, "noise.toml")


def test_sound_from_ahead_arrives_at_the_front_microphone_first() -> None:
    front, back = (0.03, 0.0, 0.0), (-0.03, 0.0, 0.0)
    assert arrival_s(front, 0) > 0 > arrival_s(back, 0)
    assert arrival_s(front, 0) <= 0.03 / SOUND_M_S


def test_two_microphones_along_the_counter_cannot_tell_the_sides_apart() -> None:
    array = BUILT_IN["respeaker-2mic"]
    assert tells_sides_apart(array, Calibration(0, 180))
    assert not tells_sides_apart(array, Calibration(90, 270))


def test_a_square_array_tells_opposite_sides_apart_at_any_turn() -> None:
    array = BUILT_IN["respeaker-usb-v2"]
    assert all(tells_sides_apart(array, Calibration(turn, turn + 180)) for turn in range(0, 360, 5))


def test_one_microphone_a_side_always_tells_them_apart() -> None:
    assert tells_sides_apart(BUILT_IN["stereo"], Calibration(90, 270))


@pytest.mark.parametrize("turn", range(0, 360, 15))
@pytest.mark.parametrize("name", ["respeaker-usb-v2", "respeaker-xvf3800"])
def test_any_one_microphone_of_a_square_array_may_die(name: str, turn: int) -> None:
    array = BUILT_IN[name]
    assert spare_channels(array, Calibration(turn, turn + 180), array.channels) == array.raw
    assert spare_channels(array, Calibration(turn, turn + 180), 4) == (0, 1, 2, 3)


@pytest.mark.parametrize("array", [BUILT_IN["respeaker-2mic"], BUILT_IN["stereo"], parse_geometry(THREE, "three")])
def test_no_microphone_of_two_or_three_may_die(array: ArrayGeometry) -> None:
    assert spare_channels(array, Calibration(), array.channels) == ()


def test_no_microphone_of_a_wide_array_may_die() -> None:
    wide = ArrayGeometry(
        "wide", ((0.2, 0.0, 0.0), (0.0, 0.2, 0.0), (-0.2, 0.0, 0.0), (0.0, -0.2, 0.0)), (0, 1, 2, 3), 4
    )
    assert spare_channels(wide, Calibration(), 4) == ()


def test_the_only_microphone_off_a_line_along_the_counter_may_not_die() -> None:
    line = ((0.0, 0.03, 0.0), (0.0, 0.0, 0.0), (0.0, -0.03, 0.0), (0.04, 0.0, 0.0))
    array = ArrayGeometry("one off the line", line, (0, 1, 2, 3), 4)
    assert spare_channels(array, Calibration(0, 180), 4) == (0, 1, 2)


def test_what_is_left_of_an_array_keeps_its_places_and_channels() -> None:
    left = BUILT_IN["respeaker-usb-v2"].without((2,))
    assert left.raw == (1, 3, 4)
    assert left.positions_m == ((0.032, 0.0, 0.0), (-0.032, 0.0, 0.0), (0.0, -0.032, 0.0))
    assert left.without(()) == left
