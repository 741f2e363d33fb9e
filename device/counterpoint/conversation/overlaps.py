"""One rule: an overlap is named by who kept the floor, by lengths, and by what the detector heard in it."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from counterpoint.settings import FloorRules
    from counterpoint.values import EventKind, Side

EVEN: Final = 0.5  # evidence above it speaks for the floor being taken
RECENT_FRAMES: Final = 10  # the detector remembers the whole overlap itself: only its jitter has to be evened out
CLIP: Final = 0.02  # no detector is surer than this: keeps the log-odds finite
EVIDENCE_WEIGHT: Final = 1.0  # as heard: half of the overlaps that it is fitted on take the floor, at a counter few
ODDS_PER_S: Final = 1.4  # log-odds a second of overlap adds, beside that weight (models/fit_overlaps.py: 0.79 to 0.57)
NEUTRAL_S: Final = 0.5  # at this much overlap the evidence stands as it is
MOST_ODDS: Final = 2.0  # length alone never outweighs a detector that is sure
EARLY_ODDS: Final = -2.0  # the first voice has hardly begun: a chorus, or both answering


@dataclass(slots=True)
class Entry:
    """A second voice that came in before the first one's turn was over.

    Attributes:
        by: Whose voice came second.
        onset_s: Its real start, in seconds.
        first_until_s: Where the first voice had stopped when this one came in; its last sound while it goes on.
        overlaps: Both voices have sounded at once; False while this one fills a pause of the first.
        talk_over: Id of the prediction committed for it, or None.
        evidence: Recent belief in [0, 1] that the floor is taken; even odds before any frame was weighed.
        frames: How many frames were weighed.
    """

    by: Side
    onset_s: float
    first_until_s: float
    overlaps: bool = False
    talk_over: int | None = None
    evidence: float = EVEN
    frames: int = 0

    def weigh(self, takes_floor: float) -> None:
        """Take one frame of evidence, a probability in [0, 1]: the detector knows more the longer it has listened."""
        self.frames += 1
        self.evidence += (takes_floor - self.evidence) / min(self.frames, RECENT_FRAMES)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the two voices left an overlap, as far as heard.

    Attributes:
        first_turn_s: How long the first voice's turn had lasted, in seconds.
        first_until_s: End of the first voice.
        second_until_s: End of the second voice.
        second_goes_on: The first voice has ended, and the second has not.
    """

    first_turn_s: float
    first_until_s: float
    second_until_s: float
    second_goes_on: bool


def confidence(entry: Entry, outcome: Outcome, rules: FloorRules) -> float:
    """Belief in [0, 1] that this overlap takes, or fights for, the floor, by evidence, length and the first turn."""
    evidence = min(max(entry.evidence, CLIP), 1 - CLIP)
    lasted_s = max(min(outcome.first_until_s, outcome.second_until_s) - entry.onset_s, 0.0)
    odds = EVIDENCE_WEIGHT * log(evidence / (1 - evidence)) + min(ODDS_PER_S * (lasted_s - NEUTRAL_S), MOST_ODDS)
    if outcome.first_turn_s < rules.backchannel_max_s:
        odds += EARLY_ODDS
    return 1 / (1 + exp(-odds))


def settlement(entry: Entry, outcome: Outcome, rules: FloorRules) -> EventKind:
    """What an overlap was, once it is known who goes on (Beattie 1982)."""
    evidence = entry.evidence
    length_s = outcome.second_until_s - entry.onset_s
    outlasted = outcome.second_goes_on or outcome.second_until_s - outcome.first_until_s >= rules.bridge_s
    was_ending = outcome.first_until_s - entry.onset_s <= rules.transition_s
    is_short = not outcome.second_goes_on and length_s < rules.backchannel_max_s
    is_answer = was_ending and outlasted and length_s >= rules.pause_backchannel_max_s
    takes_nothing = evidence <= 1 - rules.sure_evidence
    if is_short and outcome.first_turn_s < rules.backchannel_max_s and evidence < rules.sure_evidence:
        return "transition"  # a chorus: greetings, thanks
    if (is_short and not is_answer and evidence < EVEN) or (takes_nothing and not outlasted):
        return "backchannel"
    if not outlasted:
        return "attempt"
    if takes_nothing or (was_ending and evidence < rules.sure_evidence):
        return "transition"
    return "interruption"
