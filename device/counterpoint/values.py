"""The typed values that flow through the house, from samples to published windows.

One rule: a value is frozen, says its units, and carries nothing that touches the world.
Time is the sample counter: seconds since the stream began = samples / 16 000.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ: Final = 16_000
BLOCK_SAMPLES: Final = 320
BLOCK_S: Final = BLOCK_SAMPLES / SAMPLE_RATE_HZ

Side = Literal["agent", "customer"]
EventKind = Literal["turn", "talk_over", "interruption", "attempt", "transition", "backchannel"]
CueKind = Literal["talk_over", "cut_off", "good_listening", "off"]
ActKind = Literal[
    "open_question",
    "closed_question",
    "follow_up",
    "clarification",
    "paraphrase",
    "summary",
    "acknowledgement",
    "empathy",
    "promise",
    "call_back",
    "ease",
    "rush",
    "judgement",
]
Samples = NDArray[np.float32]
Span = tuple[float, float]
"""Start and end on the sample clock, in seconds."""


def other(side: Side) -> Side:
    """The side across the counter."""
    return "customer" if side == "agent" else "agent"


@dataclass(frozen=True, slots=True)
class Block:
    """20 ms of every channel of the device.

    Attributes:
        samples: Shape (channels, 320), float32 in [-1, 1]; 16 kHz.
        first_sample: Index of the first sample on the sample clock.
        lost_samples: How many of these samples were lost and are zeros.
    """

    samples: Samples
    first_sample: int
    lost_samples: int = 0

    @property
    def start_s(self) -> float:
        """Start of the block on the sample clock, in seconds."""
        return self.first_sample / SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class ZoneFrame:
    """What the detector needs of one block, and the agent-side beam for the recogniser.

    The arrays are the zones' own buffers, overwritten by the next step: copy what must outlive it.

    Attributes:
        start_s: Start of the newest block on the sample clock, in seconds.
        features: Shape (features,), float32: the detector's input; the count is fixed, whatever the array.
        agent_beam: Shape (320,), float32 in [-1, 1]: 20 ms of the beam towards the agent, one block late.
        lost_samples: Samples of this block that were lost and filled.
    """

    start_s: float
    features: Samples
    agent_beam: Samples
    lost_samples: int = 0


@dataclass(frozen=True, slots=True)
class SettledActivity:
    """Who spoke during one 20 ms frame, believed with more of what came after it: for the record, late for the light.

    Attributes:
        start_s: Start of the frame on the sample clock, in seconds.
        agent: Probability in [0, 1] that the agent spoke.
        customer: Probability in [0, 1] that the customer spoke.
    """

    start_s: float
    agent: float
    customer: float


@dataclass(frozen=True, slots=True)
class Activity:
    """Who speaks during one 20 ms frame, as the detector believes.

    Attributes:
        start_s: Start of the frame on the sample clock, in seconds.
        agent: Probability in [0, 1] that the agent speaks.
        customer: Probability in [0, 1] that the customer speaks.
        takes_floor: Probability in [0, 1] that what overlaps now takes, or fights for, the floor.
        heard_until_s: End of the last audio used for this belief; a decision can't be committed earlier.
        sides_clear: False while the sides can't be told apart (a dead microphone, a lost stream).
        settled: The belief about an earlier frame, now that it has settled; None where there is none.
    """

    start_s: float
    agent: float
    customer: float
    takes_floor: float
    heard_until_s: float
    sides_clear: bool = True
    settled: SettledActivity | None = None


@dataclass(frozen=True, slots=True)
class OpenOverlap:
    """Both sides speak now, or did a moment ago, and it is not settled yet.

    Attributes:
        by: Who began second.
        since_s: Back-dated onset of the overlap, in seconds.
        confidence: Belief in [0, 1] that this is a talk-over and not a backchannel or a transition.
        talk_over: Id of the `talk_over` event committed for it, None while there is none.
        both: Both sides speak in this very frame.
    """

    by: Side
    since_s: float
    confidence: float
    talk_over: int | None
    both: bool


@dataclass(frozen=True, slots=True)
class FloorEvent:
    """Something that happened between the two sides; never retracted.

    Attributes:
        id: Number within the stream, from 1.
        kind: `talk_over` is a prediction while the overlap is open; the settlements are `interruption`,
            `attempt`, `transition`, `backchannel`; `turn` is a finished turn.
        by: Whose speech it is (for overlaps: who began second).
        onset_s: Back-dated start, in seconds.
        offset_s: End, in seconds; for a `talk_over` the end of what was heard when it was committed.
        committed_s: End of the last audio used for the decision; never before the decision could be known.
        confidence: In [0, 1].
        resolves: Id of the `talk_over` that this event settles, or None.
    """

    id: int
    kind: EventKind
    by: Side
    onset_s: float
    offset_s: float
    committed_s: float
    confidence: float
    resolves: int | None = None


@dataclass(frozen=True, slots=True)
class FloorStep:
    """The floor after one frame.

    Attributes:
        at_s: End of the last audio used, in seconds: "now" for everything downstream.
        frame_s: Start of the frame that was judged, in seconds.
        agent: The agent speaks in this frame (decided, not a probability).
        customer: The customer speaks in this frame (decided).
        holder: Who holds the floor, None before anyone does or after 1.5 s of silence.
        overlap: The overlap open now, or None.
        events: Events committed in this frame, oldest first.
        sides_clear: False while the sides can't be told apart; nothing may light then.
        agent_certain: Speech of the agent that became certain in this frame (back-dated, pauses bridged), or None.
        customer_certain: Speech of the customer that became certain in this frame, or None.
    """

    at_s: float
    frame_s: float
    agent: bool
    customer: bool
    holder: Side | None
    overlap: OpenOverlap | None = None
    events: tuple[FloorEvent, ...] = ()
    sides_clear: bool = True
    agent_certain: Span | None = None
    customer_certain: Span | None = None


@dataclass(frozen=True, slots=True)
class ListeningAct:
    """What the agent did to listen: a kind and the end of the utterance (sample clock, seconds), never the words."""

    kind: ActKind
    at_s: float


@dataclass(frozen=True, slots=True)
class Cue:
    """A change of the light (sample clock, seconds); `off` ends a cue; the reason is for records, never published."""

    at_s: float
    cue: CueKind
    reason: str


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """How sure we are of the statistics of a visit: the detector's measured error.

    Attributes:
        source: Where the figures come from; "simulation" until recorded counters are measured.
        talk_share_points: Mean absolute error of the customer's share of talk, percentage points.
        overlap_relative: Mean absolute error of overlap time, relative.
        event_recall: Of the true events of each kind, share found, by kind.
        event_precision: Of the events reported, share true, by kind.
        pause_s: Mean absolute error of a pause before answering, in seconds.
    """

    source: str
    talk_share_points: float
    overlap_relative: float
    event_recall: dict[str, float]
    event_precision: dict[str, float]
    pause_s: float


@dataclass(frozen=True, slots=True)
class SideCounts:
    """What one side did in a visit: seconds of speech and counts of events begun by that side."""

    talk_s: float = 0.0
    turns: int = 0
    interruptions: int = 0
    attempts: int = 0
    transitions: int = 0
    backchannels: int = 0
    longest_turn_s: float = 0.0


WhichVisit = Literal["open", "open_or_next"]
"""What the button speaks of: the visit under way, if there is one; or else the one to come."""
LeftOut = Literal["button", "complex", "too_short", "no_exchange", "sides_unclear", "audio_lost"]


@dataclass(frozen=True, slots=True)
class Session:
    """One customer's visit: counts, durations and distributions; no words, nobody's name.

    "Talk-overs" are `attempt` plus `interruption` events by the agent whose overlap lasted; "cut-offs" are
    interruptions by the agent after which the customer yielded.

    Attributes:
        start_s: First speech of the customer, seconds on the sample clock.
        end_s: Last speech that belongs to the visit: the customer's, or the agent's answer to it; seconds, same clock.
        agent: The agent's counts.
        customer: The customer's counts.
        overlap_s: Seconds in which both sides spoke.
        silence_s: Seconds in which neither spoke.
        talk_overs: The agent's `talk_over` predictions that were not settled as backchannel or transition.
        cut_offs: Interruptions by the agent.
        opening_let_finish: The customer's first turn ended without the agent taking the floor; None if unknown.
        opening_taken_after_s: Seconds into the customer's first turn at which the agent took it, or None.
        pauses_s: Pauses before the agent's answers, in seconds (negative: began early).
        acts: Listening acts by kind; None while words are off or unknown for this visit.
        cues: Cues lit, by kind.
        left_out: Why the visit is left out of the statistics, or None.
        uncertainty: The detector's measured error.
    """

    start_s: float
    end_s: float
    agent: SideCounts
    customer: SideCounts
    overlap_s: float
    silence_s: float
    talk_overs: int
    cut_offs: int
    opening_let_finish: bool | None
    opening_taken_after_s: float | None
    pauses_s: tuple[float, ...]
    acts: dict[str, int] | None
    cues: dict[str, int]
    left_out: LeftOut | None
    uncertainty: Uncertainty

    @property
    def customer_share(self) -> float:
        """The customer's share of all talk, in [0, 1]; 0 when nobody spoke."""
        both = self.agent.talk_s + self.customer.talk_s
        return self.customer.talk_s / both if both else 0.0

    @property
    def turns_per_minute(self) -> float:
        """Turns of both sides a minute of the visit."""
        minutes = (self.end_s - self.start_s) / 60
        return (self.agent.turns + self.customer.turns) / minutes if minutes > 0 else 0.0


@dataclass(frozen=True, slots=True)
class SessionStep:
    """The visit after one frame.

    Attributes:
        is_open: A visit is under way.
        is_complex: The visit has several voices on a side or too much overlap: no light.
        left_out: The button was pressed for the open visit: no light, and no words.
        closed: The visit that has just ended, or None.
    """

    is_open: bool
    is_complex: bool = False
    left_out: bool = False
    closed: Session | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Where the two sides are, in degrees counter-clockwise from +x of the array."""

    agent_deg: float = 0.0
    customer_deg: float = 180.0


@dataclass(frozen=True, slots=True)
class ChannelHealth:
    """What is wrong with the channels of the array, if anything; empty tuples when all is well.

    Attributes:
        silent: Channels with digital silence.
        frozen: Channels whose samples do not change.
        duplicated: Pairs of channels that carry the same samples.
        clipping: Channels that clip.
        one_per_side: A microphone a side: one may be shut by its gate while its person listens.
        spared: The one dead channel that the others make up for, if they do: it is heard without.
    """

    silent: tuple[int, ...] = ()
    frozen: tuple[int, ...] = ()
    duplicated: tuple[tuple[int, int], ...] = ()
    clipping: tuple[int, ...] = ()
    one_per_side: bool = False
    spared: tuple[int, ...] = ()

    @property
    def dead(self) -> frozenset[int]:
        """Channels that no speech can bring back: frozen, or silent where silence can't be that of a gate."""
        return frozenset(self.frozen if self.one_per_side else (*self.silent, *self.frozen))

    @property
    def sides_clear(self) -> bool:
        """True while no raw channel is dead, or only the spared one, and all are distinct."""
        return not (self.dead.difference(self.spared) or self.duplicated)


@dataclass(frozen=True, slots=True)
class Placement:
    """What loud speech says against the array and its place; all False when nothing speaks against it.

    Attributes:
        wrong_order: Another order of the microphones would fit what is heard better: channels are exchanged.
        turned: Nobody speaks from where the agent or the customer should be: moved or turned.
        alike: A microphone a side, and both hear the same.
    """

    wrong_order: bool = False
    turned: bool = False
    alike: bool = False

    @property
    def sides_clear(self) -> bool:
        """True while nothing speaks against it."""
        return not (self.wrong_order or self.turned or self.alike)


@dataclass(frozen=True, slots=True)
class Health:
    """The state of the device, coarse: nothing in it varies with speech or presence.

    Attributes:
        frames_lost: Blocks lost since the start while the device listened, coarsened by the sender; never time away.
        channels: State of the microphones.
        words: "on", "off" or "missing" (no model).
        light: "pins", "ring", "terminal" or "none".
    """

    frames_lost: int
    channels: ChannelHealth = field(default_factory=ChannelHealth)
    words: str = "off"
    light: str = "none"
