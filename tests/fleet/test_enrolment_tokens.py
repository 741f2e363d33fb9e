"""A list of machines in; tokens and boot files out."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterpoint.errors import UsageError
from counterpoint.fleet.enrolment.tokens import Machine, make_ticket, read_machines, write_boot_files, write_list


def test_a_list_is_read(tmp_path: Path) -> None:
    path = tmp_path / "assets.csv"
    path.write_text("\ufeffsite,asset_tag,note\r\nhall-3, PC 1042 ,by the door\r\nhall-4,PC-1043,\r\n")
    assert read_machines(path) == [Machine("PC 1042", "hall-3"), Machine("PC-1043", "hall-4")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column asset_tag and site"),
        ("asset_tag\nPC-1\n", "no column site"),
        ("asset_tag,site\n", "no machine in it"),
        ("asset_tag,site\nPC-1,hall-3\nPC-1,hall-4\n", "stands there twice"),
        ("asset_tag,site\n,hall-3\n", ":2: '' is no asset tag"),
        ("asset_tag,site\n../x,hall-3\n", ":2: '../x' is no asset tag"),
        ("asset_tag,site\n=1+1,hall-3\n", ":2: '=1\\+1' is no asset tag"),
        ("asset_tag,site\n-PC,hall-3\n", ":2: '-PC' is no asset tag"),
        ("asset_tag,site\nPC-1,Hall 3\n", ":2: 'Hall 3' is no site code"),
        ("asset_tag,site\nPC-1\n", ":2: '' is no site code"),
        ("asset_tag,site\nPC\x00,hall-3\n", "no asset tag|can't be read"),
    ],
)
def test_what_is_wrong_in_a_list_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "assets.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        read_machines(path)


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "assets.xlsx").write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(UsageError, match="save it as UTF-8"):
        read_machines(tmp_path / "assets.xlsx")


def test_a_token_is_long_random_and_kept_as_its_digest() -> None:
    tickets = [make_ticket(Machine("PC-1", "hall-3")) for _ in range(100)]
    assert len({ticket.token for ticket in tickets}) == 100
    assert all(len(ticket.token) == 32 and ticket.token not in ticket.digest for ticket in tickets)


def test_no_token_is_a_formula_to_a_spreadsheet(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["-" + "a" * 31, "_" + "b" * 31, "c" * 32])
    monkeypatch.setattr("counterpoint.fleet.enrolment.tokens.secrets.token_urlsafe", lambda _: next(drawn))
    assert make_ticket(Machine("PC-1", "hall-3")).token == "c" * 32


def test_tokens_are_written_for_their_maker_alone(tmp_path: Path) -> None:
    path = tmp_path / "tokens.csv"
    ticket = make_ticket(Machine("PC-1", "hall-3"))
    write_list([ticket], path)
    assert path.read_text() == f"asset_tag,site,token\nPC-1,hall-3,{ticket.token}\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_template_without_marks_is_refused(tmp_path: Path) -> None:
    template = tmp_path / "counterpoint.toml"
    template.write_text('token = "@TOKEN@"\n')
    with pytest.raises(UsageError, match="no @SITE@ in it"):
        write_boot_files([make_ticket(Machine("PC-1", "hall-3"))], template, tmp_path / "out")
    assert not (tmp_path / "out").exists()
