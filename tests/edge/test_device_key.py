"""The device's key: made here, readable by few, and never in a request."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cryptography import x509

from counterpoint.edge.device_key import fingerprint, key_fingerprint, make_key, make_request
from counterpoint.errors import EnrolmentRefused, StorageError


def test_a_key_is_on_p256_and_not_for_everybody(tmp_path: Path) -> None:
    path = tmp_path / "device.key"
    assert make_key(path) == key_fingerprint(path)
    assert path.stat().st_mode & 0o777 in {0o600, 0o640}
    text = subprocess.run(
        ["openssl", "pkey", "-in", path, "-noout", "-text"], capture_output=True, text=True, check=True
    )
    assert "P-256" in text.stdout


def test_each_key_is_another(tmp_path: Path) -> None:
    assert make_key(tmp_path / "one") != make_key(tmp_path / "two")


def test_a_request_is_signed_by_the_key_and_holds_only_its_public_half(tmp_path: Path) -> None:
    key = tmp_path / "device.key"
    make_key(key)
    request = x509.load_pem_x509_csr(make_request(key, "a1b2").encode())
    assert request.is_signature_valid
    assert fingerprint(request.public_key()) == key_fingerprint(key)
    assert request.subject.rfc4514_string() == "CN=a1b2"


def test_what_is_no_key_is_none(tmp_path: Path) -> None:
    path = tmp_path / "device.key"
    assert key_fingerprint(path) is None
    make_key(path)
    path.write_bytes(path.read_bytes()[:100])
    assert key_fingerprint(path) is None
    with pytest.raises(EnrolmentRefused, match="delete it"):
        make_request(path, "any")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cant_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="run this as root"):
        make_key(tmp_path / "device.key")


def test_a_missing_folder_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="can't be written"):
        make_key(tmp_path / "nothing" / "device.key")
    assert list(tmp_path.iterdir()) == []
