"""Messages to send in tests: real windows, made by `disclose` from ordinary visits."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

from counterpoint.disclosure import disclose
from counterpoint.settings import PrivacyRules
from visits_at import utc, visit

if TYPE_CHECKING:
    from counterpoint.messages.schemas import Window

NINE = utc("2026-11-23 09:00")


def window() -> Window:
    """Return a window of twelve visits, with an id of its own."""
    visits = [visit(NINE) for _ in range(12)]
    return disclose(visits, NINE, NINE + 3600, PrivacyRules(), ZoneInfo("Europe/Zurich"), lambda: str(uuid4())).windows[
        0
    ]
