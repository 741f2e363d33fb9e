"""Which keys a device obeys."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from commands_made import FIRST, SECOND, STRANGER, trust
from counterpoint.edge.signatures import key_id, load_command_keys, verifier


def test_a_key_is_named_by_its_raw_bytes() -> None:
    assert len(key_id(FIRST.public_key())) == 16
    assert key_id(FIRST.public_key()) != key_id(SECOND.public_key())


def test_only_the_keys_of_the_folder_count(tmp_path: Path) -> None:
    trust(tmp_path, FIRST, SECOND)
    verify = verifier(load_command_keys(tmp_path, print))
    assert verify is not None
    for key, expected in ((FIRST, True), (SECOND, True), (STRANGER, False)):
        name, signature = key_id(key.public_key()), b64encode(key.sign(b"body")).decode()
        assert verify(name, signature, b"body") is expected
        assert not verify(name, signature, b"another body")
        assert not verify(key_id(FIRST.public_key()), b64encode(STRANGER.sign(b"body")).decode(), b"body")
        assert not verify(name, "no base64 !", b"body")


def test_one_key_in_two_files_is_one_key(tmp_path: Path) -> None:
    trust(tmp_path, FIRST, FIRST)
    assert list(load_command_keys(tmp_path, print)) == [key_id(FIRST.public_key())]


def test_what_is_no_key_is_left_out_and_told(tmp_path: Path) -> None:
    trust(tmp_path, FIRST)
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    (tmp_path / "other.pub").write_bytes(other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "garbage.pub").write_bytes(b"\x00 garbage")
    (tmp_path / "link.pub").symlink_to(tmp_path / "key-0.pub")
    (tmp_path / "notes.txt").write_text("not looked at")
    for path in tmp_path.glob("*.pub"):
        if not path.is_symlink():
            path.chmod(0o644)
    said: list[str] = []
    assert len(load_command_keys(tmp_path, said.append)) == 1
    assert len(said) == 3


def test_a_folder_that_others_can_write_holds_no_keys(tmp_path: Path) -> None:
    trust(tmp_path, FIRST)
    tmp_path.chmod(0o777)
    said: list[str] = []
    assert load_command_keys(tmp_path, said.append) == {}
    assert "chmod go-w" in said[0]


def test_no_folder_is_no_key(tmp_path: Path) -> None:
    assert verifier(load_command_keys(tmp_path / "missing", print)) is None
