"""The boot file is taken whole or not at all, and its token is wiped in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterpoint.edge.boot_partition import LARGEST_BYTES, read_boot_file, wipe_token
from counterpoint.errors import BootFileError, StorageError

ONE_TIME = "abcdefghijklmnopqrstuvwxyz012345"
AUTHORITY = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
TEXT = f'''\
# written by IT
[site]
code = "hall-3"

[privacy]
pool = 6

[enrolment]
url = "https://enrol.example.org:8443"
token = "{ONE_TIME}"   # used once
ca = """
{AUTHORITY}"""
# end
'''


@pytest.fixture
def boot(tmp_path: Path) -> Path:
    path = tmp_path / "counterpoint.toml"
    path.write_text(TEXT)
    return path


def read(path: Path) -> object:
    return read_boot_file(path, path.with_name("scratch"))


def test_a_whole_file_gives_settings_token_and_authority(boot: Path) -> None:
    found = read_boot_file(boot, boot.with_name("scratch"))
    assert found is not None
    assert (found.settings.site.code, found.settings.privacy.pool) == ("hall-3", 6)
    assert (found.token, found.authority) == (ONE_TIME, AUTHORITY)
    assert not boot.with_name("scratch").exists()


def test_what_is_installed_holds_no_secret_and_keeps_its_lines(boot: Path) -> None:
    found = read_boot_file(boot, boot.with_name("scratch"))
    assert found is not None
    assert ONE_TIME.encode() not in found.installed
    assert b"BEGIN" not in found.installed
    assert found.installed.count(b"\n") == TEXT.count("\n")
    assert b'url = "https://enrol.example.org:8443"' in found.installed


def test_without_a_file_there_is_nothing_to_take(tmp_path: Path) -> None:
    assert read(tmp_path / "counterpoint.toml") is None
    assert not wipe_token(tmp_path / "counterpoint.toml")


def test_a_file_cut_off_anywhere_is_refused(boot: Path) -> None:
    whole = boot.read_bytes()
    for length in range(len(whole) - 1):
        boot.write_bytes(whole[:length])
        with pytest.raises(BootFileError):
            read(boot)
    boot.write_bytes(whole[:-1])  # a last line without its end is whole
    assert read(boot) is not None


@pytest.mark.parametrize("hole", [0, 60, 200])
def test_a_file_with_a_hole_in_it_is_refused(boot: Path, hole: int) -> None:
    """As FAT leaves it where the power went before the sectors were written."""
    whole = boot.read_bytes()
    boot.write_bytes(whole[:hole] + bytes(40) + whole[hole + 40 :])
    with pytest.raises(BootFileError):
        read(boot)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("pool = 6", "pool = 0", r"counterpoint.toml:6: privacy.pool"),
        ("pool = 6", "pol = 6", r"counterpoint.toml:6: .*did you mean 'pool'"),
        (f'"{ONE_TIME}"', '"short"', "no token"),
        (f'"{ONE_TIME}"', "7", "no token"),
        ("BEGIN CERTIFICATE", "BEGIN NOTHING", "no certificate"),
        (f'token = "{ONE_TIME}"   # used once', f'"token" = "{ONE_TIME}"', "lines of their own"),
        ('code = "hall-3"', f'code = "hall-3"\ntoken = "{ONE_TIME}"', "lines of their own"),
        ("https://", "http://", "enrolment.url"),
        ("# end", "# ende", "last line"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(boot: Path, old: str, new: str, said: str) -> None:
    assert old in TEXT
    boot.write_text(TEXT.replace(old, new))
    with pytest.raises(BootFileError, match=said) as told:
        read(boot)
    assert "scratch" not in str(told.value)
    assert ONE_TIME not in str(told.value)


def test_what_is_no_plain_small_file_is_refused(boot: Path) -> None:
    boot.write_bytes(b"#" * (LARGEST_BYTES + 1))
    with pytest.raises(BootFileError, match="no plain file"):
        read(boot)
    boot.unlink()
    boot.symlink_to("/etc/hostname")
    with pytest.raises(BootFileError, match="can't be read"):
        read(boot)
    boot.unlink()
    boot.mkdir()
    with pytest.raises(BootFileError, match="no plain file"):
        read(boot)


def test_a_file_from_another_system_is_read_too(boot: Path) -> None:
    boot.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    found = read_boot_file(boot, boot.with_name("scratch"))
    assert found is not None
    assert found.token == ONE_TIME
    assert wipe_token(boot)
    assert read(boot) is not None


def test_the_token_is_wiped_in_its_place(boot: Path) -> None:
    before = boot.stat()
    assert wipe_token(boot)
    after = boot.stat()
    assert (after.st_ino, after.st_size) == (before.st_ino, before.st_size)
    assert ONE_TIME.encode() not in boot.read_bytes()
    assert not wipe_token(boot)


def test_wiping_makes_no_new_file_of_it(boot: Path) -> None:
    before = read_boot_file(boot, boot.with_name("scratch"))
    wipe_token(boot)
    after = read_boot_file(boot, boot.with_name("scratch"))
    assert before is not None
    assert after is not None
    assert (before.digest, after.token) == (after.digest, "")
    boot.write_text(TEXT.replace("pool = 6", "pool = 7"))
    changed = read_boot_file(boot, boot.with_name("scratch"))
    assert changed is not None
    assert changed.digest != before.digest


def test_a_partition_that_cant_be_written_is_told(boot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("counterpoint.edge.boot_partition.os.pwrite", fails)
    with pytest.raises(StorageError, match="make the boot partition writable"):
        wipe_token(boot)
