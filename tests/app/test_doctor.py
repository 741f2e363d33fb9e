"""What `doctor` prints, and its exit code."""

from __future__ import annotations

import io
import json
import sys
from functools import partial
from pathlib import Path

import pytest

from counterpoint.app import doctor as module
from counterpoint.app.doctor import doctor, doctor_of_file
from counterpoint.care.checks import Check
from counterpoint.edge.examine import LOOKS, Look
from counterpoint.settings import Settings

FINE = Check("clock", "ok", "set")
DOUBT = Check("broker", "warn", "none is set", "set broker.host")
BROKEN = Check("pins", "fail", "no pins", "use a Pi")


def looks(*checks: Check, takes_s: float = 0.0) -> list[Look]:
    return [Look("things", takes_s, lambda _settings: list(checks))]


def test_each_check_is_a_line_and_what_is_not_fine_has_its_remedy_below(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor(Settings(), as_json=False, looks=looks(FINE, DOUBT, BROKEN)) == 1
    assert capsys.readouterr().out.splitlines() == [
        "ok    clock       set",
        "warn  broker      none is set",
        "                  -> set broker.host",
        "FAIL  pins        no pins",
        "                  -> use a Pi",
        "",
        "3 checks, 1 to mend",
    ]


def test_a_doubt_is_nothing_to_mend(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor(Settings(), as_json=False, looks=looks(FINE, DOUBT)) == 0
    assert "0 to mend" in capsys.readouterr().out


def test_json_is_one_object_with_the_same_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor(Settings(), as_json=True, looks=looks(FINE, BROKEN)) == 1
    assert json.loads(capsys.readouterr().out) == {
        "ok": False,
        "checks": [
            {"name": "clock", "state": "ok", "what": "set", "remedy": ""},
            {"name": "pins", "state": "fail", "what": "no pins", "remedy": "use a Pi"},
        ],
    }


class Terminal(io.StringIO):
    """A stream that believes to be a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_slow_look_says_so_on_a_terminal_and_wipes_it_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    doctor(Settings(), as_json=True, looks=looks(FINE, takes_s=6.0))
    assert "looking at things, up to 6 s" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_everything_of_the_contract_is_looked_at() -> None:
    looked_at = {look.at for look in LOOKS}
    assert {
        "the microphone",
        "the talk-over model",
        "the recogniser",
        "the array",
        "the pins and the light",
        "heat and power",
        "the services",
        "the clock",
        "the broker",
    } <= looked_at


def test_a_settings_file_that_can_not_be_used_is_a_check_like_any_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wrong.toml").write_text("[privacy]\npool = 0\n")
    assert doctor_of_file(tmp_path / "wrong.toml", is_named=True, as_json=True) == 1
    (check,) = json.loads(capsys.readouterr().out)["checks"]
    assert (check["name"], check["state"]) == ("settings", "fail")
    assert "wrong.toml:2" in check["what"]
    assert "counterpoint config check" in check["remedy"]
    assert doctor_of_file(tmp_path / "none.toml", is_named=True, as_json=True) == 1


def test_what_only_people_know_and_the_file_leaves_out_is_a_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "doctor", partial(doctor, looks=[]))
    (tmp_path / "site.toml").write_text("")
    assert doctor_of_file(tmp_path / "site.toml", is_named=True, as_json=False) == 0
    assert "privacy.pool is not set" in capsys.readouterr().out
    (tmp_path / "site.toml").write_text("[privacy]\npool = 6\n")
    doctor_of_file(tmp_path / "site.toml", is_named=True, as_json=False)
    assert "ok    settings" in capsys.readouterr().out
    doctor_of_file(tmp_path / "none.toml", is_named=False, as_json=False)
    assert "no file, all defaults" in capsys.readouterr().out
