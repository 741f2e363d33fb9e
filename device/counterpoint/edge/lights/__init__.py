"""The agent's light: takes cues, shows them. A new light is one new file in this folder.

One rule: a file here is named for its kind, has `open_light(settings)`, and shows what it is told, no more.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol

from counterpoint.errors import SettingsError

if TYPE_CHECKING:
    from counterpoint.settings import LightSettings
    from counterpoint.values import Cue


class Light(Protocol):
    """Something that shows a cue; returns at once and never raises for a cue.

    Attributes:
        kind: What it really is: "none" where pins were asked for and there are none.
    """

    kind: str

    def show(self, cue: Cue) -> None:
        """Change to this cue."""

    def close(self) -> None:
        """Go dark and let go; again is fine."""


def light_kinds() -> tuple[str, ...]:
    """The kinds of light there are, sorted."""
    return tuple(sorted(module.name for module in iter_modules(__path__)))


def open_light(settings: LightSettings) -> Light:
    """The light of the settings; without pins, a light that shows nothing.

    Raises:
        SettingsError: There is no such kind of light; the message names those there are.
    """
    if settings.kind not in light_kinds():
        kinds = ", ".join(light_kinds())
        raise SettingsError(f"light.kind = {settings.kind!r}: there is no such light; choose one of {kinds}")
    light: Light = import_module(f"{__name__}.{settings.kind}").open_light(settings)
    return light
