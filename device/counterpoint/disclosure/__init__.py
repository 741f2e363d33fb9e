"""Sessions in, anonymous windows out; nothing about people leaves by any other door.

Public parts: `coarsen` makes a session a row of the ledger, `disclose` makes waiting rows windows, `release_s` says
when a window may go.
"""

from counterpoint.disclosure.hours import hour_end, hour_of
from counterpoint.disclosure.visit import Visit, coarsen
from counterpoint.disclosure.windows import Disclosure, disclose, release_s

__all__ = ["Disclosure", "Visit", "coarsen", "disclose", "hour_end", "hour_of", "release_s"]
