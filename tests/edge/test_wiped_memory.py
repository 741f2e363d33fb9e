"""What the sensor frees is wiped: it starts itself anew so, once, and nothing else is started anew."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from counterpoint.edge.wiped_memory import is_wiped, start_wiped, wiping

# A freed piece of memory is read again, as nobody should: what it held is gone.
READS_FREED = """
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
words = b"the crimson walrus " * 4
piece, keeps_its_place = libc.malloc(200), libc.malloc(200)
ctypes.memmove(piece, words, len(words))
libc.free(piece)
print(words[32:] in ctypes.string_at(piece, 200))
"""


def test_other_tunables_stay() -> None:
    environment = wiping({"GLIBC_TUNABLES": "glibc.malloc.arena_max=2", "HOME": "/root"})
    assert environment["GLIBC_TUNABLES"].startswith("glibc.malloc.arena_max=2:glibc.malloc.perturb=1")
    assert environment["HOME"] == "/root"
    assert is_wiped(environment)
    assert not is_wiped({})


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc wipes")
@pytest.mark.parametrize("wiped", [True, False])
def test_freed_memory_holds_nothing(wiped: bool) -> None:
    environment = wiping(os.environ) if wiped else dict(os.environ)
    done = subprocess.run(
        [sys.executable, "-c", READS_FREED], env=environment, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == str(not wiped)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc wipes")
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
