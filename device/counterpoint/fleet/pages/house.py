"""The pages about the house itself: devices for IT, and the privacy rules for everybody.

One rule: no figure of people stands on either of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterpoint.fleet.pages.devices import devices
from counterpoint.fleet.pages.language import language_of
from counterpoint.fleet.pages.layout import render
from counterpoint.fleet.pages.privacy import ASKED, calculate, rules_in_words
from counterpoint.fleet.pages.stretches import date_of_end

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from counterpoint.disclosure.sites import SiteRules
    from counterpoint.fleet.store.opening import Store


@dataclass(frozen=True, slots=True)
class House:
    """The pages about the house on a store; `rules` are those that sites are told by, `now_s` the time (UTC)."""

    store: Store
    rules: SiteRules
    now_s: Callable[[], int]

    def devices(self, request: Request) -> Response:
        """Silent ones first."""
        language = language_of(request)
        with self.store.reading() as reading:
            states = reading.devices(None)
            names = {site.code: site.name for site in reading.sites()}
        listed = devices(language, states, names, self.now_s(), request.query_params.get("page", ""))
        return render(request, "devices.html", listed=listed)

    def privacy(self, request: Request) -> Response:
        """The rules in force, what they left out, and the calculator."""
        language = language_of(request)
        with self.store.reading() as reading:
            told = reading.told()
        return render(
            request,
            "privacy.html",
            rules=rules_in_words(language, self.rules),
            counts={"merged": told.merged, "dropped": told.dropped, "late": told.late, "rejected": told.rejected},
            last_day=language.day(date_of_end(told.last_week, 1)) if told.last_week else "",
            answer=calculate(language, request.query_params, self.rules),
            most={name: most for name, (_, most) in ASKED.items()},
        )
