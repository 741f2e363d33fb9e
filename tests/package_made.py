"""Wheels made for a test, and a checkout whose pinned list names them: what the package's build eats, in small."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

from what_ships import DEBIANS, VENDORED

ROOT = Path(__file__).resolve().parents[1]
NATIVE = {"msgspec", "numpy", "onnxruntime", "soxr", "websockets"}  # one wheel a Python, as in life
PLATFORM = {"amd64": "manylinux2014_x86_64", "arm64": "manylinux2014_aarch64"}


def make_wheels(folder: Path, architecture: str) -> dict[str, list[str]]:
    """Write a wheel of each vendored name; return the SHA-256s by name."""
    folder.mkdir(parents=True, exist_ok=True)
    hashes: dict[str, list[str]] = {}
    for name in VENDORED:
        tags = [f"cp{number}-cp{number}" for number in (311, 313)] if name in NATIVE else ["py3-none"]
        for tag in tags:
            platform = PLATFORM[architecture] if name in NATIVE else "any"
            wheel = folder / f"{plain(name)}-1.0-{tag}-{platform}.whl"
            write_wheel(wheel, wheel_files(name, tag))
            hashes.setdefault(name, []).append(hashlib.sha256(wheel.read_bytes()).hexdigest())
    return hashes


def wheel_files(name: str, tag: str) -> dict[str, str]:
    """What a wheel holds: code, what the package leaves out, a licence, and a native module named by its Python."""
    package = plain(name)
    files = {
        f"{package}/__init__.py": f'"""{name}, made for a test."""\n',
        f"{package}/tests/test_{package}.py": "raise AssertionError\n",
        f"{package}-1.0.dist-info/METADATA": f"Name: {name}\nVersion: 1.0\n",
        f"{package}-1.0.dist-info/licenses/LICENSE": f"Copyright (c) 2020, the makers of {name}\n\nDo what you like.\n",
    }
    if name in NATIVE:
        files[f"{package}/core.{tag.split('-', maxsplit=1)[0].replace('cp', 'cpython-')}.so"] = f"native, {tag}"
    return files


def write_wheel(path: Path, files: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in files.items():
            wheel.writestr(zipfile.ZipInfo(name), content)


def make_checkout(root: Path, hashes: dict[str, list[str]]) -> Path:
    """A checkout with a pinned list of these hashes; all else is this one's."""
    (root / "device" / "requirements").mkdir(parents=True)
    # Copies: somebody may write in the checkout while a test builds from it twice.
    for folder in ("device/counterpoint", "device/docs", "systemd"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    (root / "models").mkdir()
    files = [path for path in (ROOT / "models").iterdir() if path.is_file()]
    for file in (*files, ROOT / "LICENSE", ROOT / "pyproject.toml"):
        shutil.copy(file, root / file.relative_to(ROOT))
    pins = [f"{name}==1.0 {' '.join(f'--hash=sha256:{one}' for one in known)}" for name, known in hashes.items()]
    pins += [f"{name}==1.0 --hash=sha256:{'0' * 64}" for name in DEBIANS]
    (root / "device" / "requirements" / "practice.txt").write_text("\n".join(pins), encoding="utf-8")
    return root


def plain(name: str) -> str:
    """The name as a wheel and its folders write it."""
    return name.replace("-", "_")
