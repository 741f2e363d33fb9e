"""One recording at a simulated counter, with its truth; one rule: all levels and chances of a scene are set here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from models.rooms import acoustics, scripts
from models.rooms.voices import PHRASE_OVER_S, RATE, Flags, Library, Sound, Voice, active_frames

from counterpoint.values import BLOCK_SAMPLES

if TYPE_CHECKING:
    from models.rooms.acoustics import Counter
    from models.rooms.scripts import Span
    from numpy.typing import NDArray

Condition = Literal["mixed", "quiet", "office", "busy", "neighbour"]

Cast = Literal["readers", "staff"]

FRAME: Final = BLOCK_SAMPLES
SMALL_WORD_S: Final = 1.6
"""A small word is never cut to the script's time: how it sounds is what it is."""
OFFICE_NOISES: Final = ("office", "ceiling-fan", "laboratory")
BUSY_NOISES: Final = ("crowded-bar", "busy-street")


@dataclass(frozen=True, slots=True)
class Scene:
    """A recording and what is true of it.

    Attributes:
        samples: Shape (raw microphones, samples).
        counter: The room, the array and its calibration.
        spans: The script as it was spoken, in stretches.
        active: Who speaks, shape (2, frames).
        takes: Whether the second voice takes or fights for the floor, shape (frames,).
        overlap_known: Frames in which `takes` is known, shape (frames,).
    """

    samples: Sound
    counter: Counter
    spans: tuple[Span, ...]
    active: Flags
    takes: Flags
    overlap_known: Flags


@dataclass(frozen=True, slots=True)
class _Mixture:
    """Levels in dB against the mean of the two sides; -inf leaves it out."""

    noise_db: float
    neighbour_db: float
    behind_db: float
    hands_db: float
    noise: str | None = None


@dataclass(frozen=True, slots=True)
class _Talker:
    """A voice, and how fast it speaks here: the same voice a little faster is nearly another."""

    voice: Voice
    speed: float

    def says(self, rng: np.random.Generator, span: Span) -> Sound:
        """Speech for a span; a natural one ends where the speaker paused."""
        seconds = (span.end_s - span.start_s) * self.speed
        if span.kind == "backchannel" and self.voice.small_words:
            sound = self.voice.small_words[int(rng.integers(len(self.voice.small_words)))]
        else:
            sound = self._talk(rng, span, seconds)
        at = np.arange(0, len(sound) - 1, self.speed)
        faster: Sound = np.interp(at, np.arange(len(sound)), sound).astype(np.float32)
        return faster

    def _talk(self, rng: np.random.Generator, span: Span, seconds: float) -> Sound:
        return self.voice.phrase(rng, seconds) if span.natural else self.voice.cut(rng, seconds)


def make_scene(
    rng: np.random.Generator, library: Library, seconds: float, condition: Condition, cast: Cast = "readers"
) -> Scene:
    """Draw a scene; `mixed` draws the condition as well, for training; the cast `staff` has small words of its own."""
    geometry = acoustics.random_array(rng)
    counter = acoustics.random_counter(rng, geometry)
    mixture = _mixture(rng, condition)
    spans = _script(rng, library, seconds)
    pick = _pick if cast == "readers" else _pick_staff
    talkers = [pick(rng, library), pick(rng, library)]
    dry, active, spoken = _spoken(rng, talkers, spans, seconds)
    samples = _sounded(rng, library, counter, mixture, dry, active)
    heard = scripts.stretches(spoken)
    takes, known = _floor_truth(heard, active)
    return Scene(samples, counter, heard, active, takes, known)


def _mixture(rng: np.random.Generator, condition: Condition) -> _Mixture:
    """The levels of a condition."""
    out = -np.inf
    if condition == "quiet":
        return _Mixture(-32.0, out, out, out)
    if condition == "office":
        return _Mixture(-15.0, out, out, out, str(rng.choice(OFFICE_NOISES)))
    if condition == "busy":
        return _Mixture(-8.0, out, out, out, str(rng.choice(BUSY_NOISES)))
    if condition == "neighbour":
        return _Mixture(-20.0, float(rng.uniform(-14, -5)), out, out, str(rng.choice(OFFICE_NOISES)))
    return _Mixture(
        noise_db=float(
            rng.choice([rng.uniform(-45, -28), rng.uniform(-25, -12), rng.uniform(-14, -4)], p=[0.3, 0.4, 0.3])
        ),
        neighbour_db=float(rng.uniform(-18, -3)) if rng.random() < 0.35 else out,  # noqa: PLR2004  # share of scenes
        behind_db=float(rng.uniform(-22, -10)) if rng.random() < 0.12 else out,  # noqa: PLR2004  # share of scenes
        hands_db=float(rng.uniform(-25, -3)) if rng.random() < 0.3 else out,  # noqa: PLR2004  # share of scenes
    )


def _script(rng: np.random.Generator, library: Library, seconds: float) -> list[Span]:
    """Half real call timings, half staged; now and then one side alone, or nobody."""
    lot = rng.random()
    if lot < 0.04:  # noqa: PLR2004  # share of scenes
        return []
    spans = scripts.from_call(rng, library.calls, seconds) if lot < 0.5 else scripts.staged(rng, seconds)  # noqa: PLR2004  # half
    if lot > 0.93:  # noqa: PLR2004  # share of scenes: one side's voice only, however loud
        spans = [span for span in spans if span.side == 0]
    return spans


def _pick(rng: np.random.Generator, library: Library) -> _Talker:
    """A reader, or now and then someone who orders coffee."""
    pool = library.orders if library.orders and rng.random() < 0.3 else library.readers  # noqa: PLR2004  # share
    return _Talker(pool[int(rng.integers(len(pool)))], float(rng.uniform(0.88, 1.14)))


def _pick_staff(rng: np.random.Generator, library: Library) -> _Talker:
    """Mostly a voice with small words of its own; now and then a reader meets one."""
    if rng.random() < 0.15:  # noqa: PLR2004  # share
        return _pick(rng, library)
    return _Talker(library.staff[int(rng.integers(len(library.staff)))], float(rng.uniform(0.85, 1.18)))


def _spoken(
    rng: np.random.Generator, talkers: list[_Talker], spans: list[Span], seconds: float
) -> tuple[Sound, Flags, list[Span]]:
    """The two dry voices, shape (2, samples), who is heard in each frame, and the script with its true ends."""
    total = int(seconds * RATE)
    dry = np.zeros((2, total), dtype=np.float32)
    active = np.zeros((2, total // FRAME), dtype=np.bool_)
    spoken: list[Span] = []
    for span in spans:
        length = span.end_s - span.start_s
        sound = talkers[span.side].says(rng, span)
        gain = rng.uniform(-9, -1) if span.kind == "backchannel" else rng.normal(0, 1.5)
        begin = int(span.start_s * RATE) // FRAME * FRAME
        longest_s = SMALL_WORD_S if span.kind == "backchannel" and talkers[span.side].voice.small_words else length
        sound = sound[: min(int((longest_s + PHRASE_OVER_S) * RATE), total - begin)] * np.float32(10 ** (gain / 20))
        dry[span.side, begin : begin + len(sound)] += sound
        heard = active_frames(sound)
        active[span.side, begin // FRAME : begin // FRAME + len(heard)] |= heard
        spoken.append(replace(span, end_s=(begin + len(sound)) / RATE))
    return dry, active, spoken


def _sounded(
    rng: np.random.Generator, library: Library, counter: Counter, mixture: _Mixture, dry: Sound, active: Flags
) -> Sound:
    """Everything through the room, at its level, into microphones that are not quite alike."""
    total = dry.shape[1]
    others = _others(rng, library, counter, mixture, total)
    places = [*counter.mouths_m, *(place for _, place, _ in others)]
    paths = acoustics.impulses(counter, places)
    out = np.zeros((len(counter.microphones_m), total), dtype=np.float32)
    gap = float(np.clip(rng.normal(0, 4), -10, 10))
    for side, level in ((0, gap / 2), (1, -gap / 2)):
        image = acoustics.heard(dry[side], paths[side], acoustics.random_colour(rng))
        near = image[side : side + 1] if counter.geometry.one_per_side else image
        out += _at_level(image, near, np.repeat(active[side], FRAME), level)
    for (sound, _, level), path in zip(others, paths[2:], strict=True):
        image = acoustics.heard(sound, path, acoustics.random_colour(rng))
        out += _at_level(image, image, np.abs(sound) > 0, level)
    noises = dict(library.noises)
    name = mixture.noise if mixture.noise in noises else str(rng.choice(list(noises)))
    out += acoustics.from_everywhere(rng, noises[name], counter, total) * np.float32(10 ** (mixture.noise_db / 20))
    return _captured(rng, out)


def _others(
    rng: np.random.Generator, library: Library, counter: Counter, mixture: _Mixture, total: int
) -> list[tuple[Sound, NDArray[np.float64], float]]:
    """The neighbours, the queue and the hands: sound, place and level of each that there is."""
    found = []
    if np.isfinite(mixture.neighbour_db):
        found.append((_chatter(rng, library, total), acoustics.lateral_place(rng, counter), mixture.neighbour_db))
    if np.isfinite(mixture.behind_db):
        found.append((_chatter(rng, library, total), acoustics.behind_place(rng, counter), mixture.behind_db))
    if np.isfinite(mixture.hands_db):
        noise = library.point_noises[int(rng.integers(len(library.point_noises)))][1]
        start = int(rng.integers(len(noise)))
        sound = np.take(noise, np.arange(start, start + total), mode="wrap")
        found.append((sound, acoustics.hands_place(rng, counter), mixture.hands_db))
    return found


def _chatter(rng: np.random.Generator, library: Library, total: int) -> Sound:
    """Somebody else's conversation, both voices from one place."""
    spans = scripts.from_call(rng, library.calls, total / RATE)
    dry, _, _ = _spoken(rng, [_pick(rng, library), _pick(rng, library)], spans, total / RATE)
    mixed: Sound = dry.sum(axis=0)
    return mixed


def _at_level(image: Sound, near: Sound, where: Flags, level_db: float) -> Sound:
    """The image scaled so that `near`, where it sounds, has this power."""
    if not where.any():
        return image * np.float32(0)
    power = np.mean(near[:, : len(where)][:, where[: near.shape[1]]] ** 2) + 1e-12
    return image * np.float32(10 ** (level_db / 20) / np.sqrt(power))


def _captured(rng: np.random.Generator, sound: Sound) -> Sound:
    """Microphone gains and noise, the recording level, clipping and 16 bits."""
    gains = 10 ** (np.clip(rng.normal(0, 1.2, (len(sound), 1)), -3, 3) / 20)
    noisy = sound * gains + rng.normal(0, 10 ** (rng.uniform(-60, -38) / 20), sound.shape)
    level = 10 ** (rng.uniform(-44, -18) / 20)
    captured: Sound = (np.round(np.clip(noisy * level, -1, 1) * 32767) / 32768).astype(np.float32)
    return captured


def _floor_truth(spans: tuple[Span, ...], active: Flags) -> tuple[Flags, Flags]:
    """In which overlapping frames the second voice takes or fights for the floor, and where that is known."""
    takes = np.zeros(active.shape[1], dtype=np.bool_)
    known = np.zeros_like(takes)
    both = active[0] & active[1]
    for span in spans:
        verdict = scripts.takes_floor(spans, span)
        if verdict is None:
            continue
        inside = slice(int(span.start_s * RATE) // FRAME, int(span.end_s * RATE) // FRAME + 1)
        takes[inside] = verdict
        known[inside] = both[inside]
    return takes & known, known
