"""The private card after a practice, and the same person's last try beside it.

One rule: it speaks to the person who practised, of what was done and never of what they are; one thing that went well
comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from counterpoint.practice.protocol import CardOfOne, Change, Compared, MarkedMoment, SpokenSpan
from counterpoint.practice.skills import SKILLS

if TYPE_CHECKING:
    from counterpoint.practice.journal import Try
    from counterpoint.practice.protocol import MomentKind, Number
    from counterpoint.practice.skills import Measure, Skill
    from counterpoint.values import Side

MOST_SPANS: Final = 1500  # as the protocol allows
MOST_MOMENTS: Final = 500
HEARD_OUT_S: Final = 5.0  # a turn of this length that nobody talked over is worth a mark
SAME: Final = 0.05  # relative; a smaller difference between two tries is chance
KEPT: Final = "You practised, and that is what changes things."
GO_ON: Final = (
    "Take the same skill to a customer who makes it harder, such as the one who rambles or the one who is upset."
)
NO_WORDS: Final = (
    "Your words were not counted: that takes a speech model (`counterpoint models pull`), speech that it understands,"
    " and a computer that is not busy with something else."
)
DID: Final[dict[MomentKind, str]] = {
    "talked_over": "You talked over the customer.",
    "gave_way": "The customer fell silent for you.",
    "heard_out": "You heard them out.",
    "kept_waiting": "A long silence: the customer asked whether you were there.",
    "open_question": "An open question.",
    "closed_question": "A closed question.",
    "follow_up": "You asked on.",
    "clarification": "You asked what was meant.",
    "paraphrase": "You said back what you heard.",
    "summary": "You summed up.",
    "acknowledgement": "You showed that you listen.",
    "empathy": "Words of understanding.",
    "promise": "A promise.",
    "call_back": "You offered to call back.",
    "ease": "You made it easier for them.",
    "rush": "This hurries: an offer to call back does more.",
    "judgement": "This sounds like blame: say what can be done now.",
}


def build_card(tried: Try, role: tuple[str, str], skill: str) -> CardOfOne:
    """The card of a try; `role` is its id and title, `skill` one of SKILLS."""
    chosen = SKILLS[skill]
    numbers = tuple(measure.of(tried) for measure in chosen.measures)
    return CardOfOne(
        made_by="counterpoint practice 1",
        role=role[0],
        role_title=role[1],
        skill=skill,
        skill_title=chosen.title,
        length_s=round(tried.length_s, 2),
        words_known=tried.acts is not None,
        spans=_spans(tried),
        moments=_moments(tried),
        numbers=numbers,
        went_well=_went_well(chosen, numbers, tried),
        try_next=_try_next(chosen, numbers, tried),
    )


def compare(now: CardOfOne, then: CardOfOne) -> Compared:
    """The same numbers then and now; those that only one of the cards has are not compared."""
    if now.skill != then.skill:
        return Compared((), f"That card is of another skill ({then.skill_title}): practise it again to compare.")
    before = {number.id: number for number in then.numbers}
    measures = {measure.id: measure for measure in SKILLS[now.skill].measures}
    changes = tuple(_change(measures[number.id], before.get(number.id), number) for number in now.numbers)
    better = sum(change.change == "better" for change in changes)
    worse = sum(change.change == "worse" for change in changes)
    return Compared(changes, _in_all(better, worse, len(changes)))


def _spans(tried: Try) -> tuple[SpokenSpan, ...]:
    sides: tuple[Side, ...] = ("agent", "customer")
    spans = [
        SpokenSpan(side, round(first_s, 2), round(last_s, 2))
        for side in sides
        for first_s, last_s in tried.spoken[side]
    ]
    return tuple(sorted(spans, key=lambda span: span.from_s)[:MOST_SPANS])


def _moments(tried: Try) -> tuple[MarkedMoment, ...]:
    onsets = [event.onset_s for event in tried.talk_overs]
    marked = [_moment(onset_s, "talked_over") for onset_s in onsets]
    marked += [_moment(at_s, "gave_way") for at_s in tried.gave_way_s]
    marked += [_moment(at_s, "kept_waiting") for at_s in (tried.course.hello_s if tried.course else ())]
    marked += [_moment(act.at_s, act.kind) for act in tried.acts or ()]
    for turn in tried.turns("customer"):
        talked_over = any(turn.onset_s <= onset_s <= turn.offset_s for onset_s in onsets)
        if turn.offset_s - turn.onset_s >= HEARD_OUT_S and not talked_over:
            marked.append(_moment(turn.offset_s, "heard_out"))
    return tuple(sorted(marked, key=lambda moment: moment.at_s)[:MOST_MOMENTS])


def _moment(at_s: float, kind: MomentKind) -> MarkedMoment:
    return MarkedMoment(round(max(at_s, 0.0), 2), kind, DID[kind])


def _went_well(skill: Skill, numbers: tuple[Number, ...], tried: Try) -> str:
    """The first of the skill's numbers that is good, or another thing that can truly be said."""
    if not tried.spoken["agent"]:
        return KEPT
    for measure, number in zip(skill.measures, numbers, strict=True):
        if measure.is_good(number.value):
            return measure.went_well
    general = SKILLS["let-them-finish"].measures + SKILLS["one-breath"].measures
    return next((measure.went_well for measure in general if measure.is_good(measure.figure(tried))), KEPT)


def _try_next(skill: Skill, numbers: tuple[Number, ...], tried: Try) -> str:
    """What the first number that is not good asks for."""
    for measure, number in zip(skill.measures, numbers, strict=True):
        if measure.is_good(number.value) is False:
            return measure.try_next
    return NO_WORDS if skill.needs_words and tried.acts is None else GO_ON


def _change(measure: Measure, then: Number | None, now: Number) -> Change:
    shown_then = then.shown if then else "not known"
    which = "unknown" if then is None else _which(measure, then.value, now.value)
    texts = {"better": "better than last time", "same": "as last time", "worse": "last time was better"}
    return Change(now.label, shown_then, now.shown, which, texts.get(which, "can't be compared"))


def _which(measure: Measure, then: float | None, now: float | None) -> Literal["better", "same", "worse", "unknown"]:
    if then is None or now is None:
        return "unknown"
    far_then, far_now = (_off(measure, value) for value in (then, now))
    if abs(far_then - far_now) <= SAME * max(abs(then), abs(now)):
        return "same"
    return "better" if far_now < far_then else "worse"


def _off(measure: Measure, value: float) -> float:
    """How far a value is from what is best: smaller is better."""
    if measure.better == "near":
        return abs(value - measure.good)
    return value if measure.better == "fewer" else -value


def _in_all(better: int, worse: int, of: int) -> str:
    if better and not worse:
        return f"{better} of {of} numbers are better than last time."
    if worse and not better:
        return "Last time went better: that happens, mostly when the customer is harder. Once more?"
    if better:
        return "Some better, some not: look at the one that you chose to practise."
    return "Much as last time."
