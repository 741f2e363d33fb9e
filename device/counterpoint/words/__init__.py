"""Words: the agent's speech comes in, listening acts go out, and no word outlives its utterance.

Public: `SpeechGate` (what may be recognised), `Recogniser`, `Utterance`, `Word` (the port), `Doubt` (another language),
`classify` (an utterance's acts by patterns, of one of `LANGUAGES`), `ActModel` (by patterns and a network),
`ReadActs` (what both are).
"""

from collections.abc import Callable

from counterpoint.values import ActKind
from counterpoint.words.act_model import ActModel
from counterpoint.words.acts import LANGUAGES, classify
from counterpoint.words.doubt import Doubt
from counterpoint.words.gate import GateStep, SpeechGate
from counterpoint.words.port import Recogniser, Utterance, Word

ReadActs = Callable[[str], tuple[ActKind, ...]]

__all__ = [
    "LANGUAGES",
    "ActModel",
    "Doubt",
    "GateStep",
    "ReadActs",
    "Recogniser",
    "SpeechGate",
    "Utterance",
    "Word",
    "classify",
]
