"""What the package brings itself, what Debian brings, and what of a wheel stays out.

One rule: every pinned name of the device's list stands in exactly one of the three tables (a test holds it), so that a
new dependency is a decision and never an accident.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Final

DEBIANS_PYTHON: Final = {"3.11": "deb12", "3.13": "deb13"}  # a Python, and whose it is, as versions name it
PYTHONS: Final = tuple(DEBIANS_PYTHON)


@dataclass(frozen=True, slots=True)
class Architecture:
    """One of Debian's architectures, and what others call it.

    Attributes:
        debian: Debian's name, in file names and in release.json.
        machine: The end of a wheel's platform tag.
        packages: The Pythons of each package. One for both keeps working while Debian is upgraded below it.
    """

    debian: str
    machine: str
    packages: tuple[tuple[str, ...], ...]


ARCHITECTURES: Final = {
    "arm64": Architecture("arm64", "aarch64", (PYTHONS,)),
    # A package a Debian: onnxruntime twice and vosk alone are 99 MB here, and nothing in them is left to cut.
    "amd64": Architecture("amd64", "x86_64", (("3.11",), ("3.13",))),
}
BUDGET_MB: Final = 150  # most that a package may install, in 10^6 bytes: bytecode included, models not


@dataclass(frozen=True, slots=True)
class Vendored:
    """A wheel that the package unpacks.

    Attributes:
        licence: Its short name, as in Debian's copyright format.
        holder: Who holds the copyright, where no line of the wheel's licence says it in the usual way.
        needs: Debian packages that its native parts link against (`readelf -d`, on both architectures).
    """

    licence: str
    holder: str = ""
    needs: tuple[str, ...] = ()


_NATIVE: Final = ("libc6 (>= 2.28)",)
_CPP: Final = ("libc6 (>= 2.28)", "libgcc-s1", "libstdc++6")

VENDORED: Final = {
    "anyio": Vendored("Expat"),
    "click": Vendored("BSD-3-Clause"),
    "colorzero": Vendored("BSD-3-Clause", "Dave Jones"),
    "gpiozero": Vendored("BSD-3-Clause", "Ben Nuttall and the contributors to gpiozero"),
    "h11": Vendored("Expat"),
    "markdown-it-py": Vendored("Expat"),
    "mdurl": Vendored("Expat"),
    "msgspec": Vendored("BSD-3-Clause", needs=_NATIVE),
    "numpy": Vendored("BSD-3-Clause-and-others", needs=(*_CPP, "zlib1g")),
    "onnxruntime": Vendored("Expat", needs=_CPP),
    "paho-mqtt": Vendored("EPL-2.0-or-BSD-3-Clause", "2012-2024, Roger Light and others"),
    "rich": Vendored("Expat"),
    # Without the sound library that its wheel brings: it reads files from strangers, so it is Debian's, which mends it.
    "soundfile": Vendored("BSD-3-Clause", needs=("libsndfile1", "python3-cffi-backend")),
    "soxr": Vendored("LGPL-2.1-or-later", "2021, Myungchul Keum; 2007-2018, Rob Sykes (libsoxr)", needs=_CPP),
    "starlette": Vendored("BSD-3-Clause"),
    "typing-extensions": Vendored("PSF-2.0"),
    "uvicorn": Vendored("BSD-3-Clause"),
    # Its wheel holds no licence file. The library holds Kaldi and OpenFst (Apache-2.0) and OpenBLAS (BSD-3-Clause).
    "vosk": Vendored("Apache-2.0", "2019-2022, Alpha Cephei Inc.", needs=(*_CPP, "libatomic1")),
    "websockets": Vendored("BSD-3-Clause", needs=_NATIVE),
}

# Debian's own is new enough, and Debian mends it. vosk imports the three last ones, and never uses them here.
DEBIANS: Final = {
    "cryptography": "python3-cryptography",
    "cffi": "python3-cffi-backend",
    "idna": "python3-idna",
    "requests": "python3-requests",
    "srt": "python3-srt",
    "tqdm": "python3-tqdm",
}

# What the programs on a device never import: build tools, other systems' pieces, what Debian's requests brings itself.
LEFT_OUT: Final = {
    "certifi", "charset-normalizer", "urllib3",  # python3-requests
    "pycparser",  # cffi's, for its compiler
    "flatbuffers", "packaging", "protobuf",  # onnxruntime's, for making models
    "pygments",  # rich's, for coloured source code
    "colorama",  # Windows
    "hatchling", "pathspec", "pluggy", "setuptools", "tomlkit", "trove-classifiers",  # the build
}  # fmt: skip

# Debian packages that the code needs and no wheel stands for.
ALWAYS: Final = (
    "python3-pyaudio",  # brings libportaudio2 and ALSA; PyAudio has no Linux wheel
    "ca-certificates",  # a broker behind a public authority
    "tzdata",  # windows are runs of local hours
    "systemd | systemd-standalone-sysusers",
    "systemd | systemd-standalone-tmpfiles",
)
# A Pi's archive has it, plain Debian has not: without it the light and the button are missing and `doctor` says so.
# D-Bus: the publisher may make no clock calls, and asks systemd's timedated whether the clock is set.
RECOMMENDED: Final = ("dbus", "python3-lgpio", "systemd-timesyncd | time-daemon")
SUGGESTED: Final = ("mosquitto",)  # counterpoint demo starts its own

# Patterns of what stays out of the site folder, whatever the wheel.
_STAYS_OUT: Final = (
    "*/tests/*", "*.pyi", "*.h", "*.a", "*.c", "*.pxd", "*.pyx", "*.data/*", "licensing/*", "*/py.typed",
    "*.dist-info/RECORD", "*.dist-info/WHEEL", "*.dist-info/top_level.txt",
    "*.dist-info/licenses/*", "*.dist-info/LICEN[CS]E*", "*.dist-info/sboms/*",  # licences go into the copyright file
    "_soundfile_data/*",
    "numpy/f2py/*", "numpy/distutils/*",
    "numpy/_pyinstaller/*", "numpy/_core/lib/*", "numpy/_core/include/*", "numpy/random/_examples/*",
    "numpy/_core/_simd.*", "numpy/_core/*_tests.*",
    "numpy/random/LICENSE.md",
    # NumPy imports these only when somebody names them, and nobody here does.
    "numpy/ma/*", "numpy/polynomial/*", "numpy/testing/*", "numpy/conftest.py", "numpy/matlib.py",
    "websockets/legacy/*", "websockets/trio/*",
    # The C library beside the Python module, which holds all of it once more.
    "onnxruntime/capi/libonnxruntime.so*",
    "onnxruntime/transformers/*", "onnxruntime/tools/*", "onnxruntime/quantization/*", "onnxruntime/datasets/*",
    "onnxruntime/backend/*", "onnxruntime/LICENSE", "onnxruntime/ThirdPartyNotices.txt", "onnxruntime/Privacy.md",
    "vosk/transcriber/*",
)  # fmt: skip


def ships(path: str) -> bool:
    """Whether this file of a wheel goes into the site folder."""
    return not any(fnmatch(path, pattern) for pattern in _STAYS_OUT)


def depends(pythons: tuple[str, ...]) -> tuple[str, ...]:
    """The package's Depends for these Python versions, sorted, each once."""
    first, last = pythons[0], pythons[-1]
    after = f"3.{int(last.split('.')[1]) + 1}"
    wanted = {f"python3 (>= {first})", f"python3 (<< {after})", *DEBIANS.values(), *ALWAYS}
    wanted.update(need for vendored in VENDORED.values() for need in vendored.needs)
    return tuple(sorted(wanted))
