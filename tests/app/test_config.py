"""`config check` and `config show`."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterpoint.app.config import config_check, config_show
from counterpoint.edge.settings_file import load_settings
from counterpoint.errors import SettingsError
from counterpoint.settings import Settings


def test_a_file_that_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.toml"
    path.write_text("[privacy]\npool = 2\n")
    assert config_check(path) == 0
    out = capsys.readouterr().out
    assert f"{path}: fine" in out
    assert "note: privacy.pool = 2: nothing is published" in out


@pytest.mark.parametrize(
    ("text", "told"), [("[privacy]\nk = 12\n", True), ("", True), ("[privacy]\npool = 5\n", False)]
)
def test_a_pool_that_is_not_set_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, *, told: bool
) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text)
    assert config_check(path) == 0
    note = "note: privacy.pool is not set: taken as 5; set it to how many people take turns at this desk"
    assert (note in capsys.readouterr().out) is told


def test_each_mistake_is_a_line_and_the_exit_code_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.toml"
    path.write_text("[privacy]\nk = 1\npool = 0\n")
    assert config_check(path) == 2
    assert [line.split(":")[2] for line in capsys.readouterr().err.splitlines()] == ["2", "3"]


def test_what_is_shown_says_unit_range_and_default(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.toml"
    path.write_text("[nudge]\nhold_s = 0.8\n")
    assert config_show(path) == 0
    shown = capsys.readouterr().out.splitlines()
    assert any(
        line.startswith("hold_s = 0.8 ") and line.endswith("# a number above 0, up to 3600 (seconds); default 0.7")
        for line in shown
    )


def test_show_of_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        config_show(tmp_path / "none.toml")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    k=st.integers(5, 1000),
    hold_s=st.floats(0.3, 100),
    mute_pin=st.one_of(st.none(), st.integers(25, 27)),
    device=st.text(st.characters(categories=["L", "P", "S"]), max_size=20),
)
def test_what_is_shown_is_a_settings_file_of_the_same_settings(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    k: int,
    hold_s: float,
    mute_pin: int | None,
    device: str,
) -> None:
    path = tmp_path / "a.toml"
    mute = "" if mute_pin is None else f"mute_pin = {mute_pin}"
    quoted = device.replace("\\", "\\\\").replace('"', '\\"')
    path.write_text(
        f'[array]\ndevice = "{quoted}"\n[privacy]\nk = {k}\n[nudge]\nhold_s = {hold_s!r}\n[button]\n{mute}\n',
        encoding="utf-8",
    )
    before = load_settings(path)
    config_show(path)
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    assert load_settings(path) == before


def test_the_defaults_are_shown_where_nothing_is_installed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "counterpoint.toml"
    monkeypatch.setattr("counterpoint.app.config.SETTINGS_FILE", installed)
    assert config_show(installed) == 0
    installed.write_text(capsys.readouterr().out)
    assert load_settings(installed) == Settings()


def test_check_where_nothing_is_installed_says_what_works(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "counterpoint.toml"
    monkeypatch.setattr("counterpoint.app.config.SETTINGS_FILE", installed)
    assert config_check(installed) == 2
    assert "counterpoint config check site.toml" in capsys.readouterr().err
