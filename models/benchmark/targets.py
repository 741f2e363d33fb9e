"""What the model was asked to reach; one rule: a target is a figure, a bound, and the figure's own words.

The second simulator may fall short of the first one's target by three points, where a figure is a share.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

Of = Literal["quiet", "office", "busy", "neighbour", "all", "days"]

SLACK: Final = 0.03


@dataclass(frozen=True, slots=True)
class Target:
    """A bound on a figure.

    Attributes:
        name: As the table calls it.
        figure: Name among the figures.
        of: Condition; `all` for the four main ones together, `days` for the days.
        bound: The figure must be at least this, or at most this.
        at_least: Which of the two.
        is_share: In [0, 1], high is good: the second simulator has three points of slack.
        hourly: Rests on what is counted by the hour: judged on the days of all simulators together as well.
    """

    name: str
    figure: str
    of: Of
    bound: float
    at_least: bool = True
    is_share: bool = True
    hourly: bool = False

    def met(self, value: float, *, second: bool) -> bool:
        """Whether a value reaches it; NaN does not."""
        slack = SLACK if second and self.is_share and self.at_least else 0.0
        return not math.isnan(value) and (value >= self.bound - slack if self.at_least else value <= self.bound)

    @property
    def asked(self) -> str:
        """The bound in words."""
        return f"{'at least' if self.at_least else 'at most'} {self.bound:g}"


TARGETS: Final = (
    Target("overlap F1, quiet", "overlap f1", "quiet", 0.95),
    Target("overlap F1, office", "overlap f1", "office", 0.94),
    Target("overlap F1, busy", "overlap f1", "busy", 0.90),
    Target("overlap F1, neighbour", "overlap f1", "neighbour", 0.88),
    Target("F1 of the agent's side, office", "agent f1", "office", 0.985),
    Target("F1 of the customer's side, office", "customer f1", "office", 0.985),
    Target("F1 of the agent's side, neighbour", "agent f1", "neighbour", 0.97),
    Target("F1 of the customer's side, neighbour", "customer f1", "neighbour", 0.97),
    Target("one side's speech given to the other", "given to other side", "all", 0.003, at_least=False),
    Target("talk-share error a visit, points", "error of talk share, points", "days", 1.0, at_least=False),
    Target("talk-over recall, 0.10 false on backchannels", "recall at 0.10 of backchannels", "all", 0.95),
    Target("talk-over recall, 0.01 false on backchannels", "recall at 0.01 of backchannels", "all", 0.70),
    Target("onset to commit, median, s", "latency p50 at 0.10", "all", 0.5, at_least=False),
    Target("onset to commit, 90th percentile, s", "latency p90 at 0.10", "all", 0.8, at_least=False),
    Target("cue recall", "cue recall", "days", 0.6),
    Target("cue precision at 2 true an hour", "cue precision at 2 an hour", "days", 0.8, hourly=True),
    Target(
        "false cues a counter-hour, upper bound",
        "upper bound of false cues, after",
        "days",
        0.5,
        at_least=False,
        hourly=True,
    ),
    Target("cue recall, gap of high and low voices", "gap in cue recall", "all", 1.2, at_least=False),
    Target("false cues, gap of high and low voices", "gap in false cues an hour", "all", 1.2, at_least=False),
)
MODEL_BYTES: Final = 1_000_000
STEP_US: Final = 400
"""Front end and model, four microphones, one thread of a PC: room for all else in 20 ms of a Raspberry Pi."""
REAL_ERROR: Final = 0.05
"""Of the speech found in a real clip, the share that may be given to the empty side."""
