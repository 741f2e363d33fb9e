"""What the sensor frees is wiped: it starts itself anew so, once, and nothing else is started anew."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from counterpoint.edge import wiped_memory
from counterpoint.edge.wiped_memory import LIBRARIES, is_wiped, start_wiped, wiping

# Freed pieces are read again, as nobody should. 56 bytes are a Python string of 7 letters, and all of glibc's piece.
# What glibc keeps there itself, as links to other free pieces, is in the first 32 bytes.
READS_FREED = """
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.realloc.restype = ctypes.c_void_p
libc.free.argtypes, libc.realloc.argtypes = [ctypes.c_void_p], [ctypes.c_void_p, ctypes.c_size_t]

def letters_left(size, let_go):
    piece, keeps_its_place = libc.malloc(size), libc.malloc(size)
    ctypes.memset(piece, ord("w"), size)
    let_go(piece)
    return ctypes.string_at(piece, size)[32:].count(b"w")

moved_away = lambda piece: libc.realloc(piece, 10_000)
print([letters_left(size, go) for size in (40, 56, 100, 200, 1000, 5000) for go in (libc.free, moved_away)])
"""
GROWS = """
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.realloc.restype = ctypes.c_void_p
libc.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
piece = libc.realloc(None, 10)
ctypes.memmove(piece, b"0123456789", 10)
for size in (11, 24, 25, 5000, 1_000_000, 100, 10):
    piece = libc.realloc(piece, size)
    assert ctypes.string_at(piece, 10) == b"0123456789", size
assert libc.realloc(piece, 0) is None
print("kept")
"""
# A thread copies a text and sleeps; 760 bytes go through vector registers, several at once.
SLEEPS = """
import os, signal, sys, threading
from counterpoint.edge.wiped_memory import wipe_registers
hidden = bytes.fromhex(sys.argv[2])
def work():
    bytearray(byte ^ 1 for byte in hidden).copy()
    if sys.argv[1] == "wipes":
        wipe_registers()
    copied.set()
    threading.Event().wait()
copied = threading.Event()
threading.Thread(target=work, daemon=True).start()
copied.wait()
os.kill(os.getpid(), signal.SIGSTOP)
"""
TEXT = b"the crimson walrus " * 40
HIDDEN = bytes(byte ^ 1 for byte in TEXT).hex()  # the program itself must not hold what is looked for
NOTHING = str([0] * 12)

glibc_only = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc wipes")


def _say(program: str, environment: dict[str, str]) -> str:
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True)
    assert not done.stderr, "a library that can't be loaded is told there"
    return done.stdout.strip()


@pytest.fixture
def without_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(wiped_memory, "LIBRARIES", (tmp_path / "none.so",))


def test_other_libraries_stay(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    built = tmp_path / "wiping.so"
    built.touch()
    monkeypatch.setattr(wiped_memory, "LIBRARIES", (built,))
    environment = wiping({"LD_PRELOAD": "/lib/other.so", "HOME": "/root"})
    assert environment == {"LD_PRELOAD": f"/lib/other.so:{built}", "HOME": "/root", "PYTHONMALLOC": "malloc"}
    assert is_wiped(environment)
    assert not is_wiped({})


def test_a_library_whose_name_would_be_parted_is_not_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    built = tmp_path / "wiping it.so"
    built.touch()
    monkeypatch.setattr(wiped_memory, "LIBRARIES", (built,))
    assert set(wiping({})) == {"GLIBC_TUNABLES", "PYTHONMALLOC"}


@pytest.mark.usefixtures("without_library")
def test_other_tunables_stay() -> None:
    environment = wiping({"GLIBC_TUNABLES": "glibc.malloc.arena_max=2", "HOME": "/root"})
    assert environment["GLIBC_TUNABLES"].startswith("glibc.malloc.arena_max=2:glibc.malloc.perturb=1")
    assert environment["HOME"] == "/root"
    assert is_wiped(environment)
    assert not is_wiped({})


@glibc_only
def test_freed_memory_holds_nothing_to_its_last_byte() -> None:
    compiled = [library for library in LIBRARIES if library.is_file()]
    assert compiled, "run device/set-up tests: it compiles what wipes freed memory"
    if " " in str(compiled[0]):
        pytest.skip("this checkout's path has a space: the loader can't be told a library there")
    assert _say(READS_FREED, wiping(os.environ)) == NOTHING
    assert _say(READS_FREED, dict(os.environ)) != NOTHING, "the control: what nobody wipes is there"


@glibc_only
@pytest.mark.usefixtures("without_library")
def test_the_second_best_leaves_eight_bytes_at_most() -> None:
    left = _say(READS_FREED, wiping(os.environ))
    assert max(map(int, left.strip("[]").split(","))) == 8


@glibc_only
def test_what_grows_keeps_what_it_holds() -> None:
    assert _say(GROWS, wiping(os.environ)) == "kept"


@glibc_only
@pytest.mark.skipif(shutil.which("gcore") is None, reason="gdb is not installed")
@pytest.mark.parametrize("does", ["wipes", "sleeps on"])
def test_the_registers_of_a_thread_that_sleeps_hold_no_text(does: str, tmp_path: Path) -> None:
    sleeper = subprocess.Popen([sys.executable, "-c", SLEEPS, does, HIDDEN], env=wiping(os.environ))
    try:
        os.waitpid(sleeper.pid, os.WUNTRACED)
        subprocess.run(["gcore", "-o", tmp_path / "core", str(sleeper.pid)], check=True, capture_output=True)
    finally:
        sleeper.kill()
        sleeper.wait()
    core = next(tmp_path.glob("core*")).read_bytes()
    assert (b"crimson" in core) == (does == "sleeps on"), "the control: what nobody wipes is there"


@glibc_only
def test_the_sensor_starts_itself_anew_and_says_what_it_would_say(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text('import os, sys; print(os.environ.get("PYTHONMALLOC"), file=sys.stderr)')
    done = subprocess.run(
        [sys.executable, "-m", "counterpoint", "run", "--settings", str(tmp_path / "none.toml")],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[:2] == ["None", "malloc"]
    assert "none.toml" in done.stderr


def test_a_program_that_is_not_ours_is_left_alone() -> None:
    start_wiped()  # pytest goes on
