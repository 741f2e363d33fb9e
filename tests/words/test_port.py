"""An utterance never shows its words, whoever prints it."""

from __future__ import annotations

import traceback

import pytest

from counterpoint.words import Utterance, Word

UTTERANCE = Utterance((Word("marzipan", 0.5, 1.0, 0.9), Word("lighthouse", 1.0, 1.7, 0.5)))


@pytest.mark.parametrize("shown", [repr(UTTERANCE), str(UTTERANCE), repr(UTTERANCE.words), f"{UTTERANCE.words[0]!r}"])
def test_no_repr_shows_a_word(shown: str) -> None:
    assert "marzipan" not in shown
    assert "lighthouse" not in shown


def test_no_traceback_shows_a_word() -> None:
    with pytest.raises(TypeError) as caught:
        UTTERANCE + 1  # type: ignore[operator]
    assert "marzipan" not in "".join(traceback.format_exception(caught.value))


def test_an_utterance_knows_its_text_length_and_confidence() -> None:
    assert UTTERANCE.text == "marzipan lighthouse"
    assert UTTERANCE.spoken_s == pytest.approx(1.2)
    assert UTTERANCE.confidence == pytest.approx(0.7)


def test_an_empty_utterance_is_not_trusted() -> None:
    assert Utterance(()).confidence == 0.0
