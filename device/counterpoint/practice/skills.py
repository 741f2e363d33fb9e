"""The skills that can be practised, one at a time, and the three numbers that show each.

One rule: a number says what it counts and what is good; `figures` counts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from counterpoint.practice import figures
from counterpoint.practice.protocol import Number, SkillOffered

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterpoint.practice.journal import Try

BREATH_S: Final = 0.5  # in conversation answers come after 0.2 s, and one taken as thoughtful after about half a second
MOST_OPEN_SHARE: Final = 50.0  # percent: every second question
LONG_ANSWER_S: Final = 8.0
CUSTOMER_SHARE: Final = 50.0  # percent
LISTENED_S: Final = 10.0  # of the customer's speech before summing up or offering: less is guessing
LET_FINISH_SHARE: Final = 90.0  # percent: one slip in ten turns is human


@dataclass(frozen=True, slots=True)
class Measure:
    """One number: how it is counted, when it is good, and what is said about it.

    Attributes:
        id: The same over all tries.
        label: What is counted.
        aim: What is good, in words.
        unit: "", "s" or "%".
        better: Which way is better.
        good: The least ("more"), the most ("fewer"), or the value to be near.
        figure: Counts it; None where it can't be known.
        went_well: Said where it is good.
        try_next: Said where it is not.
        near: For "near": how far off is still good.
    """

    id: str
    label: str
    aim: str
    unit: Literal["", "s", "%"]
    better: Literal["more", "fewer", "near"]
    good: float
    figure: Callable[[Try], float | None]
    went_well: str
    try_next: str
    near: float = 0.0

    def of(self, tried: Try) -> Number:
        """The number of this try."""
        value = self.figure(tried)
        return Number(self.id, self.label, value, self.unit, shown(value, self.unit), self.aim, self.better)

    def is_good(self, value: float | None) -> bool | None:
        """Whether that is good; None where it is not known."""
        if value is None:
            return None
        if self.better == "near":
            return abs(value - self.good) <= self.near
        return value >= self.good if self.better == "more" else value <= self.good


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill with its three numbers, the most telling first."""

    title: str
    how: str
    measures: tuple[Measure, Measure, Measure]
    needs_words: bool = True

    def offered(self, name: str) -> SkillOffered:
        """As the page shows it."""
        return SkillOffered(name, self.title, self.how, self.needs_words)


def shown(value: float | None, unit: str) -> str:
    """A number in words: "0.6 s", "75 %", "3", "not known"."""
    if value is None:
        return "not known"
    if unit == "s":
        return f"{value:.1f} s"
    return f"{value:.0f} %" if unit == "%" else f"{value:.0f}"


TALK_OVERS: Final = Measure(
    "talk-overs",
    "times you talked over the customer",
    "none",
    "",
    "fewer",
    0,
    figures.talk_overs,
    "You did not talk over the customer once.",
    "When you notice that both of you speak, stop, and say: please, go on.",
)
GAVE_WAY: Final = Measure(
    "gave-way",
    "times the customer fell silent for you",
    "none",
    "",
    "fewer",
    0,
    figures.gave_way,
    "The customer never had to fall silent for you.",
    "Wait for the end of the sentence, and then for one breath, before you speak.",
)
LET_FINISH: Final = Measure(
    "let-finish",
    "of the customer's turns came to their own end",
    "nine of ten",
    "%",
    "more",
    LET_FINISH_SHARE,
    figures.let_finish,
    "What the customer began to say, they could finish.",
    "Let a pause in the middle be a pause: small words such as 'I see' keep the turn with the customer.",
)
PAUSE: Final = Measure(
    "pause",
    "usual pause before you answer",
    "about half a second",
    "s",
    "near",
    BREATH_S,
    figures.pause,
    "Your usual pause before answering was one breath: just right.",
    "Breathe in once before you answer: half a second is enough, and longer is heard as trouble.",
    near=0.4,
)
BREATHS: Final = Measure(
    "breaths",
    "of your answers came after one breath (0.2 to 1.5 s)",
    "four of five",
    "%",
    "more",
    80.0,
    figures.breaths,
    "Most of your answers came after one breath, neither earlier nor later.",
    "Let the last word of the customer sound for a moment, then answer.",
)
TOO_LONG: Final = Measure(
    "too-long",
    "silences over three seconds",
    "none",
    "",
    "fewer",
    0,
    figures.too_long,
    "The customer never had to wonder whether you were there.",
    "When you need time, say so: 'let me look that up for you'.",
)
OPEN: Final = Measure(
    "open-questions",
    "open questions",
    "two or more",
    "",
    "more",
    2,
    figures.count("open_question"),
    "You asked openly, so that the customer could say what matters to them.",
    "Begin one question with what or how: 'What happened then?', 'How can I make it right?'",
)
OPEN_SHARE: Final = Measure(
    "open-share",
    "of your questions were open",
    "half or more",
    "%",
    "more",
    MOST_OPEN_SHARE,
    figures.open_share,
    "At least half of your questions left the answer to the customer.",
    "Turn one yes-or-no question round: not 'Is it late?' but 'What happened to it?'",
)
LONGEST_ANSWER: Final = Measure(
    "longest-answer",
    "the customer's longest answer",
    "8 s or more",
    "s",
    "more",
    LONG_ANSWER_S,
    figures.longest_answer,
    "One of your questions got a whole story: that is what open questions are for.",
    "After an open question wait: the best of an answer often comes after its first pause.",
)
SAID_BACK: Final = Measure(
    "said-back",
    "times you said back what you heard",
    "two or more",
    "",
    "more",
    2,
    figures.count("paraphrase", "summary"),
    "You said back what you had heard, and the customer could hear that it had arrived.",
    "Say back the most important half-sentence: 'So you waited for two days, and nobody came.'",
)
CONFIRMED: Final = Measure(
    "confirmed",
    "times the customer said that it was right",
    "one or more",
    "",
    "more",
    1,
    figures.confirmed,
    "The customer confirmed it: you have the same picture.",
    "After saying it back leave a pause, so that the customer can say yes, or put it right.",
)
CUSTOMER_SHARE_OF_TALK: Final = Measure(
    "customer-share",
    "of the talk was the customer's",
    "half or more",
    "%",
    "more",
    CUSTOMER_SHARE,
    figures.customer_share,
    "The customer had at least half of the talk.",
    "Keep what you say back short: one sentence, in their words.",
)
SUMMARIES: Final = Measure(
    "summaries",
    "times you summed up",
    "one or more",
    "",
    "more",
    1,
    figures.count("summary"),
    "You summed up before you went on.",
    "Before the end say: 'Just to make sure I've got everything right', and the two or three things that count.",
)
HEARD_BEFORE_SUMMARY: Final = Measure(
    "heard-before-summary",
    "of the customer's speech before your first summary",
    "10 s or more",
    "s",
    "more",
    LISTENED_S,
    figures.listened_before("summary"),
    "You listened before you summed up.",
    "Ask once more before you sum up: 'Is there anything else I should know?'",
)
CALL_BACKS: Final = Measure(
    "call-backs",
    "offers to call back",
    "one or more",
    "",
    "more",
    1,
    figures.count("call_back"),
    "You offered to call back, so that nobody has to wait or hurry.",
    "When it takes time, offer: 'Shall I call you back this afternoon, so that you needn't wait?'",
)
RUSHES: Final = Measure(
    "rushes",
    "phrases that hurry",
    "none",
    "",
    "fewer",
    0,
    figures.count("rush"),
    "Nothing that you said hurried the customer.",
    "Leave out 'quickly', 'just' and 'next, please': an offer to call back does more.",
)
HEARD_BEFORE_OFFER: Final = Measure(
    "heard-before-offer",
    "of the customer's speech before your first offer",
    "10 s or more",
    "s",
    "more",
    LISTENED_S,
    figures.listened_before("call_back"),
    "You heard the customer out before you offered something.",
    "Let the customer tell it all first: an offer that comes early sounds like being sent away.",
)
PROMISES: Final = Measure(
    "promises",
    "promises",
    "one or more",
    "",
    "more",
    1,
    figures.count("promise", "call_back"),
    "You said clearly what you will do.",
    "Say one thing that you will do, and by when: 'I'll send it to you today.' Then write it down.",
)
HEARD_BEFORE_PROMISE: Final = Measure(
    "heard-before-promise",
    "of the customer's speech before your first promise",
    "10 s or more",
    "s",
    "more",
    LISTENED_S,
    figures.listened_before("promise", "call_back"),
    "You promised only after you had listened.",
    "Listen first: a promise made early is often for the wrong thing.",
)
ENDED: Final = Measure(
    "ended",
    "came to a goodbye (1 is yes)",
    "yes",
    "",
    "more",
    1,
    figures.ended,
    "The customer left with an answer.",
    "Go on until the customer says goodbye: they leave when they know what comes next.",
)

SKILLS: Final[dict[str, Skill]] = {
    "let-them-finish": Skill(
        "Let them finish",
        "Say nothing until the customer has said it all; nod, or say 'I see'.",
        (TALK_OVERS, LET_FINISH, GAVE_WAY),
        needs_words=False,
    ),
    "one-breath": Skill(
        "Leave one breath",
        "Breathe in once before you answer: about half a second.",
        (PAUSE, BREATHS, TOO_LONG),
        needs_words=False,
    ),
    "open-questions": Skill(
        "Ask open questions",
        "Begin with what or how, and then wait.",
        (OPEN, OPEN_SHARE, LONGEST_ANSWER),
    ),
    "say-it-back": Skill(
        "Say it back",
        "Repeat the most important half-sentence in your own words: 'So you waited for two days.'",
        (SAID_BACK, CONFIRMED, CUSTOMER_SHARE_OF_TALK),
    ),
    "sum-up": Skill(
        "Sum up and confirm",
        "Before the end: 'Just to make sure I've got everything right ...', and wait for the yes.",
        (SUMMARIES, CONFIRMED, HEARD_BEFORE_SUMMARY),
    ),
    "offer-a-call-back": Skill(
        "Offer a call-back",
        "When it takes time, don't hurry: 'Shall I call you back, so that you needn't wait?'",
        (CALL_BACKS, RUSHES, HEARD_BEFORE_OFFER),
    ),
    "note-a-promise": Skill(
        "Note a promise",
        "Say one thing that you will do, and by when; then write it down.",
        (PROMISES, HEARD_BEFORE_PROMISE, ENDED),
    ),
}
