"""German is a file of tables; what it knows is held here, how well it does on German speech is not measured."""

from __future__ import annotations

import pytest

from counterpoint.words import LANGUAGES, classify

SOUNDS_LIKE = (
    ("open_question", "Was führt Sie zu uns?"),
    ("open_question", "erzählen sie mir mehr davon"),
    ("open_question", "wie kann ich ihnen helfen"),
    ("closed_question", "Haben Sie die Rechnung dabei?"),
    ("closed_question", "wie lange warten sie schon"),
    ("follow_up", "und was ist dann passiert"),
    ("clarification", "was meinen sie damit"),
    ("paraphrase", "wenn ich sie richtig verstehe kam das paket nie an"),
    ("paraphrase", "also sie haben es zweimal bestellt"),
    ("paraphrase", "das hört sich an als wären sie enttäuscht"),
    ("paraphrase", "das hört sich so an, als hätten Sie lange gewartet"),
    ("paraphrase", "das klingt als ob es dringend wäre"),
    ("summary", "ich fasse kurz zusammen"),
    ("acknowledgement", "ach so"),
    ("acknowledgement", "Ja, genau."),
    ("empathy", "das tut mir leid"),
    ("empathy", "das ist wirklich ärgerlich"),
    ("promise", "ich schicke es ihnen heute noch"),
    ("call_back", "ich rufe sie morgen zurück"),
    ("ease", "Sie müssen das nicht noch einmal ausfüllen"),
    ("rush", "der nächste bitte"),
    ("judgement", "da hätten sie anrufen müssen"),
)


@pytest.mark.parametrize(("act", "text"), SOUNDS_LIKE)
def test_an_act_is_found_in_german(act: str, text: str) -> None:
    assert act in classify(text, "de")


@pytest.mark.parametrize("text", ["Hier ist Ihre Quittung.", "das macht zwölf euro", "guten morgen", "bis morgen", ""])
def test_what_is_no_act_is_none(text: str) -> None:
    assert classify(text, "de") == ()


def test_a_written_question_is_open_or_closed_in_every_language() -> None:
    for language in LANGUAGES:
        assert {"open_question", "closed_question"} & set(classify("xyz abc?", language))


def test_a_language_without_tables_is_refused() -> None:
    with pytest.raises(KeyError):
        classify("bonjour", "fr")
