"""Who somebody is to the pages: roles and sites; one rule: a site that somebody may not see does not exist for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Role = Literal["manager", "it", "auditor"]
MANAGER: Final = "manager"
IT: Final = "it"
AUDITOR: Final = "auditor"
ROLES: Final[tuple[Role, ...]] = (MANAGER, IT, AUDITOR)
ALL_SITES: Final = "all"
"""The code under which the sites are pooled: no site has it."""


def known_roles(words: Iterable[str]) -> frozenset[Role]:
    """Those of the words that are roles: a role of a later version gives no right in this one."""
    given = set(words)
    return frozenset(role for role in ROLES if role in given)


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in.

    Attributes:
        name: The account's name.
        roles: manager (figures of their sites), it (devices, sites, accounts; no figures), auditor (audit log).
        sites: Codes of the sites that a manager manages; None for all of them, and then also the pooled `all`.
        language: The code of the language they chose for their account, "" for none.
    """

    name: str
    roles: frozenset[Role]
    sites: frozenset[str] | None
    language: str = ""

    @property
    def sees_figures(self) -> bool:
        """Whether there is any site whose figures they may see."""
        return MANAGER in self.roles and (self.sites is None or bool(self.sites))

    def sees_figures_of(self, site: str) -> bool:
        """Whether they may see this site's figures; `all` only where all sites are theirs."""
        return MANAGER in self.roles and (self.sites is None or (site != ALL_SITES and site in self.sites))

    def sees_site(self, site: str) -> bool:
        """Whether this site exists for them: IT sees every site and its devices, but not its figures."""
        return IT in self.roles or self.sees_figures_of(site)

    def figures_of(self, sites: Iterable[str]) -> tuple[str, ...]:
        """Those of these sites whose figures they may see, in the same order."""
        return tuple(site for site in sites if self.sees_figures_of(site))
