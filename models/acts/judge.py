"""Judges the act classifier on the unseen part and on strangers' talk, as written and as heard: the card's figures.

Run: PYTHONPATH=device:. python models/acts/judge.py [--model FILE] [--plots FOLDER] [--service TSV]

One rule: nothing is chosen here; a line that also is an example, word for word, is not counted.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from models.acts.hear import read_heard
from models.acts.texts import HERE, KINDS, Example, as_recognised, as_written, read_examples

from counterpoint.words.act_model import ActModel
from counterpoint.words.acts import classify
from counterpoint.words.tokens import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Classifier = Callable[[str], tuple[str, ...]]

QUESTIONS: Final = frozenset({"open_question", "closed_question"})
NONE: Final = "none"
HEARD: Final = {part: HERE / f"heard/{part}.tsv" for part in ("unseen", "strangers")}
LABELLED: Final = (*sorted(QUESTIONS), "paraphrase")  # all that strangers' talk is labelled with
DRAWS: Final = 400  # for an interval


@dataclass(frozen=True, slots=True)
class Case:
    """A text, and the acts that it carries."""

    text: str
    acts: frozenset[str]
    kind: str


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one act: found rightly, found wrongly, missed."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Of what was found, the share that is there; 0 where nothing was found."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Of what is there, the share found."""
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)


def ways_of(part: str, kind: str = "") -> dict[str, list[Case]]:
    """A part, or one kind of it, by how it comes: as written, without marks, and as heard (lines that were spoken)."""
    known = {as_recognised(one.text) for one in read_examples("examples")}
    lines = [one for one in read_examples(part) if as_recognised(one.text) not in known and kind in {"", one.kind}]
    ways = {
        "as written": [_case(one, as_written(one.text, one.acts)) for one in lines],
        "without marks": [_case(one, as_recognised(one.text)) for one in lines],
    }
    if HEARD[part].exists():
        texts = {one.text for one in lines}
        heard = [(one, text) for one, _, text in read_heard(HEARD[part], part) if one.text in texts]
        ways["as heard"] = [_case(one, text) for one, text in heard]
    return ways


def heard_by_noise() -> dict[str, list[tuple[Case, str]]]:
    """The lines that were heard, without noise and in it, each with what was said."""
    known = {as_recognised(one.text) for one in read_examples("examples")}
    halves: dict[str, list[tuple[Case, str]]] = {"without noise": [], "in noise": []}
    for one, condition, text in read_heard(HEARD["unseen"], "unseen"):
        said = as_recognised(one.text)
        if said not in known:
            halves["in noise" if condition.endswith("+noise") else "without noise"].append((_case(one, text), said))
    return halves


def word_errors(said: str, heard: str) -> int:
    """Words lost, put in or taken for another: the least of them that make the one text of the other."""
    wanted, given = said.split(), heard.split()
    row = list(range(len(given) + 1))
    for number, word in enumerate(wanted, 1):
        above, row = row, [number]
        for place, other in enumerate(given):
            row.append(min(above[place] + (word != other), above[place + 1] + 1, row[place] + 1))
    return row[-1]


def _case(one: Example, text: str) -> Case:
    return Case(text, one.acts, one.kind)


def score(cases: Sequence[Case], found: Sequence[frozenset[str]], act: str) -> Score:
    """Counts of an act; `question` is any question."""
    wanted = QUESTIONS if act == "question" else {act}
    pairs = Counter((bool(case.acts & wanted), bool(acts & wanted)) for case, acts in zip(cases, found, strict=True))
    return Score(pairs[True, True], pairs[False, True], pairs[True, False])


def macro(cases: Sequence[Case], found: Sequence[frozenset[str]]) -> float:
    """Mean F1 of the acts that the cases hold."""
    there = [act for act in KINDS if any(act in case.acts for case in cases)]
    return sum(score(cases, found, act).f1 for act in there) / len(there)


def open_against_closed(cases: Sequence[Case], found: Sequence[frozenset[str]]) -> float:
    """Of the questions of one kind that were found as one kind, the share whose kind is right."""
    pairs = [
        (case.acts & QUESTIONS, acts & QUESTIONS)
        for case, acts in zip(cases, found, strict=True)
        if len(case.acts & QUESTIONS) == 1 and len(acts & QUESTIONS) == 1
    ]
    return sum(true == told for true, told in pairs) / max(1, len(pairs))


def taken_for_an_act(cases: Sequence[Case], found: Sequence[frozenset[str]]) -> float:
    """Of the lines that carry no act, the share in which some was found."""
    none = [bool(acts) for case, acts in zip(cases, found, strict=True) if not case.acts]
    return sum(none) / max(1, len(none))


def interval(cases: Sequence[Case], found: Sequence[frozenset[str]]) -> tuple[float, float]:
    """Where 95 % of the macro F1 of lines drawn anew lie."""
    draw_from = random.Random(1)  # noqa: S311 - not for secrets
    drawn = []
    for _ in range(DRAWS):
        chosen = draw_from.choices(range(len(cases)), k=len(cases))
        drawn.append(macro([cases[n] for n in chosen], [found[n] for n in chosen]))
    drawn.sort()
    return drawn[DRAWS // 40], drawn[-DRAWS // 40]


def confusion(cases: Sequence[Case], found: Sequence[frozenset[str]]) -> dict[str, Counter[str]]:
    """For each true act, what was found instead where it was missed, and itself where it was found."""
    table: dict[str, Counter[str]] = {act: Counter() for act in (*KINDS, NONE)}
    for case, acts in zip(cases, found, strict=True):
        for act in case.acts or {NONE}:
            if act in acts or (act == NONE and not acts):
                table[act][act] += 1
            else:
                table[act].update(acts - case.acts or {NONE})
    return table


def table_of(cases: Sequence[Case], found: Sequence[frozenset[str]]) -> str:
    """The figures as Markdown."""
    rows = ["| act | lines | precision | recall | F1 |", "|---|---|---|---|---|"]
    for act in (*KINDS, "question"):
        one = score(cases, found, act)
        rows.append(f"| {act} | {one.right + one.missed} | {one.precision:.2f} | {one.recall:.2f} | {one.f1:.2f} |")
    low, high = interval(cases, found)
    rows.append(f"| **macro F1** | {len(cases)} | | | **{macro(cases, found):.3f}** [{low:.2f}, {high:.2f}] |")
    rows.append(f"| **open against closed** | | | | **{open_against_closed(cases, found):.3f}** |")
    return "\n".join(rows)


def confusion_of(cases: Sequence[Case], found: Sequence[frozenset[str]]) -> str:
    """The confusion table as Markdown: rows are what is there, columns what was found."""
    table = confusion(cases, found)
    names = (*KINDS, NONE)
    rows = ["| there \\ found | " + " | ".join(_short(name) for name in names) + " |", "|---" * (len(names) + 1) + "|"]
    for there in names:
        cells = (str(table[there][name] or "·") for name in names)
        rows.append(f"| {there} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _short(name: str) -> str:
    return {"acknowledgement": "ack.", "clarification": "clarif.", "paraphrase": "paraphr."}.get(
        name, name.removesuffix("_question")
    )


def service_questions(table: Path, classifier: Classifier, most: int) -> Score:
    """Question or none on service turns of the Schema-Guided Dialogue, without marks; their `?` is the truth."""
    cases, found = [], []
    with gzip.open(table, "rt", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)):
            if number == most:
                break
            asks = "?" in row["agent"]
            cases.append(Case(row["agent"], QUESTIONS if asks else frozenset(), "service"))
            found.append(frozenset(classifier(as_recognised(row["agent"]))))
    return score(cases, found, "question")


def cost_ms(classifier: Classifier, cases: Sequence[Case]) -> float:
    """Median time of an utterance, in milliseconds of this machine."""
    times = []
    for case in cases[:200]:
        begun = time.perf_counter()
        classifier(case.text)
        times.append(time.perf_counter() - begun)
    return 1000 * sorted(times)[len(times) // 2]


def network_alone(model: ActModel, text: str) -> tuple[str, ...]:
    """What the network finds when no pattern tells it anything."""
    words = words_of(text)
    return model.decide(words, frozenset(), model.likely(words, frozenset())) if words else ()


def draw(ways: dict[str, list[Case]], found: dict[str, list[frozenset[str]]], folder: Path) -> None:
    """The pictures of the card."""
    from models.acts import plots  # noqa: PLC0415 - matplotlib is needed for the pictures alone

    names = (*KINDS, "question")
    figures = {way: [score(cases, found[way], act).f1 for act in names] for way, cases in ways.items()}
    plots.draw_f1(figures, names, folder / "acts-f1.png")
    tables = {way: confusion(ways[way], found[way]) for way in ("as written", "as heard")}
    plots.draw_confusion(tables, folder / "acts-confusion.png")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=HERE.parent / "acts.onnx")
    parser.add_argument("--plots", type=Path, help="folder for the plots")
    parser.add_argument("--service", type=Path, help="service-agent-utterances.tsv.gz")
    parser.add_argument("--strangers", nargs="*", default=[], choices=("choose", "judged"), help="halves to tell")
    parser.add_argument("--short", action="store_true", help="one line a part")
    given = parser.parse_args()
    model = ActModel(given.model.read_bytes())
    classifiers: dict[str, Classifier] = {
        "patterns": classify,
        "network": partial(network_alone, model),
        "patterns and network": model.classify,
    }
    parts = ways_of("unseen")
    for name, classifier in classifiers.items():
        for part, cases in parts.items():
            found = [frozenset[str](classifier(case.text)) for case in cases]
            _tell(name, part, cases, found)
            for kind in ("counter", "elsewhere"):
                chosen = [n for n, case in enumerate(cases) if case.kind == kind]
                _tell(name, f"{part}, {kind}", [cases[n] for n in chosen], [found[n] for n in chosen])
            if name == "patterns and network" and not given.short:
                print(f"\n### {part}\n\n{table_of(cases, found)}\n\n{confusion_of(cases, found)}\n")
        print(f"{name}: {cost_ms(classifier, parts['as written']):.2f} ms an utterance")
        if given.service:
            one = service_questions(given.service, classifier, 3000)
            print(f"{name}: questions of service turns, without marks: F1 {one.f1:.3f}")
        for half in given.strangers:
            _tell_strangers(name, half, classifier)
    _tell_halves(model)
    if given.plots:
        told = {part: [frozenset[str](model.classify(case.text)) for case in cases] for part, cases in parts.items()}
        draw(parts, told, given.plots)


def _tell(name: str, part: str, cases: Sequence[Case], found: Sequence[frozenset[str]]) -> None:
    if not cases:
        return
    figures = {
        act: score(cases, found, act).f1 for act in ("question", "open_question", "closed_question", "paraphrase")
    }
    told = ", ".join(f"{act} {f1:.3f}" for act, f1 in figures.items())
    kinds = open_against_closed(cases, found)
    sys.stdout.write(
        f"{name}, {part} ({len(cases)}): macro F1 {macro(cases, found):.3f}, open against closed {kinds:.3f}, {told},"
        f" no act taken for one {taken_for_an_act(cases, found):.3f}\n"
    )


def _tell_strangers(name: str, half: str, classifier: Classifier) -> None:
    """Questions and reflections alone: other acts of these lines are not labelled."""
    for way, cases in ways_of("strangers", half).items():
        found = [frozenset[str](classifier(case.text)) & set(LABELLED) for case in cases]
        figures = ", ".join(f"{act} {score(cases, found, act).f1:.3f}" for act in ("question", *LABELLED))
        sys.stdout.write(
            f"{name}, strangers {half} {way} ({len(cases)}): open against closed"
            f" {open_against_closed(cases, found):.3f}, {figures},"
            f" neither taken for one {taken_for_an_act(cases, found):.3f}\n"
        )


def _tell_halves(model: ActModel) -> None:
    for half, lines in heard_by_noise().items():
        if not lines:
            continue
        cases = [case for case, _ in lines]
        found = [frozenset[str](model.classify(case.text)) for case in cases]
        wrong = sum(word_errors(said, case.text) for case, said in lines) / sum(len(said.split()) for _, said in lines)
        low, high = interval(cases, found)
        sys.stdout.write(
            f"as heard {half} ({len(cases)}): words wrong {wrong:.3f}, macro F1 {macro(cases, found):.3f}"
            f" [{low:.2f}, {high:.2f}], open against closed {open_against_closed(cases, found):.3f}\n"
        )


if __name__ == "__main__":
    main()
