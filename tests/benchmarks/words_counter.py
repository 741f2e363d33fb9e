"""The recogniser behind the whole line at simulated counters; run it with the training extra, it is no test.

    PYTHONPATH=device:tests:. python tests/benchmarks/words_counter.py DATA --speech FOLDER [--scenes N]

DATA is the folder of noises and calls that models/rooms reads. FOLDER holds WAV or FLAC lines, each with its words in a
.txt of the same name; the name up to the last `-` is the voice. Two voices of FOLDER talk by turns for a minute; rooms,
noises and levels are the benchmark's (`models/benchmark/conditions.py`). Without DATA there is words.py.
One rule: a word is the customer's where, at its time, only the customer speaks; truth is the simulator's.
"""

from __future__ import annotations

import argparse
import time
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import soundfile
from models.benchmark import conditions
from models.benchmark.truth import FRAME_S, RATE, Sound
from models.rooms import scenes, settings
from models.rooms.scripts import Span
from models.rooms.talkers import Person, Talker, spoken, utter
from models.rooms.voices import LEVEL, Voice, read_library

from benchmarks.words import CHUNK, Clip, errors, with_options
from counterpoint.conversation import Floor
from counterpoint.edge.model_files import load_detector
from counterpoint.edge.recogniser import VoskRecogniser
from counterpoint.hearing import Zones
from counterpoint.settings import FloorRules
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, Block, SessionStep
from counterpoint.words import SpeechGate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from models.benchmark.conditions import Condition
    from models.rooms.scenes import Scene
    from models.rooms.voices import Library

    from counterpoint.values import Samples
    from counterpoint.words import Utterance, Word

MIXES: Final = (replace(conditions.QUIET, name="clean"), conditions.OFFICE, conditions.BUSY)
THRESHOLD_DB: Final = -45.0  # a line is at LEVEL while it sounds, -20 dB; speech is what is up to 25 dB softer
GAP_S: Final = (np.log(0.25), 0.6)  # between turns, as in models/rooms/dialogues.py
EARLY: Final = 0.15  # share of turns that begin 0.1 to 0.4 s before the other's end
PAUSE_S: Final = (0.3, 0.8)  # between the sentences of a turn
TAIL: Final = 60  # blocks of silence, so that the last speech is judged
BEFORE_S, AFTER_S = 0.25, 0.35  # around a line whose place is known
OPEN: Final = SessionStep(is_open=True)


@dataclass(frozen=True, slots=True)
class Line:
    """What one side says, in a scene's seconds."""

    side: int
    start_s: float
    end_s: float
    words: tuple[str, ...]


@dataclass(slots=True)
class Tally:
    """Sums over the scenes of a mix; errors and words by way of hearing."""

    wrong: dict[str, int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    alone: list[int] = field(default_factory=lambda: [0, 0])
    alone_passed: list[int] = field(default_factory=lambda: [0, 0])
    customer_words: int = 0
    customer_heard: int = 0
    customer_alike: int = 0
    finals_s: list[float] = field(default_factory=list)
    spent_s: float = 0.0
    given_s: float = 0.0
    stream_s: float = 0.0

    def add_errors(self, way: str, truth: Sequence[str], heard: Sequence[str]) -> None:
        self.wrong[way] = self.wrong.get(way, 0) + errors(truth, heard)
        self.words[way] = self.words.get(way, 0) + len(truth)

    def rate(self, way: str) -> float:
        """Word error rate."""
        return self.wrong[way] / max(1, self.words[way])


def main() -> None:
    """Print one row a mix."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DATA")
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--scenes", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--array", default="respeaker-usb-v2", choices=conditions.ARRAYS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mixes", nargs="*", default=[mix.name for mix in MIXES])
    parser.add_argument("--conf", nargs="*", default=[], help="lines of model.conf to change, without dashes")
    parser.add_argument("--line-only", action="store_true", help="leave out the hearing of known places")
    wishes = parser.parse_args()
    library, voices = read_library(wishes.folder, "test", limit=8), _voices(wishes.speech)
    with with_options(dict(one.split("=", 1) for one in wishes.conf)) as model:
        recogniser = VoskRecogniser(model)
        print(
            "mix     WER line   beam    mic   final p50    p95   RTF given  stream   customer alone, let in"
            "   agent alone, let in   customer words heard per 100"
        )
        for mix in MIXES:
            if mix.name in wishes.mixes:
                print(_row(mix, _tally(mix, library, voices, recogniser, wishes)), flush=True)


def _row(mix: Condition, tally: Tally) -> str:
    known = [f"{tally.rate(way):6.1%}" if way in tally.words else "     -" for way in ("beam", "mic")]
    p50, p95 = np.percentile(tally.finals_s, [50, 95])
    leaked, let_in = (tally.alone_passed[side] / max(1, tally.alone[side]) for side in (1, 0))
    heard, alike = (100 * n / max(1, tally.customer_words) for n in (tally.customer_heard, tally.customer_alike))
    return (
        f"{mix.name:<7} {tally.rate('line'):8.1%} {known[0]} {known[1]} {p50:8.2f} s {p95:5.2f} s"
        f" {tally.spent_s / max(1e-9, tally.given_s):9.3f} {tally.spent_s / tally.stream_s:7.3f}"
        f"   {leaked:22.2%} {let_in:21.1%}"
        f"   {heard:.2f} ({alike:.2f} right) of {tally.customer_words}; agent {tally.words['line']} words;"
        f" {tally.stream_s / 60:.0f} min"
    )


def _tally(
    mix: Condition,
    library: Library,
    voices: Mapping[str, list[Clip]],
    recogniser: VoskRecogniser,
    wishes: argparse.Namespace,
) -> Tally:
    tally = Tally()
    for number in range(wishes.scenes):
        rng = np.random.default_rng([zlib.crc32(mix.name.encode()), wishes.seed, number])
        scene, lines = _scene(rng, replace(mix, arrays=(wishes.array,)), library, voices, wishes.seconds)
        beam = _through_line(scene, lines, recogniser, tally)
        if not wishes.line_only:
            first_microphone = np.asarray(scene.samples[0], dtype=np.float32)
            for way, sound in (("beam", beam), ("mic", first_microphone)):
                _at_known_places(sound, lines, recogniser, tally, way)
        tally.stream_s += scene.active.shape[1] * FRAME_S
    return tally


def _scene(
    rng: np.random.Generator, mix: Condition, library: Library, voices: Mapping[str, list[Clip]], seconds: float
) -> tuple[Scene, list[Line]]:
    """Two voices by turns, one or two lines each, in a room of the mix."""
    names = [str(name) for name in rng.choice(sorted(voices), 2, replace=False)]
    people = tuple(Person(side, Talker(_voice(name), 1.0)) for side, name in enumerate(names))
    said, lines, now, side = [], [], 1.0, 1
    while now < seconds - 4:
        for _ in range(int(rng.integers(1, 3))):
            clip = voices[names[side]][int(rng.integers(len(voices[names[side]])))]
            sound = clip.audio * np.float32(LEVEL / np.sqrt(np.mean(clip.audio**2)))
            one = utter(rng, people, side, Span(side, now, now + len(sound) / RATE), sound)
            if one.span.end_s > seconds - 1:
                break
            said.append(one)
            lines.append(Line(side, one.span.start_s, one.span.end_s, clip.words or ()))
            now = one.span.end_s + float(rng.uniform(*PAUSE_S))
        if not lines:
            continue
        end_s, side = max(line.end_s for line in lines), 1 - side
        early = rng.random() < EARLY
        now = end_s - float(rng.uniform(0.1, 0.4)) if early else end_s + float(rng.lognormal(*GAP_S))
        if end_s > seconds - 6:
            break
    setting = settings.of_condition(rng, mix)
    return scenes.scene_of(rng, library, setting, people, spoken(people, said, seconds), known=True), lines


def _voice(name: str) -> Voice:
    return Voice(name, np.zeros(BLOCK_SAMPLES, dtype=np.float32), THRESHOLD_DB, np.array([0]), np.array([1]))


def _through_line(scene: Scene, lines: Sequence[Line], recogniser: VoskRecogniser, tally: Tally) -> Sound:
    """The shipped line, but that the visit is always open; return the whole of the agent's beam."""
    geometry = scene.counter.geometry
    zones = Zones(geometry, scene.counter.calibration, len(scene.samples))
    detector, floor, gate = load_detector(None), Floor(FloorRules()), SpeechGate()
    ear = _Ear(recogniser)
    frames = scene.active.shape[1]
    samples = np.pad(scene.samples, ((0, 0), (0, TAIL * BLOCK_SAMPLES)))
    beam, passed = np.zeros(samples.shape[1], dtype=np.float32), np.zeros(frames, dtype=np.bool_)
    for index in range(frames + TAIL):
        first = index * BLOCK_SAMPLES
        frame = zones.step(Block(samples[:, first : first + BLOCK_SAMPLES].astype(np.float32), first))
        beam[max(0, first - BLOCK_SAMPLES) : first] = frame.agent_beam[: first and BLOCK_SAMPLES]
        step = gate.step(frame, floor.step(detector.step(frame)), OPEN)
        if step.ended:
            ear.end(first / RATE)
        if step.samples is not None:
            ear.take(step.samples, step.start_s, first / RATE)
            if (place := round(step.start_s / BLOCK_S)) < frames:
                passed[place] = True
    _count(scene, lines, passed, ear, tally)
    return beam


def _count(scene: Scene, lines: Sequence[Line], passed: np.ndarray, ear: _Ear, tally: Tally) -> None:
    for side in (0, 1):
        alone = scene.active[side] & ~scene.active[1 - side]
        tally.alone[side] += int(alone.sum())
        tally.alone_passed[side] += int((alone & passed).sum())
    said = [word for line in lines if line.side == 0 for word in line.words]
    tally.add_errors("line", said, [word.text for word, _, _ in ear.heard])
    tally.customer_words += sum(len(line.words) for line in lines if line.side == 1)
    customers = scene.active[1] & ~scene.active[0]
    for word, start_s, end_s in ear.heard:
        middle = int((start_s + end_s) / 2 / FRAME_S)
        if middle < len(customers) and customers[middle]:
            tally.customer_heard += 1
            near = [one for one in lines if one.side == 1 and one.start_s - 1 < start_s < one.end_s + 1]
            tally.customer_alike += any(word.text in one.words for one in near)
    tally.finals_s += ear.finals_s
    tally.spent_s += ear.spent_s
    tally.given_s += ear.given_s


class _Ear:
    """What `edge/words_line.py` does with the gate's audio, on the caller's thread, with times."""

    def __init__(self, recogniser: VoskRecogniser) -> None:
        self.heard: list[tuple[Word, float, float]] = []
        self.finals_s: list[float] = []
        self.spent_s = self.given_s = 0.0
        self._recogniser = recogniser
        self._gathered: list[Samples] = []
        self._begun_s: float | None = None

    def take(self, samples: Samples, start_s: float, now_s: float) -> None:
        if self._begun_s is None:
            self._begun_s = start_s
        self._gathered.append(samples.copy())
        if len(self._gathered) * BLOCK_SAMPLES == CHUNK:
            self._send(now_s)

    def end(self, now_s: float) -> None:
        self._send(now_s)
        began = time.process_time()
        utterance = self._recogniser.finish()
        self._keep(utterance, now_s, time.process_time() - began)
        self._begun_s = None

    def _send(self, now_s: float) -> None:
        if not self._gathered:
            return
        audio = np.concatenate(self._gathered)
        self._gathered.clear()
        self.given_s += len(audio) / RATE
        began = time.process_time()
        utterance = self._recogniser.accept(audio)
        self._keep(utterance, now_s, time.process_time() - began)

    def _keep(self, utterance: Utterance | None, now_s: float, spent_s: float) -> None:
        self.spent_s += spent_s
        if utterance is None or not utterance.words or self._begun_s is None:
            return
        begun_s = self._begun_s
        self.heard += [(word, begun_s + word.start_s, begun_s + word.end_s) for word in utterance.words]
        self.finals_s.append(now_s + spent_s - (begun_s + utterance.words[-1].end_s))


def _at_known_places(sound: Sound, lines: Sequence[Line], recogniser: VoskRecogniser, tally: Tally, way: str) -> None:
    """Each of the agent's lines by itself, its place given."""
    for line in lines:
        if line.side == 0:
            first, last = (max(0, round(at * RATE)) for at in (line.start_s - BEFORE_S, line.end_s + AFTER_S))
            part = sound[first:last]
            given = [recogniser.accept(part[at : at + CHUNK]) for at in range(0, len(part), CHUNK)]
            heard = [one for one in [*given, recogniser.finish()] if one is not None]
            tally.add_errors(way, line.words, [word.text for one in heard for word in one.words])


def _voices(folder: Path) -> dict[str, list[Clip]]:
    found: dict[str, list[Clip]] = {}
    for file, clip in _lines(folder):
        found.setdefault(file.stem.rsplit("-", 1)[0], []).append(clip)
    return {name: clips for name, clips in found.items() if len(clips) >= 5}  # fewer would be said again and again


def _lines(folder: Path) -> Iterator[tuple[Path, Clip]]:
    for file in sorted(path for path in folder.iterdir() if path.suffix in {".wav", ".flac"}):
        audio, rate = soundfile.read(file, dtype="float32")
        if rate != RATE:
            raise SystemExit(f"{file} is at {rate} Hz: give lines at {RATE} Hz")
        yield file, Clip(np.asarray(audio), tuple(file.with_suffix(".txt").read_text(encoding="utf-8").split()))


if __name__ == "__main__":
    main()
