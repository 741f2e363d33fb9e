"""Another recogniser is one new file: this one has such a recogniser, and the whole line runs on it."""

from __future__ import annotations

import re
from pathlib import Path

import counterpoint
from counterpoint.app.demo.conversation import ARRAY, CHANNELS, DemoSource, load
from counterpoint.app.parts import build_pipeline
from counterpoint.edge.words_line import WordsLine
from counterpoint.hearing.geometry import BUILT_IN
from counterpoint.settings import Settings
from counterpoint.values import SAMPLE_RATE_HZ, Calibration, Samples
from counterpoint.words import Utterance, Word

PACKAGE = Path(counterpoint.__file__).parent
MAY_NAME_VOSK = {"edge/recogniser.py", "edge/examine.py", "app/parts.py"}


class AlwaysCurious:
    """A recogniser that needs no model: whatever is said, it hears one question."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def accept(self, samples: Samples) -> Utterance | None:
        self._seconds += len(samples) / SAMPLE_RATE_HZ
        return None

    def finish(self) -> Utterance | None:
        if not self._seconds:
            return None
        each, self._seconds = self._seconds / 3, 0.0
        words = ("what", "happened", "then")
        return Utterance(tuple(Word(word, at * each, (at + 1) * each, 0.9) for at, word in enumerate(words)))

    def forget(self) -> None:
        self._seconds = 0.0

    def close(self) -> None:
        """Nothing to give back."""


def test_the_line_runs_on_another_recogniser() -> None:
    settings, conversation = Settings(), load()
    line = WordsLine(AlwaysCurious(), settings.words, wait=True)
    pipeline = build_pipeline(settings, BUILT_IN[ARRAY], Calibration(0.0, 180.0), channels=CHANNELS, words=line)
    blocks = DemoSource(conversation, 1e9).blocks()
    acts = [act.kind for _, block in zip(range(900), blocks, strict=False) for act in pipeline.step(block).acts]
    ending = pipeline.close()
    assert "open_question" in acts
    assert ending.session is not None
    assert ending.session.acts is not None


def test_who_puts_the_parts_together_is_all_that_names_vosk() -> None:
    naming = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(r"\bVoskRecogniser\b|\bimport vosk\b", path.read_text(encoding="utf-8"))
    }
    assert "edge/recogniser.py" in naming
    assert naming <= MAY_NAME_VOSK
