"""The pages of figures: each reads what it needs of the store once, and shows it.

One rule: nothing is decided here but what is read; what a page says is made by the pure module of its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterpoint.fleet.pages.choice import PERIODS, chosen
from counterpoint.fleet.pages.language import language_of
from counterpoint.fleet.pages.layout import render
from counterpoint.fleet.pages.overview import overview

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from starlette.requests import Request
    from starlette.responses import Response

    from counterpoint.fleet.store.opening import Store

ROOM: Final = 8
"""Weeks more than asked for: runs of four weeks seldom begin where the address does."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The pages of figures on a store; `today` tells the day (UTC)."""

    store: Store
    today: Callable[[], date]

    def overview(self, request: Request) -> Response:
        """The five numbers."""
        language = language_of(request)
        with self.store.reading() as reading:
            choice = chosen(request, reading, language.say("site.all"), self.today())
            if choice is None:
                return no_site(request)
            runs = reading.periods([choice.site.code], choice.since(2 * choice.weeks + ROOM), choice.until)
        view = overview(language, choice, runs, self.today())
        return render(request, "overview.html", choice=choice, view=view, periods=PERIODS)


def no_site(request: Request) -> Response:
    """What somebody sees who has no site yet."""
    return render(request, "no_site.html")
