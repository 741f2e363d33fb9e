"""Roles on disk: a folder with ROLE.toml and, beside it, ROLE/LINE.ogg for every line.

One rule: a folder is read whole at the start, so that a missing file is told before anybody practises.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import soundfile

from counterpoint.errors import RoleError
from counterpoint.practice.protocol import Id
from counterpoint.practice.roles import Role, read_role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterpoint.values import Samples

BUNDLED: Final = Path(__file__).parent / "roles"
SOUNDS: Final = (".ogg", ".wav")
"""What browsers play and we read; the first one that is there is taken."""
LONGEST_S: Final = 60.0
SHORTEST_S: Final = 0.2
MOST_ROLES: Final = 200
STEP_S: Final = 0.01
QUIET_DB: Final = -35.0  # below the loud parts of the line: between words of a phrase it stays above
BREATH_S: Final = 0.12  # a stop consonant is silent for less


@dataclass(frozen=True, slots=True)
class LineSound:
    """The audio of a line.

    Attributes:
        length_s: Its length, in seconds.
        breaths_s: Where it can be taken up again: the ends of its pauses, and 0; ascending, in seconds.
    """

    length_s: float
    breaths_s: tuple[float, ...] = (0.0,)


@dataclass(frozen=True, slots=True)
class RoleFolder:
    """A role with the files of its lines, by line id."""

    role: Role
    files: Mapping[str, Path]

    def sounds(self) -> dict[str, LineSound]:
        """Length and pauses of every line; reads all of the role's audio.

        Raises:
            RoleError: A file is gone, or is no audio any more.
        """
        return {line: _measured(path) for line, path in self.files.items()}


def load_roles(folder: Path = BUNDLED) -> dict[str, RoleFolder]:
    """Every role of a folder, by id, in the order of their names.

    Raises:
        RoleError: The folder, a role or its audio can't be used; the message names the file.
    """
    try:
        paths = sorted(folder.glob("*.toml"))
        if not paths:
            raise RoleError(f"{folder} holds no role (*.toml): name a folder as in device/docs/practice.md")
        if len(paths) > MOST_ROLES:
            raise RoleError(f"{folder} holds {len(paths)} TOML files: keep at most {MOST_ROLES} roles in a folder")
        return {path.stem: _loaded(path) for path in paths}
    except OSError as error:
        raise RoleError(f"{error.filename or folder} can't be read ({error.strerror}): check its rights") from error


def _loaded(path: Path) -> RoleFolder:
    try:
        msgspec.convert(path.stem, Id)
    except msgspec.ValidationError as error:
        raise RoleError(f"{path}: a role's file has a name of small letters, digits and hyphens: rename it") from error
    try:
        role = read_role(str(path), path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise RoleError(f"{path} is not UTF-8 text: save it as UTF-8") from error
    return RoleFolder(role, {line.id: _sound(path.with_suffix(""), line.id) for line in role.lines})


def _sound(folder: Path, line: str) -> Path:
    path = next((folder / f"{line}{end}" for end in SOUNDS if (folder / f"{line}{end}").is_file()), None)
    if path is None:
        raise RoleError(f"{folder / line}.ogg is missing: record it, or have it spoken by speak_roles.py")
    try:
        length_s = soundfile.info(path).duration
    except (soundfile.LibsndfileError, OSError) as error:
        raise RoleError(f"{path} is not audio that can be read: record it again") from error
    if not SHORTEST_S <= length_s <= LONGEST_S:
        raise RoleError(f"{path} lasts {length_s:.1f} s: a line lasts from {SHORTEST_S} to {LONGEST_S:g} s")
    return path


def _measured(path: Path) -> LineSound:
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise RoleError(f"{path} can't be read any more: put it back and begin again") from error
    return LineSound(len(samples) / rate, _breaths_s(samples.mean(axis=1), rate))


def _breaths_s(samples: Samples, rate: int) -> tuple[float, ...]:
    step = round(STEP_S * rate)
    frames = samples[: len(samples) // step * step].reshape(-1, step)
    level_db = 10 * np.log10(np.mean(np.square(frames), axis=1) + 1e-12)
    quiet = np.concatenate(([False], level_db < np.percentile(level_db, 95) + QUIET_DB, [False]))
    edges = np.flatnonzero(np.diff(quiet.astype(np.int8)))
    ends = [last for first, last in edges.reshape(-1, 2) if last - first >= BREATH_S / STEP_S and last < len(frames)]
    return (0.0, *(round(float(last) * STEP_S, 2) for last in ends))
