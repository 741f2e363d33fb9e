"""The detector steps a verified model, frame by frame, with its state in the open."""

from __future__ import annotations

import math

import numpy as np
import onnxruntime
import pytest

from counterpoint.edge.model_files import read_model
from counterpoint.errors import ModelCorrupt
from counterpoint.hearing.detector import Detector
from counterpoint.hearing.geometry import BUILT_IN
from counterpoint.hearing.zones import FEATURES, Zones
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, SAMPLE_RATE_HZ, Activity, Block, Calibration, Samples, ZoneFrame
from onnx_made import made_model

USB = BUILT_IN["respeaker-usb-v2"]
MARKS = [(b"look_back_frames", b"look_fwrd_frames"), (b"settled_look", b"settled_lock"), (b"talk_over", b"talk_ower")]


@pytest.fixture(scope="module")
def model() -> bytes:
    return read_model("talk_over")


def frame(number: int = 0, features: Samples | None = None, lost: int = 0) -> ZoneFrame:
    quiet = np.zeros(FEATURES, dtype=np.float32) if features is None else features
    return ZoneFrame(number * BLOCK_S, quiet, np.zeros(BLOCK_SAMPLES, dtype=np.float32), lost)


def listen(model: bytes, samples: Samples) -> list[Activity]:
    zones, detector = Zones(USB, Calibration(), len(samples)), Detector(model)
    firsts = range(0, samples.shape[1] - BLOCK_SAMPLES + 1, BLOCK_SAMPLES)
    return [detector.step(zones.step(Block(samples[:, n : n + BLOCK_SAMPLES], n))) for n in firsts]


def test_a_belief_is_about_the_frame_before_the_look_back(model: bytes) -> None:
    detector = Detector(model)
    belief = detector.step(frame(50))
    assert belief.start_s == pytest.approx(1.0 - detector.look_back_s)
    assert belief.heard_until_s == pytest.approx(1.02)
    assert detector.look_back_s <= 0.15


def test_a_settled_belief_is_about_an_earlier_frame(model: bytes) -> None:
    detector = Detector(model)
    belief = detector.step(frame(50))
    assert belief.settled is not None
    assert belief.settled.start_s == pytest.approx(1.0 - detector.settled_look_back_s)
    assert detector.look_back_s < detector.settled_look_back_s <= 0.5


def test_the_first_beliefs_are_about_time_before_the_stream(model: bytes) -> None:
    assert Detector(model).step(frame(0)).start_s < 0


def test_beliefs_are_probabilities(model: bytes) -> None:
    rng = np.random.default_rng(3)
    detector = Detector(model)
    for number in range(100):
        belief = detector.step(frame(number, rng.normal(0, 3, FEATURES).astype(np.float32)))
        assert belief.settled is not None
        quick, settled = (belief.agent, belief.customer, belief.takes_floor), belief.settled
        assert all(0 <= p <= 1 and math.isfinite(p) for p in (*quick, settled.agent, settled.customer))


def test_the_same_frames_give_the_same_beliefs(model: bytes) -> None:
    heard = np.random.default_rng(4).normal(0, 0.03, (4, SAMPLE_RATE_HZ)).astype(np.float32)
    assert listen(model, heard) == listen(model, heard)


def test_digital_silence_is_nobody(model: bytes) -> None:
    beliefs = listen(model, np.zeros((4, 3 * SAMPLE_RATE_HZ), dtype=np.float32))[50:]
    assert max(max(one.agent, one.customer) for one in beliefs) < 0.2


def test_steady_noise_from_everywhere_is_nobody(model: bytes) -> None:
    noise = np.random.default_rng(5).normal(0, 0.01, (4, 6 * SAMPLE_RATE_HZ)).astype(np.float32)
    beliefs = listen(model, noise)[150:]
    assert max(max(one.agent, one.customer) for one in beliefs) < 0.5


def test_a_lost_stretch_makes_the_sides_unclear_until_it_is_past(model: bytes) -> None:
    detector = Detector(model)
    late = round(detector.look_back_s / BLOCK_S)
    clear = [detector.step(frame(n, lost=BLOCK_SAMPLES if 10 <= n < 18 else 0)).sides_clear for n in range(40)]
    assert [n for n in range(40) if not clear[n]] == list(range(14, 18 + late))


def test_a_lost_block_or_two_are_bridged(model: bytes) -> None:
    detector = Detector(model)
    assert all(detector.step(frame(n, lost=BLOCK_SAMPLES if n in (10, 11) else 0)).sides_clear for n in range(30))


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x08"])
def test_bytes_that_are_no_model_are_corrupt(content: bytes) -> None:
    with pytest.raises(ModelCorrupt, match="install it again"):
        Detector(content)


def test_a_truncated_model_is_corrupt(model: bytes) -> None:
    with pytest.raises(ModelCorrupt):
        Detector(model[: len(model) // 2])


@pytest.mark.parametrize(("mark", "other"), MARKS)
def test_a_model_of_another_kind_is_corrupt(model: bytes, mark: bytes, other: bytes) -> None:
    with pytest.raises(ModelCorrupt):
        Detector(model.replace(mark, other))


def test_another_kind_of_model_is_said_to_be_one_and_not_an_older_one() -> None:
    weather = made_model({"features": (1, FEATURES), "state": (2, 1, 8)}, {"kind": "weather", "version": "1"})
    with pytest.raises(ModelCorrupt, match="a model of another kind: install") as told:
        Detector(weather)
    assert "version" not in str(told.value)


def test_one_thread_does_all(model: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[onnxruntime.SessionOptions] = []
    real = onnxruntime.InferenceSession

    def spy(content: bytes, options: onnxruntime.SessionOptions, *, providers: list[str]) -> object:
        seen.append(options)
        return real(content, options, providers=providers)

    monkeypatch.setattr(onnxruntime, "InferenceSession", spy)
    Detector(model)
    assert (seen[0].intra_op_num_threads, seen[0].inter_op_num_threads) == (1, 1)
