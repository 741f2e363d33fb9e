"""What is heard at a counter, by name; one rule: a condition is a value, and both simulators read the same ones.

Levels are dB against the mean power of the two voices (while they speak) at the array.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

NoiseKind = Literal["quiet", "office", "busy"]
Extra = Literal[
    "neighbour",  # somebody else's conversation, 1.6 to 4 m to the side, 5 to 14 dB below
    "queue",  # two people talk behind the customer, 1.8 to 3.5 m away, 8 to 16 dB below
    "gong",  # a call for the next number: a gong every 15 to 30 s, up to 6 dB above the voices
    "telephone",  # rings on the counter or behind it, 3 dB above to 10 dB below
    "radio",  # music or speech from a loudspeaker in the room, 10 to 18 dB below
    "playback",  # speech from a loudspeaker at one of the two places (a screen, a speaker phone), 5 to 12 dB below
    "cough",  # coughs, breaths, laughs and throat-clearing at the two places, as loud as the voices
    "keyboard",  # typing, paper, a printer, a chair, on the counter before one of the two, 3 to 20 dB below
]
Style = Literal[
    "dense",  # rich in what matters: overlaps of every kind, backchannels, pauses
    "day",  # visits of a minute or more with a call's timing, and a minute without a customer between them
]
ARRAYS: Final = ("respeaker-usb-v2", "respeaker-xvf3800", "respeaker-2mic", "stereo")
NEVER_TRAINED: Final = "rectangle"
"""Four microphones at the corners of 80 by 40 mm: no recipe trains on it; `models/benchmark/arrays.py` has it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How scenes of one kind are drawn; ranges are uniform.

    Attributes:
        name: As the tables call it.
        noise: Which noises come from everywhere.
        noise_db: Their level.
        extras: What else is heard.
        gap_db: Range of the louder voice's lead, either side.
        placement_deg: Mouths are up to this far beside where the zones are told.
        t60_s: Range of the reverberation time.
        customers: People who speak on the customer's side, within 40 degrees of each other.
        pauses_s: Range of pauses added inside turns; None adds none.
        gain_db: Microphones differ by up to this much, either way.
        dead_microphones: Raw microphones that give silence.
        arrays: Drawn with equal chances.
        style: How people talk.
    """

    name: str
    noise: NoiseKind = "office"
    noise_db: float = -20.0
    extras: tuple[Extra, ...] = ()
    gap_db: tuple[float, float] = (0.0, 4.0)
    placement_deg: float = 8.0
    t60_s: tuple[float, float] = (0.25, 0.5)
    customers: int = 1
    pauses_s: tuple[float, float] | None = None
    gain_db: float = 1.0
    dead_microphones: int = 0
    arrays: tuple[str, ...] = ARRAYS
    style: Style = "dense"


QUIET: Final = Condition("quiet", "quiet", -32.0)
OFFICE: Final = Condition("office", "office", -15.0)
BUSY: Final = Condition("busy", "busy", -8.0)
NEIGHBOUR: Final = Condition("neighbour", "office", -20.0, ("neighbour",))
MAIN: Final = (QUIET, OFFICE, BUSY, NEIGHBOUR)
"""The four of the targets."""

STRESS: Final = (
    replace(OFFICE, name="queue", noise_db=-20.0, extras=("queue",)),
    replace(OFFICE, name="two customers", customers=2),
    replace(OFFICE, name="three customers", customers=3),
    replace(OFFICE, name="placement 20 deg", placement_deg=20.0),
    replace(OFFICE, name="equal loudness", gap_db=(0.0, 0.0)),
    replace(OFFICE, name="10 dB apart", gap_db=(10.0, 10.0)),
    replace(OFFICE, name="long pauses", pauses_s=(1.0, 3.0)),
    replace(OFFICE, name="dry room", t60_s=(0.15, 0.25)),
    replace(OFFICE, name="live room", t60_s=(0.65, 0.8)),
    *(replace(OFFICE, name=extra, extras=(extra,)) for extra in ("gong", "telephone", "radio", "playback", "cough")),
    replace(OFFICE, name="keyboard", extras=("keyboard",)),
    replace(OFFICE, name="gains 3 dB apart", gain_db=3.0),
    replace(OFFICE, name="dead microphone", dead_microphones=1, arrays=ARRAYS[:2]),
    replace(OFFICE, name="array never trained", arrays=(NEVER_TRAINED,)),
)
"""One thing made hard at a time, in an office. High and low voices, and arrays, are read off the main scenes."""

DAYS: Final = tuple(replace(one, name=f"{one.name} day", style="day") for one in MAIN)
"""For everything that is counted by the hour."""

ALL: Final = {one.name: one for one in (*MAIN, *STRESS, *DAYS)}
