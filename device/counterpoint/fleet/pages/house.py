"""The pages about the house itself: devices for IT, and the privacy rules for everybody.

One rule: no figure of people stands on either of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterpoint.fleet.access.guard import person
from counterpoint.fleet.access.people import ALL_SITES
from counterpoint.fleet.pages.devices import listed, rank
from counterpoint.fleet.pages.language import language_of
from counterpoint.fleet.pages.layout import render
from counterpoint.fleet.pages.privacy import ASKED, calculate, left_out, rules_in_words
from counterpoint.fleet.pages.stretches import date_of_end

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from starlette.requests import Request
    from starlette.responses import Response

    from counterpoint.disclosure.sites import SiteRules
    from counterpoint.fleet.pages.devices import Ranked
    from counterpoint.fleet.store.opening import Store
    from counterpoint.fleet.store.rows import ServiceTrouble


REMEMBERED_S: Final = 15
"""Ten thousand devices are not ranked anew for each look: health comes every quarter of an hour anyway."""


class House:
    """The pages about the house on a store; `rules` are those that sites are told by, the others tell the time."""

    def __init__(self, store: Store, rules: SiteRules, today: Callable[[], date], now_s: Callable[[], int]) -> None:
        self._store = store
        self._rules = rules
        self._today = today
        self._now_s = now_s
        self._ranked: tuple[int, list[Ranked]] | None = None

    def devices(self, request: Request) -> Response:
        """Silent ones first."""
        page = request.query_params.get("page", "")
        view = listed(language_of(request), self._ranking(), self._now_s(), page)
        return render(request, "devices.html", listed=view, troubles=self._service_troubles())

    def _service_troubles(self) -> list[tuple[ServiceTrouble, str]]:
        """What the service itself can't do now, each with its site's name, "" for none or for all sites."""
        with self._store.reading() as reading:
            found = reading.troubles()
            names = {site.code: site.name for site in reading.some_sites([one.site for one in found], len(found))}
        return [(one, names.get(one.site, "")) for one in found]

    def _ranking(self) -> list[Ranked]:
        """The devices in their order, at most REMEMBERED_S old."""
        now_s, kept = self._now_s(), self._ranked
        if kept is not None and 0 <= now_s - kept[0] < REMEMBERED_S:
            return kept[1]
        with self._store.reading() as reading:
            states = reading.devices(None)
            names = {site.code: site.name for site in reading.sites()}
        ranked = rank(states, names, now_s)
        self._ranked = (now_s, ranked)
        return ranked

    def privacy(self, request: Request) -> Response:
        """The rules in force, what they left out, and the calculator."""
        language = language_of(request)
        with self._store.reading() as reading:
            told = reading.told()
        # How far sites are told says whether enough customers came: of a fleet of one site it is a figure of that site.
        sees_all = person(request).sees_figures_of(ALL_SITES)
        return render(
            request,
            "privacy.html",
            rules=rules_in_words(language, self._rules),
            counts=left_out(told),
            last_day=language.day(date_of_end(told.last_week, 1)) if told.last_week and sees_all else "",
            answer=calculate(language, request.query_params, self._rules, self._today()),
            most={name: most for name, (_, most) in ASKED.items()},
        )
