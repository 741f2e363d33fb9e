"""The commands as people type them: what they print, and what they say when something is not right."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterpoint.app.cli import main
from counterpoint.edge import enrolment
from counterpoint.errors import EnrolmentUnreachable, StorageError
from enrolment_site import APPROVER, DUE, Box, Site


class Typed:
    """Commands of the fleet with one store."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys

    def __call__(self, *words: str | Path) -> tuple[int, str]:
        self._capsys.readouterr()
        code = main(["fleet", "enrolment", *map(str, words), "--store", str(self.folder / "store")])
        printed = self._capsys.readouterr()
        return code, printed.out + printed.err


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    return Typed(tmp_path, capsys)


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    path = tmp_path / "assets.csv"
    path.write_text("asset_tag,site\nPC-1,hall-3\n")
    return path


@pytest.mark.parametrize(
    "words",
    [["pending"], ["list"], ["approve", "--all", "--by", "ben"], ["revoke", "PC-1", "--by", "ben"], ["serve"]],
    ids=lambda words: words[0],
)
def test_before_init_each_command_says_what_to_do(typed: Typed, words: list[str]) -> None:
    code, said = typed(*words)
    assert (code, "counterpoint fleet enrolment init" in said) == (2, True)
    assert not (typed.folder / "store").exists()


def test_init_prints_the_fingerprint_and_is_done_once(typed: Typed) -> None:
    code, said = typed("init", "--host", "localhost")
    assert code == 0
    assert 'ca_sha256 = "' in said
    assert "not encrypted" in said
    assert (typed.folder / "store").stat().st_mode & 0o777 == 0o700
    code, said = typed("init", "--host", "localhost")
    assert (code, "there is an authority" in said) == (2, True)


def test_an_encrypted_authority_needs_its_passphrase(typed: Typed, tmp_path: Path) -> None:
    phrase = tmp_path / "phrase"
    phrase.write_text("\n")
    code, said = typed("init", "--host", "localhost", "--passphrase-file", phrase)
    assert (code, "is empty" in said) == (2, True)
    phrase.write_text("a long passphrase\n")
    assert typed("init", "--host", "localhost", "--passphrase-file", phrase)[0] == 0
    broker = ("broker", "--out", tmp_path / "broker", "--host", "localhost")
    code, said = typed(*broker)
    assert (code, "--passphrase-file" in said) == (2, True)
    assert typed(*broker, "--passphrase-file", phrase)[0] == 0
    code, said = typed(*broker, "--passphrase-file", tmp_path / "nothing")
    assert (code, "can't be read" in said) == (2, True)


def test_tokens_are_in_the_file_and_not_on_the_screen(typed: Typed, assets: Path, tmp_path: Path) -> None:
    typed("init", "--host", "localhost")
    code, said = typed("tokens", assets, "--by", "anna", "--out", tmp_path / "tokens.csv")
    token = (tmp_path / "tokens.csv").read_text().splitlines()[1].split(",")[2]
    assert code == 0
    assert token not in said
    assert token.encode() not in b"".join(path.read_bytes() for path in (tmp_path / "store").iterdir())


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["approve", "--by", "ben"], "name the devices"),
        (["approve", "PC-1", "--all", "--by", "ben"], "one of the two"),
        (["approve", "PC-1", "--by", "ben"], "no device 'PC-1' here"),
        (["revoke", "PC-1", "--by", " "], "an operator's name"),
    ],
)
def test_an_order_that_cant_be_carried_out_says_why(typed: Typed, words: list[str], remedy: str) -> None:
    typed("init", "--host", "localhost")
    code, said = typed(*words)
    assert (code, remedy in said) == (2, True)


def test_without_the_extra_serve_says_what_to_install(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    typed("init", "--host", "localhost")
    monkeypatch.setitem(sys.modules, "counterpoint.fleet.enrolment.service", None)
    monkeypatch.delattr("counterpoint.fleet.enrolment.service", raising=False)
    code, said = typed("serve")
    assert (code, "device/set-up fleet" in said) == (2, True)


# --- the device's side ---


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path / "site") as site:
        yield site


def test_without_token_and_certificate_the_boot_service_has_nothing_to_do(tmp_path: Path) -> None:
    box = Box(tmp_path / "box")
    words = ["--settings", str(box.settings), "--boot-file", str(box.boot_file)]
    box.settings.write_text(f'[broker]\ncertificate_file = "{box.certificate}"\nkey_file = "{box.key}"\n')
    assert main(["enrol", "--if-needed", *words]) == 0
    assert main(["enrol", "--once", *words]) == 2
    assert main(["enrol", "--renew", *words]) == 2


def test_a_certificate_without_its_authority_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["enrol", "--certificate", "device.pem"]) == 2
    assert "belong together" in capsys.readouterr().err


@pytest.mark.real
def test_a_half_written_boot_file_is_told_and_takes_nothing_away(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    box = site.enrolled("PC-1")
    kept = box.files()
    box.boot_file.write_bytes(box.boot_file.read_bytes()[:200])
    assert box.enrol(if_needed=True) == 0
    assert box.enrol() == 2
    assert box.files() == kept
    assert "nothing of it is taken, the device goes on with what it has" in capsys.readouterr().err


@pytest.mark.real
def test_a_changed_boot_file_is_taken_once_and_changes_by_hand_then_stay(site: Site) -> None:
    box = site.enrolled("PC-1")
    box.boot_file.write_text(box.boot_file.read_text().replace("[broker]", "[privacy]\npool = 8\n[broker]"))
    assert box.enrol() == 0
    assert "pool = 8" in box.settings.read_text()
    box.settings.write_text(box.settings.read_text().replace("pool = 8", "pool = 9"))
    assert box.enrol() == 0
    assert "pool = 9" in box.settings.read_text()


@pytest.mark.real
def test_a_boot_partition_that_cant_be_written_is_told_and_no_reason_to_enrol_again(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_: Path) -> bool:
        raise StorageError("the used token can't be wiped: make the boot partition writable")

    monkeypatch.setattr(enrolment, "wipe_token", fails)
    box = site.device("PC-1")
    with pytest.raises(EnrolmentUnreachable):
        box.enrol()
    site.office.approve(["PC-1"], APPROVER)
    site.desk._days = DUE
    assert box.enrol(if_needed=True) == 0
    serial = box.serial
    assert box.enrol(if_needed=True) == 0  # it renews, and never takes the spent token for a new one
    assert box.serial != serial
    assert "can't be wiped" in capsys.readouterr().err
    assert site.alarms() == []


@pytest.mark.real
def test_a_site_that_is_another_in_the_fleet_is_told(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    box = Box(site.devices / "PC-1")
    box.write_boot_file(site, site.tokens("PC-1", site="hall-4")[0], "hall-3")
    with pytest.raises(EnrolmentUnreachable):
        box.enrol()
    site.office.approve(["PC-1"], APPROVER)
    assert box.enrol() == 0
    assert "the fleet has this device at site 'hall-4', the settings say 'hall-3'" in capsys.readouterr().err


@pytest.mark.real
def test_a_renewal_that_can_wait_holds_up_no_boot(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    box = site.enrolled("PC-1", days=DUE)
    site.stop()
    assert box.enrol(patience_s=75, if_needed=True) == 0
    assert "the certificate is good meanwhile" in capsys.readouterr().err
    with pytest.raises(EnrolmentUnreachable):
        box.enrol(renewal_only=True)
