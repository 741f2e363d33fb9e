"""One recording at a simulated counter, with its truth; one rule: who speaks is decided before any room is built."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from models.benchmark import conditions
from models.benchmark.truth import RATE, Flags, Sound
from models.rooms import acoustics, dialogues, others, scripts, settings
from models.rooms.talkers import Cast, Person, Talk, Talker, spoken
from models.rooms.voices import FRAME

if TYPE_CHECKING:
    from models.rooms.acoustics import Counter
    from models.rooms.scripts import Span
    from models.rooms.settings import Setting
    from models.rooms.voices import Library, Voice

Condition = str
"""`mixed`, to train on, or a name of `models.benchmark.conditions.ALL`."""

SPEEDS: Final = (0.85, 1.18)
"""The same voice a little faster is nearly another."""
STAFF_MEET_READERS: Final = 0.15
"""Chance that one of the people of a cast with small words is a reader after all."""
LEAK_LATE_S: Final = 0.06
HISS_DB: Final = (-62, -40)
"""Of the microphones, against the voices."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A recording and what is true of it.

    Attributes:
        samples: Shape (raw microphones, samples).
        counter: The room, the array and its calibration.
        people: Who speaks.
        talk: What they say, dry.
        takes: Whether the second voice takes or fights for the floor, shape (frames,).
        overlap_known: Frames in which `takes` is known, shape (frames,).
    """

    samples: Sound
    counter: Counter
    people: tuple[Person, ...]
    talk: Talk
    takes: Flags
    overlap_known: Flags

    @property
    def active(self) -> Flags:
        """Who speaks, shape (2, frames)."""
        return self.talk.active

    @property
    def spans(self) -> tuple[Span, ...]:
        """The script as it was spoken, in stretches."""
        return self.talk.spans


def make_scene(
    rng: np.random.Generator, library: Library, seconds: float, condition: Condition, cast: Cast = "readers"
) -> Scene:
    """Draw a scene; `mixed` draws everything, for training; the cast `staff` has small words of its own.

    Readers have none: of what they say over each other only a real call's timing tells whether it takes the floor.
    """
    mixed = condition == "mixed"
    setting = settings.at_random(rng) if mixed else settings.of_condition(rng, conditions.ALL[condition])
    people = people_of(rng, library, setting.customers, cast, mixed=mixed)
    if mixed:
        talk, known = _training_talk(rng, library, people, setting, seconds)
    else:
        talk, known = benchmark_talk(rng, library, people, setting, seconds), True
    return scene_of(rng, library, setting, people, talk, known=known)


def scene_of(
    rng: np.random.Generator, library: Library, setting: Setting, people: tuple[Person, ...], talk: Talk, *, known: bool
) -> Scene:
    """A conversation as it is heard in a setting; with `known` it is true of each overlap who takes the floor."""
    counter = acoustics.random_counter(rng, setting.geometry, setting.t60_s, setting.placement_deg, len(people) - 1)
    samples = _sounded(rng, library, counter, setting, people, talk)
    takes, told = _floor_truth(talk.spans, talk.active)
    return Scene(samples, counter, people, talk, takes & known, told & known)


def people_of(
    rng: np.random.Generator, library: Library, customers: int, cast: Cast, *, mixed: bool
) -> tuple[Person, ...]:
    """An agent and the customers, no voice twice while there are others; `mixed` lets readers meet the other cast."""
    voices: list[Voice] = []
    while len(voices) < customers + 1:
        staff = cast == "staff" and not (mixed and rng.random() < STAFF_MEET_READERS)
        pool = library.staff if staff else (others.any_voice(rng, library),)
        used = {voice.name for voice in voices}
        fresh = [voice for voice in pool if voice.name not in used] or list(pool)
        voices.append(fresh[int(rng.integers(len(fresh)))])
    speeds = rng.uniform(*SPEEDS, len(voices))
    return tuple(Person(min(n, 1), Talker(v, float(s))) for n, (v, s) in enumerate(zip(voices, speeds, strict=True)))


def _training_talk(
    rng: np.random.Generator, library: Library, people: tuple[Person, ...], setting: Setting, seconds: float
) -> tuple[Talk, bool]:
    """Real timings or staged talk, now and then of one side or nobody; and whether its overlaps are known."""
    lot = rng.random()
    if lot < 0.07:  # noqa: PLR2004  # share of scenes
        return spoken(people, [], seconds), True
    calls = setting.telephone or rng.random() < (0.4 if people[0].talker.voice.sentences else 0.7)  # shares
    if calls:
        spans = scripts.from_call(rng, library.calls, seconds)
        said = dialogues.from_timings(rng, people, spans, whole_phrases=bool(rng.random() < 0.6))  # noqa: PLR2004  # share
    else:
        said = dialogues.staged(rng, people, seconds, _manner(rng, setting))
    if lot > 0.94:  # noqa: PLR2004  # share of scenes: one side's voice only, however loud
        said = [one for one in said if one.span.side == 0]
    small_words = all(person.talker.voice.small_words for person in people)
    return spoken(people, said, seconds), calls or small_words


def _manner(rng: np.random.Generator, setting: Setting) -> dialogues.Manner:
    """Anything between natural and dense, with long pauses where the setting has them."""
    share = float(rng.uniform())
    far, near = dialogues.DENSE, dialogues.NATURAL
    drawn = replace(
        far,
        interrupted=share * far.interrupted + (1 - share) * near.interrupted,
        fought_for=share * far.fought_for + (1 - share) * near.fought_for,
        early=float(rng.uniform(0.1, 0.5)),
        long_gap=float(rng.choice([0.05, 0.3])),
    )
    return drawn if setting.pauses_s is None else replace(drawn, pauses_s=setting.pauses_s)


def benchmark_talk(
    rng: np.random.Generator, library: Library, people: tuple[Person, ...], setting: Setting, seconds: float
) -> Talk:
    """Staged and dense where everybody has small words; a call's timing otherwise."""
    if all(person.talker.voice.small_words for person in people):
        manner = dialogues.DENSE if setting.pauses_s is None else replace(dialogues.DENSE, pauses_s=setting.pauses_s)
        return spoken(people, dialogues.staged(rng, people, seconds, manner), seconds)
    spans = scripts.from_call(rng, library.calls, seconds)
    return spoken(people, dialogues.from_timings(rng, people, spans, whole_phrases=True), seconds)


def _sounded(
    rng: np.random.Generator,
    library: Library,
    counter: Counter,
    setting: Setting,
    people: tuple[Person, ...],
    talk: Talk,
) -> Sound:
    """Everything through the room, at its level, into microphones that are not quite alike."""
    dry = acoustics.over_telephone(rng, talk.dry) if setting.telephone else talk.dry
    heard = [one for kind, level in setting.extras for one in others.sources(rng, library, counter, talk, kind, level)]
    rest = [one for one in heard if one.sound.any()]
    places = [*counter.mouths_m, *(one.place for one in rest)]
    paths = acoustics.impulses(counter, places)
    out = np.zeros((len(counter.microphones_m), dry.shape[1]), dtype=np.float32)
    for number, (person, level_db) in enumerate(zip(people, _levels_db(people, setting.gap_db), strict=True)):
        sound = dry[number] + _leaked(rng, dry, people, person.side, setting.leak_db)
        image = acoustics.heard(sound, paths[number], acoustics.random_colour(rng))
        near = image[person.side : person.side + 1] if counter.geometry.one_per_side else image
        out += _at_level(image, near, np.repeat(talk.spoken[number], FRAME), level_db)
    for one, path in zip(rest, paths[len(people) :], strict=True):
        image = acoustics.heard(one.sound, path, acoustics.random_colour(rng))
        out += _at_level(image, image, np.abs(one.sound) > 0, one.level_db)
    out += _from_everywhere(rng, library, counter, setting, dry.shape[1])
    return _captured(rng, acoustics.recoloured(rng, out) if setting.coloured else out, setting)


def _levels_db(people: tuple[Person, ...], gap_db: float) -> list[float]:
    """Each person's level: the sides `gap_db` apart, their mean power 1."""
    mean = (10 ** (gap_db / 20) + 10 ** (-gap_db / 20)) / 2
    return [(gap_db / 2 if person.side == 0 else -gap_db / 2) - 10 * float(np.log10(mean)) for person in people]


def _leaked(
    rng: np.random.Generator, dry: Sound, people: tuple[Person, ...], side: int, leak_db: float | None
) -> Sound | np.float32:
    """The other side's voice as it faintly comes out at this place: a loudspeaker's, or another microphone's echo."""
    if leak_db is None:
        return np.float32(0)
    other = dry[[number for number, person in enumerate(people) if person.side != side]].sum(axis=0)
    late = int(rng.uniform(0, LEAK_LATE_S) * RATE)
    faint = np.concatenate([np.zeros(late, dtype=np.float32), other[: len(other) - late]])
    return faint * np.float32(10 ** (leak_db / 20))


def _at_level(image: Sound, near: Sound, where: Flags, level_db: float) -> Sound:
    """The image scaled so that `near`, where it sounds, has this power."""
    if not where.any():
        return image * np.float32(0)
    power = np.mean(near[:, : len(where)][:, where[: near.shape[1]]] ** 2) + 1e-12
    return image * np.float32(10 ** (level_db / 20) / np.sqrt(power))


def _from_everywhere(
    rng: np.random.Generator, library: Library, counter: Counter, setting: Setting, total: int
) -> Sound:
    """The setting's noise, or any of the part's."""
    noises = dict(library.noises)
    names = [name for name in setting.noises if name in noises] or list(noises)
    noise = acoustics.from_everywhere(rng, noises[str(rng.choice(names))], counter, total)
    return noise * np.float32(10 ** (setting.noise_db / 20))


def _captured(rng: np.random.Generator, sound: Sound, setting: Setting) -> Sound:
    """Microphone gains and noise, the recording level, clipping and 16 bits; a dead microphone gives zeros."""
    gains = 10 ** (rng.uniform(-setting.gain_db, setting.gain_db, (len(sound), 1)) / 20)
    hiss = rng.standard_normal(sound.shape, dtype=np.float32) * np.float32(10 ** (rng.uniform(*HISS_DB) / 20))
    level = 10 ** (setting.recorded_db / 20)
    noisy = (sound * gains.astype(np.float32) + hiss) * np.float32(level)
    captured: Sound = (np.round(np.clip(noisy, -1, 1) * 32767) / 32768).astype(np.float32)
    captured[list(setting.dead)] = 0
    return captured


def _floor_truth(spans: tuple[Span, ...], active: Flags) -> tuple[Flags, Flags]:
    """In which overlapping frames the second voice takes or fights for the floor, and where that is told.

    Told of small words and of what takes the floor. A transition is neither: it is talk, and is over before it matters.
    """
    takes = np.zeros(active.shape[1], dtype=np.bool_)
    known = np.zeros_like(takes)
    both = active[0] & active[1]
    for span in spans:
        verdict = scripts.takes_floor(spans, span)
        if verdict is None or (span.kind == "talk" and not verdict):
            continue
        inside = slice(int(span.start_s * RATE) // FRAME, int(span.end_s * RATE) // FRAME + 1)
        takes[inside] = verdict
        known[inside] = both[inside]
    return takes & known, known
