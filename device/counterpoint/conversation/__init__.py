"""In: who speaks, frame by frame. Out: turns and overlaps (`Floor`), and customers' visits (`Visits`)."""

from counterpoint.conversation.floor import Floor
from counterpoint.conversation.visits import Visits

__all__ = ["Floor", "Visits"]
