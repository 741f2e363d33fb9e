"""`counterpoint fleet account`: what may be typed, what is printed, and that no password is on a command line."""

from __future__ import annotations

import io
import re
import shlex
from pathlib import Path

import pytest

from counterpoint.app.cli import main
from counterpoint.fleet.access.passwords import Passwords
from counterpoint.fleet.store.opening import open_store
from counterpoint.fleet.store.rows import Account, AuditLine

GOOD = "three quiet herons at noon"


class Typed(io.StringIO):
    """Standard input that is no terminal."""


def account(store: Path, *words: str) -> int:
    return main(["fleet", "account", words[0], "--store", str(store), *words[1:]])


def accounts(store: Path) -> dict[str, Account]:
    opened = open_store(str(store))
    with opened.reading() as reading:
        found = {one.name: one for one in reading.access.accounts()}
    opened.close()
    return found


def log(store: Path) -> list[AuditLine]:
    opened = open_store(str(store))
    with opened.reading() as reading:
        found = reading.access.audit(100)
    opened.close()
    return found


def types(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", Typed(text))


def test_a_site_that_is_not_in_the_store_yet_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    types(monkeypatch, f"{GOOD}\n")
    assert account(tmp_path / "fleet.db", "add", "ida", "--role", "manager", "--site", "nroth") == 0
    assert "Not in the store yet: nroth." in capsys.readouterr().out


def test_an_account_with_a_password_from_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "fleet.db"
    types(monkeypatch, f"{GOOD}\n")
    assert account(store, "add", "Ida", "--role", "it", "--role", "manager", "--site", "north") == 0
    ida = accounts(store)["ida"]
    assert (ida.roles, ida.sites) == (frozenset({"it", "manager"}), frozenset({"north"}))
    assert Passwords().fits(ida.password_hash, GOOD)
    assert ida.password_hash.startswith("$argon2id$v=19$m=32768,t=3,p=1$")
    assert GOOD not in capsys.readouterr().out
    assert [(line.who, line.what) for line in log(store)] == [("command line", "account.added")]


def test_a_link_in_place_of_a_password(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = tmp_path / "fleet.db"
    assert account(store, "add", "anna", "--role", "manager", "--link") == 0
    assert "http://127.0.0.1:8080/invitation/" in capsys.readouterr().out
    assert accounts(store)["anna"].password_hash == ""
    assert account(store, "link", "anna") == 0
    assert account(store, "list") == 0
    assert "anna: manager; every site; has not chosen a password yet" in capsys.readouterr().out


def test_roles_password_and_removal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "fleet.db"
    account(store, "add", "anna", "--role", "manager", "--link")
    assert account(store, "roles", "anna", "--role", "auditor") == 0
    assert accounts(store)["anna"].roles == {"auditor"}
    types(monkeypatch, f"{GOOD}\n")
    assert account(store, "password", "anna") == 0
    assert Passwords().fits(accounts(store)["anna"].password_hash, GOOD)
    assert account(store, "remove", "anna") == 0
    assert accounts(store) == {}
    capsys.readouterr()
    assert account(store, "list") == 0
    assert "No account yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (("add", "anna ben", "--role", "it"), GOOD, "That is no name"),
        (("add", "anna", "--role", "it"), "short", "too short"),
        (("add", "anna", "--role", "it"), "", "too short"),
        (("add", "anna", "--role", "it"), "anna anna anna", "too easy"),
        (("add", "anna", "--role", "manager", "--site", "All!"), GOOD, "no code of a site"),
        (("password", "nobody"), GOOD, "no account of that name"),
        (("link", "nobody"), "", "no account of that name"),
        (("roles", "nobody", "--role", "it"), "", "no account of that name"),
        (("remove", "nobody"), "", "no account of that name"),
    ],
)
def test_what_can_not_be_is_told_and_nothing_changes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    typed: str,
    said: str,
) -> None:
    types(monkeypatch, typed)
    assert account(tmp_path / "fleet.db", *words) == 2
    assert said in capsys.readouterr().err
    assert accounts(tmp_path / "fleet.db") == {}


def test_two_of_a_name_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = tmp_path / "fleet.db"
    assert account(store, "add", "anna", "--role", "manager", "--link") == 0
    assert account(store, "add", "anna", "--role", "it", "--link") == 2
    assert "already" in capsys.readouterr().err
    assert accounts(store)["anna"].roles == {"manager"}


def of_the_page() -> list[str]:
    page = (Path(__file__).parents[3] / "device/docs/fleet-accounts.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    return [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]


def test_every_command_of_the_page_works_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = of_the_page()
    assert lines
    for line in lines:
        types(monkeypatch, f"{GOOD}\n")
        assert main([*shlex.split(line)[1:], "--store", str(tmp_path / "fleet.db")]) == 0, line
    assert set(accounts(tmp_path / "fleet.db")) == {"anna@example.org", "ida"}
