"""Whether a new release may stay: what the caretaker remembers of it, and what it concludes each minute.

One rule: a release is good after ten minutes in which frames went from the microphone to a decision, in one run of the
sensor and with the broker reached as before; anything else ends with the release that ran before it, but for a
microphone that is away: a mute is waited for, since to tell of a failure would publish it. Time is uptime,
so the clock need not be set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from msgspec import Struct

from counterpoint.care.counters import Counters
from counterpoint.messages.commands import (  # noqa: TC001 - msgspec reads them as it runs
    Outcome,
    Refusal,
    ReleaseOffer,
)
from counterpoint.messages.schemas import Utc  # noqa: TC001 - as above

if TYPE_CHECKING:
    from collections.abc import Sequence

HEALTHY_FRAMES: Final = 30_000
"""Ten minutes at 50 frames a second."""
FIRST_FRAMES_S: Final = 300.0
"""A sensor that works writes its first sign within a minute or two, also on a cold, slow card."""
PATIENCE_S: Final = 1500.0
"""Ten minutes, and as much again for a broker that is away, a mended cable, a second start."""
AWAY_S: Final = 4 * 86_400.0
"""A long weekend with the microphone muted. A release that can't open one looks the same, and must not stay."""
MOST_STARTS: Final = 3
"""More starts of the machine than this within a trial are a crash loop."""

Verdict = Literal["good", "bad", "wait"]


class Fetching(Struct, frozen=True, tag="fetching"):
    """An update was accepted; the publisher is to fetch its file."""

    counter: int
    release: ReleaseOffer
    not_after: Utc
    trouble: Refusal = "not_fetched"
    """Why it is not staged yet: what the fleet is told when the time is over."""


class Trial(Struct, frozen=True, tag="trial"):
    """A release runs on trial.

    Attributes:
        counter: Number of the command.
        version: The release.
        back_to: The release to go back to; "" for the package.
        reachable: The broker was reached before, so that it must be reached again.
        boot: The boot of the last look.
        starts: How many boots the trial has seen.
        looked_s: Uptime at the last look, in seconds.
        spent_s: Time on trial so far, in seconds of uptime.
        frames: The sensor's count at the last look.
        healthy_frames: Frames of its present run that were seen on trial.
        run: The sensor's run at the last look.
        away_s: Time in which its microphone was away, in seconds of uptime; no part of `spent_s`.
    """

    counter: int
    version: str
    back_to: str
    reachable: bool
    boot: str = ""
    starts: int = 0
    looked_s: float = 0.0
    spent_s: float = 0.0
    frames: int = 0
    healthy_frames: int = 0
    run: str = ""
    away_s: float = 0.0


class Returning(Struct, frozen=True, tag="returning"):
    """The release before is to run again; what to tell the fleet when it does."""

    counter: int
    do: Literal["update", "roll_back"]
    back_to: str
    outcome: Outcome
    reason: Refusal | None


class Forgetting(Struct, frozen=True, tag="forgetting"):
    """Everything is being erased; a power cut only delays it."""

    counter: int


UnderWay = Fetching | Trial | Returning | Forgetting


class CareState(Struct, frozen=True):
    """All that the caretaker remembers.

    Attributes:
        counter: Number of the last command that was carried out.
        under_way: What goes on from run to run.
        checked_in: The boot in which the release that runs was last checked, file by file.
        counters: How far each key has counted; None as older versions wrote it, when one number bound every key.
    """

    counter: int = 0
    under_way: UnderWay | None = None
    checked_in: str = ""
    counters: Counters | None = None

    def counted(self) -> Counters:
        """Return how far each key has counted."""
        return Counters(floor=self.counter) if self.counters is None else self.counters

    def rests(self) -> CareState:
        """Return it with nothing under way, and what runs still to be checked."""
        return msgspec.structs.replace(self, under_way=None, checked_in="")

    def goes_on(self, under_way: UnderWay) -> CareState:
        """Return it with this under way."""
        return msgspec.structs.replace(self, under_way=under_way, checked_in="")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the caretaker sees in one look.

    Attributes:
        boot: The kernel's number of this boot.
        uptime_s: Seconds since the machine started, those of sleep included.
        frames: Frames that the sensor brought to a decision in its present run, in this boot; None for no sign of it.
        reached: The publisher says that it is connected.
        run: systemd's name of the sensor's present run; "" while it does not run, or has not said that it is ready.
    """

    boot: str
    uptime_s: float
    frames: int | None
    reached: bool
    run: str = ""


def look(trial: Trial, seen: Seen) -> Trial:
    """Take what is seen now into the trial."""
    same_boot = trial.boot == seen.boot
    before = trial.frames if same_boot else 0
    frames = seen.frames or 0
    went_on = same_boot and frames >= before
    took_s = seen.uptime_s - (trial.looked_s if same_boot else 0.0)
    away = same_boot and frames == before and _is_away(trial, seen)
    return msgspec.structs.replace(
        trial,
        boot=seen.boot,
        starts=trial.starts + (not same_boot),
        looked_s=seen.uptime_s,
        spent_s=trial.spent_s + (0.0 if away else took_s),
        frames=frames,
        healthy_frames=trial.healthy_frames + frames - before if went_on else frames,
        run=seen.run,
        away_s=trial.away_s + (took_s if away else 0.0),
    )


def _is_away(trial: Trial, seen: Seen) -> bool:
    """The same run stands as a minute ago, so its watchdog was fed: it looks for a microphone that is away.

    A broker that was reached must be reached meanwhile: else nobody could send such a device anything.
    """
    return bool(seen.run) and seen.run == trial.run and (seen.reached or not trial.reachable)


def judge(trial: Trial, seen: Seen) -> Verdict:
    """Say what the look means; `trial` has it taken in already."""
    if trial.starts > MOST_STARTS or trial.spent_s > PATIENCE_S or trial.away_s > AWAY_S:
        return "bad"
    if trial.spent_s > FIRST_FRAMES_S and seen.frames is None:
        return "bad"
    lasted = trial.healthy_frames >= HEALTHY_FRAMES
    return "good" if lasted and (seen.reached or not trial.reachable) else "wait"


def decode_state(content: bytes) -> CareState:
    """Return what was written down; ValueError for what is none of it."""
    return msgspec.json.decode(content, type=CareState)


def encode_state(state: CareState) -> bytes:
    """Return the state as it is written down."""
    return msgspec.json.encode(state)


def kept_releases(state: CareState, links: Sequence[str]) -> frozenset[str]:
    """Return the releases that must not be deleted: those that run, ran, or are on their way."""
    kept = set(links)
    match state.under_way:
        case Trial(version=version, back_to=back_to):
            kept |= {version, back_to}
        case Returning(back_to=back_to):
            kept.add(back_to)
        case _:
            pass
    return frozenset(kept - {""})
