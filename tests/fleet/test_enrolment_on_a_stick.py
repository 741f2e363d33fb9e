"""The company's own authority: openssl signs the request that a device wrote on a stick."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from counterpoint.app.enrol import install_certificate, write_request
from counterpoint.edge import enrolment_proof
from counterpoint.edge.enrolment_proof import prove
from counterpoint.errors import EnrolmentRefused
from enrolment_site import Box

ROOT = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30"

pytestmark = pytest.mark.real


@pytest.fixture
def company(tmp_path: Path) -> Path:
    folder = tmp_path / "company"
    folder.mkdir()
    openssl(
        folder,
        f"{ROOT} -keyout root.key -out root.pem -subj /CN=Company",
    )
    openssl(folder, "req -newkey rsa:2048 -nodes -keyout issuing.key -out issuing.csr -subj /CN=Issuing")
    (folder / "ca.ext").write_text(
        "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n"
    )
    (folder / "client.ext").write_text("basicConstraints=critical,CA:FALSE\nextendedKeyUsage=clientAuth\n")
    (folder / "server.ext").write_text("basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n")
    openssl(
        folder,
        "x509 -req -in issuing.csr -CA root.pem -CAkey root.key -CAcreateserial -out issuing.pem -extfile ca.ext",
    )
    return folder


def openssl(folder: Path, words: str) -> None:
    subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)


def sign(company: Path, use: str = "client", days: int = 30) -> Path:
    openssl(
        company,
        "x509 -req -in request.pem -CA issuing.pem -CAkey issuing.key -CAcreateserial -out leaf.pem"
        f" -days {days} -extfile {use}.ext",
    )
    (company / "device.pem").write_bytes((company / "leaf.pem").read_bytes() + (company / "issuing.pem").read_bytes())
    return company / "device.pem"


def test_the_companys_own_authority_signs_a_request_on_a_stick(company: Path, tmp_path: Path) -> None:
    box = own_settings(tmp_path)
    assert write_request(box.order(), company / "request.pem") == 0
    assert "PRIVATE" not in (company / "request.pem").read_text()
    assert install_certificate(box.order(), sign(company), company / "root.pem") == 0
    name = box.id
    assert write_request(box.order(), company / "request.pem") == 0  # a renewal keeps the name
    assert install_certificate(box.order(), sign(company), company / "root.pem") == 0
    assert box.id == name
    prove(box.certificate, box.key, box.ca)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ("another device's", "not for a key of this device"),
        ("ended", "expired"),
        ("a server's", "purpose"),
        ("without its chain", "issuer"),
        ("another authority", "issuer|certificate in certificate chain"),
        ("half a file", "no certificate in PEM form"),
    ],
)
def test_a_certificate_that_a_broker_would_refuse_replaces_nothing(
    company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, match: str
) -> None:
    monkeypatch.setattr(enrolment_proof, "clock_is_set", lambda: True)
    box = own_settings(tmp_path)
    write_request(box.order(), company / "request.pem")
    install_certificate(box.order(), sign(company), company / "root.pem")
    kept = {name: content for name, content in box.files().items() if not name.endswith((".tried", ".next"))}
    write_request(box.order(), company / "request.pem")
    authority = company / "root.pem"
    if wrong == "another device's":
        write_request(own_settings(tmp_path / "other").order(), company / "request.pem")
    certificate = sign(company, "server" if wrong == "a server's" else "client", 0 if wrong == "ended" else 30)
    if wrong == "ended":
        time.sleep(1.1)
    if wrong == "without its chain":
        certificate = company / "leaf.pem"
    if wrong == "half a file":
        certificate.write_bytes(certificate.read_bytes()[:300])
    if wrong == "another authority":
        openssl(
            company,
            f"{ROOT} -keyout x.key -out x.pem -subj /CN=Other",
        )
        authority = company / "x.pem"
    with pytest.raises(EnrolmentRefused, match=match):
        install_certificate(box.order(), certificate, authority)
    assert {name: content for name, content in box.files().items() if not name.endswith((".tried", ".next"))} == kept


def own_settings(tmp_path: Path) -> Box:
    box = Box(tmp_path / "own")
    box.settings.write_text(
        f'[broker]\nhost = "localhost"\nca_file = "{box.ca}"\n'
        f'certificate_file = "{box.certificate}"\nkey_file = "{box.key}"\n'
    )
    return box
