"""Windows as the site's numbers take them, for tests of the parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterpoint.disclosure.sums import Told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterpoint.disclosure.sites import SiteWindow


def told_windows(windows: Sequence[SiteWindow]) -> list[Told]:
    """Return the windows that have statistics."""
    return [
        Told(
            id=each.window.id,
            device=each.device,
            start_s=int(each.window.start_utc.timestamp()),
            end_s=int(each.window.end_utc.timestamp()),
            day=each.window.end_utc.toordinal(),
            statistics=each.window.statistics,
        )
        for each in windows
        if each.window.statistics is not None
    ]
