"""Eight sectors say by phase alone where sound comes from, and how evenly it is spread."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from counterpoint.hearing.geometry import BUILT_IN, ArrayGeometry, arrival_s
from counterpoint.hearing.sectors import BANDS, SECTORS, Sectors, sector_bearings_deg
from counterpoint.hearing.zones import BINS, FEATURES, feature_groups
from counterpoint.values import SAMPLE_RATE_HZ, Calibration, Samples

USB = BUILT_IN["respeaker-usb-v2"]
XVF = BUILT_IN["respeaker-xvf3800"]
AGENT, CUSTOMER = 0, 4
Spectra = NDArray[np.complex64]


def heard(array: ArrayGeometry, bearing_deg: float, power: float = 1.0, seed: int = 1) -> Spectra:
    """Spectra of one block of noise from far away."""
    rng = np.random.default_rng(seed)
    source = np.sqrt(power) * (rng.normal(size=BINS) + 1j * rng.normal(size=BINS))
    hertz = np.linspace(0, SAMPLE_RATE_HZ / 2, BINS)
    turned = [source * np.exp(2j * np.pi * hertz * arrival_s(place, bearing_deg)) for place in array.positions_m]
    return np.stack(turned).astype(np.complex64)


def sectors_of(array: ArrayGeometry, spectra: Spectra, told: Calibration | None = None) -> Samples:
    """Shape (sectors, bands)."""
    return Sectors(array, told or Calibration(), BINS).step(spectra).reshape(SECTORS, BANDS).copy()


def test_sectors_part_the_ways_between_the_sides_evenly() -> None:
    assert sector_bearings_deg(Calibration(0, 180)) == (0, 45, 90, 135, 180, 225, 270, 315)
    assert sector_bearings_deg(Calibration(350, 90)) == (350, 15, 40, 65, 90, 155, 220, 285)


@pytest.mark.parametrize("array", [USB, XVF], ids=lambda array: array.name)
@pytest.mark.parametrize("sector", range(SECTORS))
def test_a_far_sound_is_all_in_its_own_sector(array: ArrayGeometry, sector: int) -> None:
    said = sectors_of(array, heard(array, 45.0 * sector))
    assert int(said[:, 3:].mean(axis=1).argmax()) == sector
    np.testing.assert_allclose(said[sector], 1, atol=0.05)


def test_a_quiet_voice_beside_a_loud_one_counts_by_bins_not_by_power() -> None:
    bins = np.arange(BINS)
    loud, quiet = heard(USB, 0, power=1.0), heard(USB, 180, power=0.01, seed=2)
    parted = np.where(bins % 2 == 0, loud, quiet).astype(np.complex64)
    said = sectors_of(USB, parted)[:, 3:].mean(axis=1)
    assert said[CUSTOMER] == pytest.approx(said[AGENT], abs=0.1)


def test_loudness_changes_nothing() -> None:
    spectra = heard(USB, 30)
    np.testing.assert_allclose(sectors_of(USB, spectra), sectors_of(USB, np.complex64(0.01) * spectra), atol=1e-3)


def test_silence_points_nowhere() -> None:
    assert sectors_of(USB, np.zeros((4, BINS), np.complex64)).max() == 0


def test_one_microphone_a_side_gives_each_sides_share_of_the_power() -> None:
    source = heard(USB, 0)[0]
    said = sectors_of(BUILT_IN["stereo"], np.stack([source, source / 3]))
    np.testing.assert_allclose(said[AGENT], 0.9, atol=1e-3)
    np.testing.assert_allclose(said[CUSTOMER], 0.1, atol=1e-3)
    np.testing.assert_allclose(said[[1, 2, 3, 5, 6, 7]], 0.5)


@pytest.mark.parametrize("bearing", [0, 25, 70, 130, 300])
def test_when_the_sides_change_places_so_do_their_features(bearing: float) -> None:
    spectra = heard(USB, bearing)
    one = sectors_of(USB, spectra, Calibration(0, 180)).ravel()
    other = sectors_of(USB, spectra, Calibration(180, 0)).ravel()
    # Seen from the customer the circle runs the same way, so the two ways between the sides change places as well.
    mirrored = other.reshape(SECTORS, BANDS)[[4, 5, 6, 7, 0, 1, 2, 3]].ravel()
    np.testing.assert_allclose(one, mirrored, atol=1e-5)


def test_feature_groups_name_each_feature_once() -> None:
    named = np.zeros(FEATURES)
    for agent, customer in feature_groups():
        named[agent] += 1
        named[customer] += 1
    assert named.max() == 1
