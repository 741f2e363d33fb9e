"""The command line of the build, and the order of its steps.

One rule: two builds of one commit give the same bytes; what varies (time, machine, user, umask) never gets in.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from debian_tree import Order, build_deb, package_files
from pinned_wheels import BuildError, fetch, read_pins, unpack
from program_tree import program_tree, program_version, release_facts, release_tar
from what_ships import ARCHITECTURES, BUDGET_MB, PYTHONS
from wiping_library import wiping_library

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from debian_tree import Placed
    from pinned_wheels import Pin, Unpacked
    from what_ships import Architecture

ROOT: Final = Path(__file__).resolve().parents[2]
PINS: Final = "device/requirements/practice.txt"  # what `run` needs, and the practice page's server
MAINTAINER: Final = "Counterpoint <counterpoint@localhost.localdomain>"  # nobody's: who deploys it names themselves
MEGABYTE: Final = 1e6
MODEL: Final = ".onnx"
COMPILED: Final = 1.3  # bytecode for a byte of source, at most: 1.29 measured on Python 3.11, 1.17 on 3.13


def main(arguments: Sequence[str] | None = None) -> int:
    """Build what is asked for; return 0, or 2 with one line that says what to do."""
    asked = parse(arguments)
    try:
        build(asked, ROOT)
    except (BuildError, OSError) as error:
        print(f"build: {error}", file=sys.stderr)
        return 2
    return 0


def build(asked: argparse.Namespace, root: Path) -> None:
    """Build one architecture's package, and its release where asked; print paths and sizes.

    Raises:
        BuildError: With what to do.
    """
    architecture = ARCHITECTURES[asked.arch]
    packages = (tuple(sorted(asked.python)),) if asked.python else architecture.packages
    pythons = tuple(sorted({python for package in packages for python in package}))
    version = program_version(root, asked.version)
    whole = Order(version, architecture.debian, pythons, _epoch(root), asked.maintainer, asked.quick)
    pins = read_pins((root / PINS).read_text(encoding="utf-8"))
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="counterpoint-package-") as scratch:
        work = Path(scratch)
        wheels = asked.wheels or work / "wheels"
        wheels.mkdir(parents=True, exist_ok=True)
        fetch(pins, architecture, pythons, wheels)
        sources = _Sources(root, pins, architecture, wheels, wiping_library(root, architecture, work))
        for package in packages:
            _write_package(sources, replace(whole, pythons=package), work / "-".join(package), asked.out)
        if asked.release:
            program, _unpacked = sources.program(whole)
            _write_release(asked.out, whole, release_tar(program, whole.epoch))


@dataclass(frozen=True, slots=True)
class _Sources:
    """What a program is made of: the checkout, the checked wheels, the library compiled for this architecture."""

    root: Path
    pins: Mapping[str, Pin]
    architecture: Architecture
    wheels: Path
    native: Mapping[str, bytes]

    def program(self, order: Order) -> tuple[dict[str, bytes], Unpacked]:
        """The program for these Pythons, and what the wheels brought to it."""
        unpacked = unpack(self.pins, self.architecture, order.pythons, self.wheels)
        return program_tree(self.root, unpacked.site, order.version, order.architecture, self.native), unpacked


def _write_package(sources: _Sources, order: Order, work: Path, out: Path) -> None:
    program, unpacked = sources.program(order)
    files = package_files(sources.root, order, program, unpacked)
    installed = installed_bytes(files)
    _keep_budget(installed)
    package = build_deb(sources.root, order, files, work, out)
    print(
        f"{package}: {_megabytes(package)}, {installed / MEGABYTE:.1f} MB installed without models, {len(files)} files"
    )


def _write_release(out: Path, order: Order, tar: bytes) -> None:
    release = out / f"counterpoint-{order.version}-{order.architecture}.tar"
    release.write_bytes(tar)
    facts = release_facts(order.version, order.architecture, tar)
    release.with_suffix(".json").write_text(facts, encoding="utf-8")
    print(f"{release}: {_megabytes(release)}; beside it what `counterpoint fleet sign plan` takes")


def _megabytes(path: Path) -> str:
    return f"{path.stat().st_size / MEGABYTE:.1f} MB"


def installed_bytes(files: Mapping[str, Placed]) -> float:
    """How much of a disk the package takes without its models, and with what `py3compile` makes of its modules."""
    sizes = {path: len(file.content) for path, file in files.items() if not path.endswith(MODEL)}
    return sum(sizes.values()) + COMPILED * sum(size for path, size in sizes.items() if path.endswith(".py"))


def _keep_budget(installed: float) -> None:
    if installed > BUDGET_MB * MEGABYTE:
        found = f"{installed / MEGABYTE:.1f} MB would be installed, the budget is {BUDGET_MB} MB"
        raise BuildError(f"{found}: leave something out in what_ships.py")


def _epoch(root: Path) -> int:
    """The time of all files: SOURCE_DATE_EPOCH, or else the last commit's.

    Raises:
        BuildError: Neither is there.
    """
    told = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not told:
        asked = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
        told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    if not told.isdigit():
        raise BuildError("no time for the files: build in the git checkout, or set SOURCE_DATE_EPOCH")
    return int(told)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What is asked for; argparse tells what is wrong with it."""
    parser = argparse.ArgumentParser(
        prog="firmware/package/build", description="Builds the Debian package of Counterpoint."
    )
    parser.add_argument("--arch", required=True, choices=sorted(ARCHITECTURES))
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="where the package goes; made if missing"
    )
    parser.add_argument(
        "--wheels", type=Path, metavar="DIR", help="keep fetched wheels here, and take those that are here"
    )
    parser.add_argument("--version", default="", help="another version than pyproject.toml's")
    parser.add_argument("--release", action="store_true", help="write the tar for updates too")
    parser.add_argument(
        "--python",
        action="append",
        choices=PYTHONS,
        help="hold this Python's native modules only (default: arm64 both, amd64 a package each)",
    )
    parser.add_argument(
        "--maintainer", default=MAINTAINER, metavar="NAME <ADDRESS>", help="who answers for the package"
    )
    parser.add_argument("--quick", action="store_true", help="do not compress: for a try, not for a device")
    return parser.parse_args(arguments)
