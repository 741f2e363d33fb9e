"""What else is heard at a counter, and from where; one rule: nothing here is one of the two sides speaking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark.truth import RATE, Sound
from models.rooms import acoustics, dialogues, scripts, sounds
from models.rooms.talkers import Person, Talker, spoken
from models.rooms.voices import FRAME, runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.rooms.acoustics import Counter
    from models.rooms.settings import Heard
    from models.rooms.talkers import Talk
    from models.rooms.voices import Library, Voice
    from numpy.typing import NDArray

    Place = NDArray[np.float64]

TRIES: Final = 6
"""For a cough, a moment is looked for in which its mouth does not speak."""
OWN_PHRASE_FRAMES: Final = 40


@dataclass(frozen=True, slots=True)
class Source:
    """A sound from a place, at a level in dB over the time that it sounds."""

    sound: Sound
    place: Place
    level_db: float


def sources(
    rng: np.random.Generator, library: Library, counter: Counter, talk: Talk, kind: Heard, level_db: float
) -> list[Source]:
    """What is heard of one kind in a scene."""
    total = talk.dry.shape[1]
    if kind == "cough":
        return _at_mouths(rng, counter, talk, level_db)
    if kind == "breath":
        return _breaths(rng, counter, talk, level_db)
    return [Source(_SOUNDS[kind](rng, library, total), _place(rng, counter, kind), level_db)]


def any_voice(rng: np.random.Generator, library: Library) -> Voice:
    """A reader, or now and then someone who orders coffee."""
    pool = library.orders if library.orders and rng.random() < 0.3 else library.readers  # noqa: PLR2004  # share
    return pool[int(rng.integers(len(pool)))]


def _place(rng: np.random.Generator, counter: Counter, kind: Heard) -> Place:
    if kind == "neighbour":
        return acoustics.lateral_place(rng, counter)
    if kind == "queue":
        return acoustics.behind_place(rng, counter)
    if kind == "playback":
        return np.asarray(counter.mouths_m[int(rng.integers(len(counter.mouths_m)))])
    if kind == "keyboard" or (kind == "telephone" and rng.random() < 0.5):  # noqa: PLR2004  # half of them on the counter
        return acoustics.hands_place(rng, counter)
    return acoustics.room_place(rng, counter)


def _chatter(rng: np.random.Generator, library: Library, total: int) -> Sound:
    """Somebody else's conversation, both voices from one place."""
    pool = [any_voice(rng, library), *(library.staff[int(n)] for n in rng.integers(max(len(library.staff), 1), size=2))]
    voices = [pool[int(n)] for n in rng.choice(len(pool), 2, replace=False)]
    people = tuple(Person(side, Talker(voice, float(rng.uniform(0.88, 1.14)))) for side, voice in enumerate(voices))
    spans = scripts.from_call(rng, library.calls, total / RATE)
    talk = spoken(people, dialogues.from_timings(rng, people, spans, whole_phrases=True), total / RATE)
    mixed: Sound = talk.dry.sum(axis=0)
    return mixed


def _monologue(rng: np.random.Generator, library: Library, total: int) -> Sound:
    """One voice from a loudspeaker that goes on and on, with a pause now and then."""
    sound: Sound = np.zeros(total, dtype=np.float32)
    voice, at = any_voice(rng, library), int(rng.uniform(0, 4) * RATE)
    while at < total:
        piece = voice.phrase(rng, float(rng.uniform(2, 9)))
        sound[at : at + len(piece)] += piece[: total - at]
        at += len(piece) + int(rng.uniform(0.2, 5) * RATE)
    return acoustics.through_loudspeaker(rng, sound)


def _radio(rng: np.random.Generator, library: Library, total: int) -> Sound:
    if rng.random() < 0.4:  # noqa: PLR2004  # share of radios on which somebody speaks
        return _monologue(rng, library, total)
    return acoustics.through_loudspeaker(rng, sounds.music(rng, total / RATE)[:total])


def _hands(rng: np.random.Generator, library: Library, total: int) -> Sound:
    """A recording of keys or paper, or made-up ones."""
    if library.point_noises and rng.random() < 0.4:  # noqa: PLR2004  # share
        noise = library.point_noises[int(rng.integers(len(library.point_noises)))][1]
        return np.take(noise, np.arange(total) + int(rng.integers(len(noise))), mode="wrap")
    return sounds.laid_out(rng, sounds.hands_sound, total, (0.2, float(rng.uniform(1, 6))))


_SOUNDS: Final[dict[Heard, Callable[[np.random.Generator, Library, int], Sound]]] = {
    "neighbour": _chatter,
    "queue": _chatter,
    "gong": lambda rng, _, total: sounds.laid_out(rng, sounds.gong, total, (15, 30)),
    "telephone": lambda rng, _, total: sounds.laid_out(rng, sounds.telephone, total, (3, 25)),
    "radio": _radio,
    "playback": _monologue,
    "keyboard": _hands,
}


def _at_mouths(rng: np.random.Generator, counter: Counter, talk: Talk, level_db: float) -> list[Source]:
    """Coughs, breaths, laughs and throat-clearing of each person, while they do not speak."""
    total, found = talk.dry.shape[1], []
    for place, own in zip(counter.mouths_m, talk.spoken, strict=True):
        track: Sound = np.zeros(total, dtype=np.float32)
        at = int(rng.uniform(0, 10) * RATE)
        while at < total:
            sound = sounds.mouth_sound(rng)
            begin = _quiet_moment(rng, own, at, len(sound))
            track[begin : begin + len(sound)] += sound[: max(total - begin, 0)]
            at = max(begin, at) + len(sound) + int(rng.uniform(4, 14) * RATE)
        found.append(Source(track, place, level_db))
    return found


def _quiet_moment(rng: np.random.Generator, own: NDArray[np.bool_], at: int, length: int) -> int:
    """A time near `at` in which this person does not speak, where there is one."""
    for late_s in (0.0, *rng.uniform(-2, 4, TRIES)):
        begin = max(0, at + int(late_s * RATE))
        if not own[begin // FRAME : (begin + length) // FRAME + 1].any():
            return begin
    return at


def _breaths(rng: np.random.Generator, counter: Counter, talk: Talk, level_db: float) -> list[Source]:
    """Breath drawn before many of the phrases."""
    found = []
    for place, own in zip(counter.mouths_m, talk.spoken, strict=True):
        track: Sound = np.zeros(talk.dry.shape[1], dtype=np.float32)
        for start, _ in runs(own):
            before = own[max(0, start - OWN_PHRASE_FRAMES) : start]
            sound = sounds.breath(rng)
            begin = int(start) * FRAME - len(sound) - int(rng.uniform(0, 0.15) * RATE)
            if begin >= 0 and not before.any() and rng.random() < 0.5:  # noqa: PLR2004  # half
                track[begin : begin + len(sound)] += sound
        found.append(Source(track, place, level_db))
    return found
