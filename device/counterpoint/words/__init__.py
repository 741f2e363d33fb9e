"""Words: the agent's speech comes in, listening acts go out, and no word outlives its utterance.

Public: `SpeechGate` (what may be recognised), `Recogniser`, `Utterance`, `Word` (the port), `Doubt` (another language),
`classify` (an utterance's acts).
"""

from counterpoint.words.acts import classify
from counterpoint.words.doubt import Doubt
from counterpoint.words.gate import GateStep, SpeechGate
from counterpoint.words.port import Recogniser, Utterance, Word

__all__ = ["Doubt", "GateStep", "Recogniser", "SpeechGate", "Utterance", "Word", "classify"]
