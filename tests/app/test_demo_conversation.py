"""The bundled conversation: the script says what can be heard, and the stream is the same each time."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from counterpoint.app.demo.conversation import ARRAY, AUDIO, DemoSource, convolve, load
from counterpoint.errors import RecordingError
from counterpoint.hearing.geometry import BUILT_IN
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from pathlib import Path

    from counterpoint.app.demo.conversation import Conversation, ScriptedEvent, Utterance

AS_FAST_AS_POSSIBLE = 1e9
STEP = 160  # 10 ms
SPEAKS_DB = -38.0
LIGHT_RESTS_S = 25.0


@pytest.fixture(scope="module")
def conversation() -> Conversation:
    return load()


def speech_share(line: Utterance, begin_s: float, end_s: float) -> float:
    """How much of this stretch the line speaks in, pauses under 0.2 s included."""
    samples, _ = soundfile.read(AUDIO / line.file, dtype="float32")
    power = np.mean(samples[: len(samples) // STEP * STEP].reshape(-1, STEP) ** 2, axis=1) + 1e-12
    speaks = 10 * np.log10(power / np.percentile(power, 95)) > SPEAKS_DB
    for before, after in itertools.pairwise(np.flatnonzero(speaks)):
        speaks[before:after] = speaks[before:after] | (after - before < 20)
    begin, end = (round((at_s - line.start_s) * 100) for at_s in (begin_s, end_s))
    return float(speaks[max(0, begin) : end].mean())


def speakers(conversation: Conversation, event: ScriptedEvent) -> tuple[Utterance, Utterance]:
    """The line of the event and the other side's line that it overlaps."""
    own = next(
        line for line in conversation.utterance if line.side == event.by and abs(line.start_s - event.onset_s) < 0.01
    )
    host = next(
        line for line in conversation.utterance if line.side != event.by and line.start_s < event.onset_s < line.end_s
    )
    return own, host


def test_there_are_eight_short_visits(conversation: Conversation) -> None:
    assert len(conversation.visit) == 8
    assert all(25 <= visit.end_s - visit.start_s <= 45 for visit in conversation.visit)


def test_the_script_has_enough_of_every_kind(conversation: Conversation) -> None:
    kinds = [(event.kind, event.by) for event in conversation.event]

    assert kinds.count(("talk_over", "agent")) >= 6
    assert kinds.count(("backchannel", "agent")) >= 8
    assert kinds.count(("backchannel", "customer")) >= 1
    assert {"cut_off", "transition", "chorus"} <= {kind for kind, _ in kinds}


def test_scripted_talk_overs_are_as_far_apart_as_the_light_rests(conversation: Conversation) -> None:
    onsets_s = [event.onset_s for event in conversation.event if event.kind == "talk_over"]

    assert all(after - before >= LIGHT_RESTS_S for before, after in itertools.pairwise(onsets_s))


def test_both_sides_really_speak_through_every_scripted_talk_over(conversation: Conversation) -> None:
    for event in conversation.event:
        if event.kind == "talk_over":
            assert 1.5 <= event.offset_s - event.onset_s <= 3.0
            for line in speakers(conversation, event):
                assert speech_share(line, event.onset_s, event.offset_s) > 0.8, (event, line.text)


def test_a_backchannel_lies_inside_the_other_side_s_speech(conversation: Conversation) -> None:
    for event in conversation.event:
        if event.kind == "backchannel":
            own, host = speakers(conversation, event)
            assert own.end_s < host.end_s, own.text
            assert event.offset_s - event.onset_s < 1.0, own.text


def test_every_line_is_as_long_as_its_file(conversation: Conversation) -> None:
    for line in conversation.utterance:
        assert soundfile.info(AUDIO / line.file).duration == pytest.approx(line.end_s - line.start_s, abs=0.01)


def test_the_voices_are_small() -> None:
    assert sum(file.stat().st_size for file in AUDIO.iterdir()) < 2_000_000


def test_the_microphone_nearest_to_the_agent_hears_the_agent_first() -> None:
    response, _ = soundfile.read(AUDIO / "agent-0.flac", dtype="float32")
    along_x_m = [position[0] for position in BUILT_IN[ARRAY].positions_m]

    first = [int(np.argmax(np.abs(channel))) for channel in response.T]

    assert int(np.argmin(first)) == int(np.argmax(along_x_m))
    assert int(np.argmax(first)) == int(np.argmin(along_x_m))


def test_blocks_follow_one_another_and_are_the_array_s(conversation: Conversation) -> None:
    blocks = list(itertools.islice(DemoSource(conversation, AS_FAST_AS_POSSIBLE).blocks(), 3000))

    assert all(block.samples.shape == (4, BLOCK_SAMPLES) for block in blocks)
    assert [block.first_sample for block in blocks] == [number * BLOCK_SAMPLES for number in range(3000)]


def test_two_runs_give_the_same_samples(conversation: Conversation) -> None:
    def opening() -> list[bytes]:
        blocks = DemoSource(conversation, AS_FAST_AS_POSSIBLE).blocks()
        return [block.samples.tobytes() for block in itertools.islice(blocks, 500)]

    assert opening() == opening()


def test_a_line_is_heard_when_the_script_says_so(conversation: Conversation) -> None:
    line = conversation.utterance[0]
    blocks = list(itertools.islice(DemoSource(conversation, AS_FAST_AS_POSSIBLE).blocks(), 150))
    loud = [block.start_s for block in blocks if np.abs(block.samples).max() > 0.02]

    assert loud[0] == pytest.approx(line.start_s, abs=0.1)


def test_speed_is_a_multiple_of_life(conversation: Conversation) -> None:
    started_s = time.monotonic()
    blocks = list(itertools.islice(DemoSource(conversation, 10).blocks(), 100))

    assert time.monotonic() - started_s >= len(blocks) * BLOCK_S / 10 * 0.95


def test_what_is_spoken_is_told_by_the_script(conversation: Conversation) -> None:
    line = conversation.utterance[0]

    assert conversation.lines_at(line.start_s + 0.1) == (line,)
    assert conversation.visit_at(line.start_s) == conversation.visit[0]
    assert conversation.visit_at(0.0) is None


def test_an_echo_is_the_dry_voice_again_later_and_softer() -> None:
    dry = np.array([1.0, 0.5], dtype=np.float32)
    responses = np.array([[1.0, 0.0, 0.25]], dtype=np.float32)

    assert convolve(dry, responses)[0] == pytest.approx([1.0, 0.5, 0.25, 0.125], abs=1e-6)


def test_a_damaged_script_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "conversation.toml").write_text("[[visit]\n")

    with pytest.raises(RecordingError, match="install Counterpoint again"):
        load(tmp_path)


def test_a_voice_at_another_rate_says_what_to_do(conversation: Conversation, tmp_path: Path) -> None:
    for file in AUDIO.iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "agent-0.flac").unlink()
    soundfile.write(tmp_path / "agent-0.flac", np.zeros((SAMPLE_RATE_HZ, 4)), 48_000)

    with pytest.raises(RecordingError, match="48000 Hz"):
        next(DemoSource(conversation, 1, tmp_path).blocks())
