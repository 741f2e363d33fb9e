"""Which voice, call and noise belongs to which part; one rule: by name, never by chance, and no name in two parts.

`train` and `valid` make the model, `test` is heard by the first simulator's judgement, `halls` by the second simulator.
"""

from __future__ import annotations

import zlib
from typing import Final, Literal

Part = Literal["train", "valid", "test", "halls"]

_SHARES: Final[tuple[tuple[Part, int], ...]] = (("train", 68), ("valid", 76), ("test", 89), ("halls", 100))
"""Upper ends of each part, in hundredths of the speakers and of the calls."""

NOISES: Final[dict[Part, tuple[str, ...]]] = {
    "train": (
        *("crowd", "carousel", "road", "highway", "train", "church", "dryer", "construction-site", "night-village"),
        *("pink-noise", "brown-noise", "boiling-water", "vinyl-effect", "airplane", "windshield-wipers", "temple"),
        *("rowing-boat", "underwater", "white-noise"),
    ),
    "valid": ("inside-a-train", "submarine", "fireworks"),
    "test": ("office", "ceiling-fan", "laboratory", "crowded-bar", "busy-street"),
    "halls": ("washing-machine", "slide-projector", "cafe", "traffic", "sailboat"),
}
"""From everywhere. In `test` and `halls` the first three, or two, are an office's; `crowded-bar`, `busy-street`, `cafe`
and `traffic` are busy."""
POINT_NOISES: Final[dict[Part, tuple[str, ...]]] = {
    "train": ("paper", "bubbles", "clock", "tuning-radio"),
    "valid": ("wind-chimes",),
    "test": ("keyboard", "singing-bowl"),
    "halls": ("typewriter", "morse-code"),
}
"""From a place on or near the counter."""
SPOKEN: Final[dict[Part, tuple[str, ...]]] = {
    "train": (
        *("af_alloy", "am_echo", "bf_alice", "bm_daniel", "af_nova", "am_onyx", "bf_lily", "bm_fable"),
        *("ef_dora", "em_alex", "hf_alpha", "jm_kumo", "pf_dora", "zf_xiaoni", "zm_yunxi", "ff_siwis", "im_nicola"),
        *("hm_omega", "jf_alpha", "zm_yunjian", "zf_xiaobei", "af_nicole", "am_santa", "jf_nezumi"),
    ),
    "valid": ("af_sky", "bm_lewis", "hm_psi"),
    "test": ("af_river", "am_eric", "if_sara", "pm_alex", "hf_beta"),
    "halls": ("af_aoede", "af_jessica", "af_kore", "af_sarah", "am_liam", "am_puck", "bf_emma"),
}
"""Synthetic voices (Kokoro-82M) that speak English. The demo's are in no part."""


def part_of(name: str) -> Part:
    """A stable draw from a speaker's or a call's name."""
    lot = zlib.crc32(name.encode()) % 100
    return next(part for part, below in _SHARES if lot < below)
