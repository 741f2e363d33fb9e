# ruff: noqa: E501 - a pattern is one line, however long: broken up, it can't be read
"""What listening sounds like in German, as tables, in the form of english.py.

One rule: not measured. No German speech or text was at hand; these are the phrases that courses teach, and their forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterpoint.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterpoint.values import ActKind

GROUPS: Final[Mapping[str, str]] = {
    "so": r"(?:also|und|aber|dann|okay|ok|gut|ja|nein|ach|ah|ähm|äh|na|nun|so|genau|danke|bitte|sorry|entschuldigung|verzeihung|oder|ach so)",
    "who": r"(?:ich|du|sie|er|es|wir|ihr|man|das|dies|dieser|diese|dieses|der|die|den|dem|ihnen|dir|euch|ihre?n?|deine?n?|jemand|etwas|noch|da|hier)",
    "aux": r"(?:ist|sind|war|waren|bist|bin|seid|hat|haben|hast|habt|hatte|hatten|hattest|kann|können|kannst|könnt|könnten?|könntest|wird|werden|wirst|würden?|würdest|möchten?|möchtest|soll|sollen|sollte[nt]?|darf|dürfen|dürfte|muss|müssen|musst|wollen|willst|will|wollten?|mag|mögen|brauchen|brauchst|gibt|geht|passt|stimmt|kennen|kennst|wissen|weißt|wohnen|arbeiten|kommen|kommst|nehmen|nimmst|zahlen|bezahlen|sehen|siehst|meinen|meinst|heißt|steht|liegt|funktioniert)",
    "hard": r"(?:ärgerlich|frustrierend|schwer|schwierig|schlimm|unangenehm|anstrengend|stressig|belastend|enttäuschend|traurig|furchtbar|schrecklich|hart|nervig|mühsam|beängstigend|blöd|doof)",
    "deed": r"(?:schicke|sende|prüfe|kläre|frage|sage|gebe|rufe|schreibe|suche|hole|bringe|kümmere|buche|bestelle|leite|notiere|drucke|ändere|erledige|veranlasse|informiere|melde|mache|sorge|schaue|sehe|gucke)",
}

OPEN: Final = r"""
(?:^(?:{so} )*|{so} )(?:was|wie|warum|wieso|weshalb|wozu|inwiefern|worum|woran|womit|wofür|worüber|wodurch)_(?!viele?\b|lange?\b|oft\b|alt\b|groß\b|hoch\b|teuer\b|weit\b|spät\b|heißen sie|heißt du|ist ihr name|ist ihre|kostet)
(?:erzählen|erklären|beschreiben|schildern) sie (?:mir|uns|doch|bitte|mal|einmal|kurz|ruhig|gern)
erzähl (?:mir|mal|doch|uns)
(?:können|könnten|würden|mögen|möchten) sie (?:mir |uns |das |bitte |kurz |etwas |ein bisschen )*(?:\w+ )*?(?:erzählen|erklären|beschreiben|schildern|erläutern)
was (?:führt|bringt) sie
wie (?:kann|können|darf|dürfen) (?:ich|wir) (?:ihnen |dir )?helfen
"""

CLOSED: Final = r"""
^(?:{so} )*{aux} {who}(?= )
(?:^(?:{so} )*|{so} )(?:wann|wo|wer|wem|wen|wessen|woher|wohin|welche[rsnm]?)\b
(?:^(?:{so} )*|{so} )(?:wie (?:viele?|lange?|oft|alt|groß|hoch|teuer|weit|spät|heißen|heißt)|was kostet|was ist ihr(?:e)?)\b
(?:bis|seit|ab|um|von|für|an|in|auf|mit|zu) (?:wann|wem|welche[rsnm]?|wen|wie viel)\b
.* (?:oder|richtig|stimmt das|nicht wahr|oder nicht|korrekt|ja)\?$
^.* (?:nicht wahr|stimmt's|stimmt das|oder nicht)$
(?:sonst )?noch (?:etwas|was|fragen)\??$
"""

ACTS: Final[Mapping[ActKind, str]] = {
    "follow_up": r"""
(?:und|was|wie) (?:\w+ )?(?:dann|danach|weiter)\b
^(?:{so} )*und (?:was|wie|warum|wo|wer|wann)_
(?:erzählen sie|erzähl) (?:mir |mal |doch )*mehr
sie (?:sagten|erwähnten|haben gesagt|haben erwähnt) .* (?:was|wie|warum|wann|wo)_
was (?:noch|sonst|passierte|geschah)
""",
    "clarification": r"""
was meinen sie (?:mit|damit|genau)|was heißt das|wie meinen sie das|meinen sie
wenn sie .* sagen
habe ich (?:das|sie) richtig verstanden
(?:können|könnten) sie das (?:bitte |noch |noch einmal |nochmal )*(?:wiederholen|buchstabieren|genauer)
(?:wie|was) bitte|was genau|wann genau|welche[rs]? genau
""",
    "paraphrase": r"""
(?:wenn|sofern) ich (?:sie|das|es|dich) (?:richtig )?(?:verstehe|verstanden habe)
(?:das )?(?:klingt|hört sich|sieht)(?: so)?(?: (?:an|aus))? (?:als|so)
sie (?:sagen|meinen|sagten|erwähnten|haben erwähnt|haben gesagt|fühlen sich|haben das gefühl|sind (?:unzufrieden|enttäuscht|besorgt|verärgert|unsicher|hin und her gerissen)|wünschen sich|hätten gern|hätten lieber|möchten (?:also|gern|lieber))
^(?:{so} )*also (?:sie|du) (?:haben|sind|hast|bist|wollen|möchten|willst|möchtest|waren|hatten)
(?:mit anderen worten|anders gesagt|ihnen ist wichtig|ihnen geht es (?:also )?(?:um|darum)|für sie ist)
""",
    "summary": r"""
(?:ich )?fasse (?:ich |das |noch |einmal |mal |kurz )*zusammen|zusammengefasst|zusammenfassend|um es zusammenzufassen
(?:nur )?(?:um|damit) (?:sicherzugehen|sicher zu sein|ich nichts vergesse|ich alles habe)
(?:ich )?wiederhole (?:das |es |kurz |noch |einmal )*
(?:habe ich|hab ich) (?:alles|etwas) (?:richtig|vergessen|notiert|verstanden)
""",
    "empathy": r"""
(?:das|es) tut (?:mir|uns) (?:\w+ )?leid
(?:ich|wir) (?:bitte|bitten|möchte|möchten) (?:\w+ )?(?:um entschuldigung|uns entschuldigen|mich entschuldigen)|entschuldigen sie (?:die|das|bitte die)
(?:ich )?(?:kann )?(?:gut |sehr gut |völlig |vollkommen |absolut )?(?:verstehe|verstehen|nachvollziehen|vorstellen)(?: gut)?,? (?:dass|wie|warum|das)
(?:das|es) (?:ist|war|muss|klingt) (?:\w+ ){{0,3}}{hard}
(?:danke|vielen dank) (?:für ihre (?:geduld|offenheit|ehrlichkeit|rückmeldung|hinweis)|fürs warten|dass sie (?:uns|mir|das))
(?:machen sie sich|mach dir) keine sorgen|lassen sie sich zeit
""",
    "promise": r"""
ich {deed}
(?:ich|wir) (?:werde|werden) (?:\w+ )*(?:schicken|senden|prüfen|klären|fragen|kümmern|melden|erledigen|veranlassen|bringen|anrufen)
(?:sie bekommen|sie erhalten|sie hören) (?:\w+ )*(?:heute|morgen|bis|innerhalb|in den nächsten)
(?:versprochen|das verspreche ich|ich verspreche)
""",
    "call_back": r"""
(?:ruf|rufe|rufen) (?:\w+ )*?(?:zurück|wieder an)|zurückrufen|rückruf
(?:melde|melden) (?:mich|uns) (?:\w+ )*?(?:bei ihnen|wieder|zurück)
""",
    "ease": r"""
(?:das|es) (?:habe ich|haben wir|ist) (?:\w+ )*(?:schon |bereits )(?:\w+ )*(?:erledigt|gemacht|gebucht|geändert|storniert|ausgefüllt|eingetragen)
(?:sie )?(?:müssen|brauchen) (?:\w+ )*(?:nicht|nichts|kein\w*) (?:mehr |noch einmal |nochmal )?(?:\w+ )*(?:zu )?(?:\w+)
habe ich (?:für sie|ihnen) (?:\w+ )*(?:erledigt|ausgefüllt|gebucht|gemacht)
""",
    "rush": r"""
(?:der|die) nächste bitte|^(?:{so} )*nächste[rs]?(?: bitte)?$
(?:beeilen sie sich|beeilung|machen sie schnell|bitte kurz fassen|fassen sie sich kurz)
(?:ich|wir) (?:habe|haben) (?:\w+ )*keine zeit
""",
    "judgement": r"""
(?:da )?(?:hätten|hättest) (?:sie|du) (?:\w+ )*(?:müssen|sollen|können)
(?:warum|wieso) (?:haben|hast|sind|bist) (?:sie|du) (?:\w+ )*(?:nicht|kein\w*)
(?:selbst|selber) schuld|das ist (?:ihr|dein) (?:problem|fehler)
(?:beruhigen sie sich|regen sie sich nicht auf)
""",
}

NODS: Final = r"""
ja
jaja
genau
ach so
aha
mh+m*
hm+
mm+
okay
ok
gut
verstehe
ich verstehe
alles klar
klar
natürlich
sicher
stimmt
richtig
in ordnung
ach
oh
ach ja
ja genau
und weiter
sprechen sie weiter
ich höre
"""

STRONG_NODS: Final = r"""
ich verstehe(?= (?:und|aber|dann|also|das)\b)
ach so
aha
mh+m+
"""

GERMAN: Final = Language(GROUPS, OPEN, CLOSED, ACTS, NODS, STRONG_NODS, frozenset({"oh", "ach"}))
