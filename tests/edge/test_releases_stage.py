"""What a release must be to be staged, and how what runs is changed."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
from pathlib import Path

import msgspec
import pytest

from commands_made import FILES, manifest, offer, release, tar
from counterpoint.edge.durable import RealDisk
from counterpoint.edge.releases import Releases
from counterpoint.errors import ReleaseRefused
from counterpoint.messages.commands import ReleaseOffer


def offered(archive: bytes, **changed: object) -> ReleaseOffer:
    return msgspec.convert(offer(archive, **changed), ReleaseOffer)


def stage(folder: Path, archive: bytes, **changed: object) -> Releases:
    releases = Releases(RealDisk(), folder)
    releases.stage(io.BytesIO(archive), offered(archive, **changed))
    return releases


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def test_a_release_is_staged_and_changes_nothing(tmp_path: Path) -> None:
    releases = stage(tmp_path, release())
    assert releases.is_staged("0.2.0")
    assert releases.is_whole("0.2.0")
    assert (releases.current(), releases.previous()) == ("", "")
    assert (tmp_path / "0.2.0/site/msgspec/core.so").read_bytes() == FILES["site/msgspec/core.so"]
    assert (tmp_path / "0.2.0/site").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "0.2.0/site/msgspec/core.so").stat().st_mode & 0o777 == 0o644


def test_a_second_time_nothing_is_written(tmp_path: Path) -> None:
    stage(tmp_path, release())
    (tmp_path / "0.2.0/mark").touch()
    stage(tmp_path, release())
    assert (tmp_path / "0.2.0/mark").exists()


def test_one_that_is_not_whole_is_staged_anew(tmp_path: Path) -> None:
    stage(tmp_path, release())
    (tmp_path / "0.2.0/site/msgspec/core.so").unlink()
    assert stage(tmp_path, release()).is_whole("0.2.0")


def test_python_uses_what_was_compiled(tmp_path: Path) -> None:
    stage(tmp_path, release())
    ask = "import counterpoint; print(counterpoint.__version__, counterpoint.__cached__)"
    said = subprocess.run(
        [sys.executable, "-v", "-c", ask],
        cwd=tmp_path / "0.2.0",
        env={"PYTHONPATH": str(tmp_path / "0.2.0"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert said.stdout.startswith("0.2.0 ")
    assert f"matches {tmp_path / '0.2.0/counterpoint/__init__.py'}" in said.stderr


first = ("release.json", manifest())
WRONG = {
    "no manifest": tar(*FILES.items()),
    "the manifest last": tar(*FILES.items(), first),
    "a file that is not named": tar(first, *FILES.items(), ("counterpoint/more.py", b"x")),
    "a file twice": tar(first, *FILES.items(), *list(FILES.items())[:1]),
    "a file missing": tar(first, *list(FILES.items())[:2]),
    "another content": tar(first, *list(FILES.items())[:2], ("site/msgspec/core.so", b"x")),
    "a way out": tar(("release.json", manifest(files={"../../etc/cron.d/x": b"x"})), ("../../etc/cron.d/x", b"x")),
    "an absolute path": tar(("release.json", manifest(files={"/etc/cron.d/x": b"x"})), ("/etc/cron.d/x", b"x")),
    "a symbolic link": tar(first, (link("counterpoint/__init__.py", "/etc/passwd"), b""), *FILES.items()),
    "a hard link": tar(first, (link("counterpoint/__init__.py", "release.json", tarfile.LNKTYPE), b""), *FILES.items()),
    "a device": tar(first, (link("counterpoint/__init__.py", "", tarfile.CHRTYPE), b""), *FILES.items()),
    "another version inside": release("0.3.0"),
    "another architecture inside": release(arch="arm64"),
    "cut off": release()[:-2000],
    "no archive": b"\x1f\x8b garbage" * 100,
    "nothing": b"",
}


@pytest.mark.parametrize("archive", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_release_leaves_nothing(tmp_path: Path, archive: bytes) -> None:
    (tmp_path / "releases").mkdir()
    with pytest.raises(ReleaseRefused):
        stage(tmp_path / "releases", archive or b" ")
    assert list((tmp_path / "releases").iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["releases"]


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    """The publisher may write the file; the first reading was of the right one, the second is not."""

    class Changing(io.BytesIO):
        read_once = False

        def seek(self, at: int, whence: int = 0) -> int:
            if self.read_once and (at, whence) == (0, 0):
                evil = {**FILES, "counterpoint/app/cli.py": b"def main(): evil\n"}
                self.__init__(release(files=evil))  # type: ignore[misc] # what an attacker would do
            return super().seek(at, whence)

        def read(self, size: int | None = -1) -> bytes:
            found = super().read(size)
            type(self).read_once = self.read_once or not found
            return found

    good = release()
    with pytest.raises(ReleaseRefused, match="SHA-256"):
        Releases(RealDisk(), tmp_path).stage(Changing(good), offered(good))
    assert list(tmp_path.iterdir()) == []


def test_what_runs_is_a_link_that_is_turned(tmp_path: Path) -> None:
    stage(tmp_path, release())
    releases = stage(tmp_path, release("0.3.0"), version="0.3.0")
    releases.run("0.2.0", before="")
    assert ((tmp_path / "current").resolve(), releases.previous()) == (tmp_path / "0.2.0", "")
    releases.run("0.3.0", before="0.2.0")
    assert (releases.current(), releases.previous()) == ("0.3.0", "0.2.0")
    releases.tidy(frozenset({"0.3.0"}))
    assert (releases.current(), releases.previous()) == ("0.3.0", "")
    releases.run("", before="")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.3.0"]


def test_a_link_that_leads_elsewhere_is_none(tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to("/etc")
    (tmp_path / "previous").symlink_to("0.2.0")
    releases = Releases(RealDisk(), tmp_path)
    assert (releases.current(), releases.previous()) == ("", "")


def test_the_hash_is_of_the_file() -> None:
    assert offer(release())["sha256"] == hashlib.sha256(release()).hexdigest()
