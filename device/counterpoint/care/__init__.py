"""Takes what was seen of the settings and the device, gives what is wrong and what to do; it looks at nothing itself.

`find_mistakes` and `find_contradictions` judge settings (mistakes.py, contradictions.py), `bearing_mistakes` a pair of
bearings alone; the judges of `doctor` are in checks.py. `UnheardWatch` notices that only one side is ever heard.
"""

from counterpoint.care.contradictions import bearing_mistakes, find_contradictions, publishing_notes, unset_notes
from counterpoint.care.mistakes import Mistake, find_mistakes
from counterpoint.care.unheard import UnheardWatch

__all__ = [
    "Mistake",
    "UnheardWatch",
    "bearing_mistakes",
    "find_contradictions",
    "find_mistakes",
    "publishing_notes",
    "unset_notes",
]
