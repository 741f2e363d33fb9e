"""Takes the floor and the visit of every frame, gives the changes of the agent's light.

`Nudge` decides when (policy.py); `level` and `fade` say how bright from moment to moment (ramp.py).
"""

from counterpoint.nudge.policy import Nudge
from counterpoint.nudge.ramp import fade, level

__all__ = ["Nudge", "fade", "level"]
