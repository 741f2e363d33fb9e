"""The Debian package: where each file lies, the control file, the maintainer scripts; dpkg-deb puts them together.

One rule: a file's place follows from what it is; nothing is a conffile, since an upgrade on a device without a screen
must never ask a question.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from papers import changelog, copyright_file, manual_page
from pinned_wheels import BuildError
from what_ships import DEBIANS_PYTHON, RECOMMENDED, SUGGESTED, depends

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pinned_wheels import Unpacked

HERE: Final = Path(__file__).resolve().parent
DOCS: Final = "usr/share/doc/counterpoint"
PROGRAM: Final = "usr/lib/counterpoint"
# What a file of systemd/ is, by the end of its name: where it goes, and under which name.
PLACES: Final = {
    ".service": "usr/lib/systemd/system/{name}",
    ".path": "usr/lib/systemd/system/{name}",
    ".timer": "usr/lib/systemd/system/{name}",
    ".socket": "usr/lib/systemd/system/{name}",
    ".target": "usr/lib/systemd/system/{name}",
    ".sysusers": "usr/lib/sysusers.d/{stem}.conf",
    ".tmpfiles": "usr/lib/tmpfiles.d/{stem}.conf",
    ".rules": "usr/lib/udev/rules.d/{name}",
}
STAYS_OUT: Final = ("", ".md", ".py")  # scripts and pages for those who work on the units
UNITS: Final = (".service", ".path", ".timer", ".socket", ".target")
# Made by the package, not filled: what provisioning, or a person, puts there is theirs.
EMPTY_FOLDERS: Final = ("etc/counterpoint", "etc/counterpoint/command-keys")
SUMMARY: Final = "notices talk-over at a service counter, lights a discreet cue"
DESCRIPTION: Final = """\
 A device between the person who serves and the person who is served. It hears
 who speaks from which side, notices when one talks over the other, and lights
 a cue that only the person who serves sees. It keeps no recording and no
 words; what leaves it is anonymous statistics over MQTT.
 .
 The package holds what Debian does not have in the version needed: the ONNX
 runtime, NumPy, Vosk and a few pure Python packages, for Debian's own
 Python. It installs without a network."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A file of the package: its content, and whether it is a program."""

    content: bytes
    program: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """What to build.

    Attributes:
        version: The program's.
        architecture: Debian's name of it.
        pythons: Whose native modules the package holds.
        epoch: Time of all files, in seconds since 1970.
        maintainer: Who answers for the package: name and address, as Debian writes them.
        quick: Whether the package stays uncompressed, for a try.
    """

    version: str
    architecture: str
    pythons: tuple[str, ...]
    epoch: int
    maintainer: str
    quick: bool = False

    @property
    def package_version(self) -> str:
        """The package's version, which says whose Python it is for where it is for one only: 0.1.0+deb12."""
        return self.version if len(self.pythons) > 1 else f"{self.version}+{DEBIANS_PYTHON[self.pythons[0]]}"


def package_files(root: Path, order: Order, program: Mapping[str, bytes], unpacked: Unpacked) -> dict[str, Placed]:
    """Path in the file system to file, for everything that the package installs."""
    files = {f"{PROGRAM}/{path}": Placed(content) for path, content in program.items()}
    files["usr/bin/counterpoint"] = Placed((HERE / "launcher").read_bytes(), program=True)
    files["usr/share/python3/runtime.d/counterpoint.rtupdate"] = Placed(
        (HERE / "debian" / "counterpoint.rtupdate").read_bytes(), program=True
    )
    files["usr/share/lintian/overrides/counterpoint"] = Placed((HERE / "debian" / "lintian-overrides").read_bytes())
    files.update({place: Placed(path.read_bytes()) for path, place in unit_places(root).items()})
    files.update(_documents(root, order, unpacked))
    return files


def unit_places(root: Path) -> dict[Path, str]:
    """Where each file of systemd/ goes.

    Raises:
        BuildError: One is none of the known kinds.
    """
    places = {}
    for path in sorted((root / "systemd").iterdir()):
        if path.suffix in STAYS_OUT or path.is_dir():
            continue
        if path.suffix not in PLACES:
            raise BuildError(
                f"systemd/{path.name}: no place for a file of this kind: add it to PLACES in debian_tree.py"
            )
        places[path] = PLACES[path.suffix].format(name=path.name, stem=path.stem)
    return places


def _documents(root: Path, order: Order, unpacked: Unpacked) -> dict[str, Placed]:
    own = (root / "LICENSE").read_text(encoding="utf-8")
    documents = {
        f"{DOCS}/copyright": copyright_file(own, unpacked).encode(),
        f"{DOCS}/changelog.gz": _gzipped(changelog(order.package_version, order.maintainer, order.epoch).encode()),
        f"{DOCS}/examples/counterpoint.toml": (HERE / "counterpoint.toml").read_bytes(),
        "usr/share/man/man1/counterpoint.1.gz": _gzipped(manual_page(root, order.version).encode()),
    }
    documents.update({f"{DOCS}/{name}-notices.txt.gz": _gzipped(text) for name, text in unpacked.notices.items()})
    pages = sorted((root / "device" / "docs").glob("*.md")) + sorted((root / "models").glob("*.md"))
    documents.update({f"{DOCS}/{page.name}": page.read_bytes() for page in pages})
    return {path: Placed(content) for path, content in documents.items()}


def control_file(order: Order, installed_bytes: int) -> str:
    """The control file; Installed-Size in KiB, as Debian counts."""
    return (
        f"Package: counterpoint\nVersion: {order.package_version}\nArchitecture: {order.architecture}\n"
        f"Maintainer: {order.maintainer}\nInstalled-Size: {-(-installed_bytes // 1024)}\n"
        f"Depends: {', '.join(depends(order.pythons))}\nRecommends: {', '.join(RECOMMENDED)}\n"
        f"Suggests: {', '.join(SUGGESTED)}\nSection: misc\nPriority: optional\n"
        f"Description: {SUMMARY}\n{DESCRIPTION}\n"
    )


def maintainer_scripts(root: Path, version: str) -> dict[str, Placed]:
    """postinst, prerm and postrm, told which units there are and which of them start at boot."""
    units = [path for path in unit_places(root) if path.suffix in UNITS]
    enabled = [path.name for path in units if re.search(r"(?m)^\[Install\]", path.read_text(encoding="utf-8"))]
    words = {"@VERSION@": version, "@UNITS@": " ".join(path.name for path in units), "@ENABLED@": " ".join(enabled)}
    scripts = {}
    for name in ("postinst", "prerm", "postrm"):
        text = (HERE / "debian" / name).read_text(encoding="utf-8")
        for mark, word in words.items():
            text = text.replace(mark, word)
        scripts[name] = Placed(text.encode(), program=True)
    return scripts


def build_deb(root: Path, order: Order, files: Mapping[str, Placed], work: Path, out: Path) -> Path:
    """Write the package into `out`, the same bytes for the same files and time; return its path.

    Raises:
        BuildError: dpkg-deb is missing or failed.
    """
    if shutil.which("dpkg-deb") is None:
        raise BuildError("dpkg-deb is not here: build on Debian, or apt-get install dpkg")
    control = {"control": Placed(control_file(order, sum(len(file.content) for file in files.values())).encode())}
    tree = work / "deb"
    _write(
        tree / "DEBIAN", {**control, **maintainer_scripts(root, order.version), "md5sums": _md5sums(files)}, order.epoch
    )
    _write(tree, files, order.epoch)
    for folder in EMPTY_FOLDERS:
        (tree / folder).mkdir(parents=True, exist_ok=True)
    _settle_folders(tree, order.epoch)
    package = out / f"counterpoint_{order.package_version}_{order.architecture}.deb"
    packed = ["-Znone"] if order.quick else ["-Zxz", "--threads-max=1"]  # one thread: more would give other bytes
    command = ["dpkg-deb", "--root-owner-group", *packed, "--build", str(tree), str(package)]
    done = subprocess.run(
        command, env={**os.environ, "SOURCE_DATE_EPOCH": str(order.epoch)}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BuildError(f"dpkg-deb failed: {done.stderr.strip()}")
    return package


def _md5sums(files: Mapping[str, Placed]) -> Placed:
    import hashlib  # noqa: PLC0415 - Debian's format asks for MD5 here, and nothing else in this file hashes

    lines = (
        f"{hashlib.md5(files[path].content, usedforsecurity=False).hexdigest()}  {path}\n" for path in sorted(files)
    )
    return Placed("".join(lines).encode())


def _write(tree: Path, files: Mapping[str, Placed], epoch: int) -> None:
    for path, file in files.items():
        place = tree / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.content)
        place.chmod(0o755 if file.program else 0o644)
        os.utime(place, (epoch, epoch))


def _settle_folders(tree: Path, epoch: int) -> None:
    """Folders get their mode whatever the umask, and their time."""
    folders: Iterable[Path] = (tree, *(path for path in tree.rglob("*") if path.is_dir()))
    for folder in folders:
        folder.chmod(0o755)
        os.utime(folder, (epoch, epoch))


def _gzipped(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=9, mtime=0)
