"""A settings file: read, or told what is wrong in it with line, problem and remedy."""

from __future__ import annotations

import os
import zoneinfo
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterpoint.care.mistakes import setting_fields
from counterpoint.edge.settings_file import line_of, load_settings, read_settings
from counterpoint.errors import SettingsError
from counterpoint.settings import Settings


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "counterpoint.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def told(folder: Path, content: str | bytes) -> str:
    path = write(folder, content)
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    message = str(caught.value)
    assert "\n" not in message
    return message.replace(str(path), "FILE")


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load_settings(write(tmp_path, "")) == Settings()


def test_what_is_written_is_what_is_in_force(tmp_path: Path) -> None:
    tree = load_settings(write(tmp_path, "[privacy]\nk = 12\n[button]\nmute_pin = 27\n"))
    assert (tree.privacy.k, tree.button.mute_pin, tree.privacy.pool) == (12, 27, 5)


def test_a_file_from_a_windows_editor_is_fine(tmp_path: Path) -> None:
    assert load_settings(write(tmp_path, b"\xef\xbb\xbf[privacy]\r\nk = 12\r\n")).privacy.k == 12


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "[nudge]\ntokens = 6\nhold_s = 7200\n",
            "FILE:3: nudge.hold_s: 7200 can't be used; give a number above 0, up to 3600 (seconds)",
        ),
        ("[nudge]\nhold = 1\n", "FILE:2: nudge.hold: there is no such key; did you mean 'hold_s'?"),
        ("[nudges]\nhold_s = 1\n", "FILE:1: nudges: there is no such table; did you mean 'nudge'?"),
        ("k = 12\n", "FILE:1: k: there is no such table; take it out; there are site, array"),
        ("privacy.k = 3", "FILE:1: privacy.k: 3 can't be used; give a whole number from 5 to 1000: fewer visits could"),
        ("privacy = {k = 3}", "FILE:1: privacy.k: 3 can't be used"),
        (
            '[broker]\ntransport = "udp"',
            'FILE:2: broker.transport: "udp" can\'t be used; give one of "tcp", "websockets"',
        ),
        (
            '[network]\nproxy_host = "http://proxy.example:3128"',
            'FILE:2: network.proxy_host: "http://proxy.example:3128" can\'t be used; give "a name or address alone"',
        ),
        (
            "[network]\nproxy_port = 0",
            "FILE:2: network.proxy_port: 0 can't be used; give a whole number from 1 to 65535",
        ),
        ('[broker]\npath = "mqtt"', 'FILE:2: broker.path: "mqtt" can\'t be used; give "a path that begins with /"'),
        ('[words]\nenabled = "yes"', 'FILE:2: words.enabled: "yes" can\'t be used; give true or false'),
        ("[broker]\nhealth_minutes = 0.0001", "FILE:2: broker.health_minutes: "),
        ("[site]\ncode = 'Böhm & Sons'", "FILE:2: site.code: "),
        ("[site]\ncode = 2020-01-01", "FILE:2: site.code: a date can't be used"),
        ('[site]\ncode = "abc\\n"', "FILE:2: site.code: has a line break"),
        ('[site]\ntimezone = "Vienna"', 'FILE:2: site.timezone: "Vienna" is no time zone; give an IANA name'),
        ('[site]\ntimezone = "Europe"', 'FILE:2: site.timezone: "Europe" is no time zone'),
        ('[site]\ntimezone = "../etc/passwd"', "FILE:2: site.timezone: "),
        ("[array]\nagent_deg = 170", "FILE:1: array.customer_deg: the customer at 180 and the agent at 170"),
        ("[array]\nagent_deg = nan", "FILE:2: array.agent_deg: nan can't be used"),
        ("[light]\namber_pin = 17", "FILE: button.pin: GPIO 17 is also light.amber_pin"),
        (
            '[light]\nkind = "disco"',
            (
                'FILE:2: light.kind: there is no light "disco"; choose one of'
                " none, pins, rgb, terminal, usb_v2_ring, xvf3800_ring"
            ),
        ),
        ("privacy = 3", "FILE:1: privacy: 3 is no table; write it as [privacy]"),
        ("[nudge]\nhold_s 1", "FILE:2: not TOML: "),
        ("[nudge]\n\nhold_s = [", "FILE:3: not TOML: "),
        ("a = " + "[" * 5000, "FILE: nested far too deeply"),
        ("a = " + "1" * 5000, "FILE:1: not TOML: "),
        (b"[site]\ncode = '\xff'", "FILE:2: not UTF-8; save the file as UTF-8"),
        ("#" * 1_000_001, "FILE: larger than 1 MB"),
    ],
)
def test_every_mistake_names_the_line_the_problem_and_the_remedy(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    assert told(tmp_path, content).startswith(message)


def test_all_mistakes_are_found_at_once_and_the_first_says_how_many_more(tmp_path: Path) -> None:
    content = "[nudge]\nhold = 1\ntokens = 0\n[privacy]\nk = 1\n"
    assert [problem.split(": ")[1] for problem in read_settings(write(tmp_path, content)).problems] == [
        "nudge.hold",
        "nudge.tokens",
        "privacy.k",
    ]
    assert "(and 2 more: counterpoint config check" in told(tmp_path, content)


def test_a_missing_file_a_folder_and_an_impossible_path_say_so(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path / "none.toml", "no such file"),
        (tmp_path, "a folder"),
        (tmp_path / "none.toml" / "x", "no such file"),
        (Path("a\0b"), "can't be read"),
    ):
        with pytest.raises(SettingsError, match=message):
            load_settings(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    path.chmod(0)
    with pytest.raises(SettingsError, match="check the path and its rights"):
        load_settings(path)


def test_a_machine_without_time_zones_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> None:
        raise zoneinfo.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(zoneinfo, "ZoneInfo", none)
    monkeypatch.setattr(zoneinfo, "available_timezones", set[str])
    assert told(tmp_path, "").endswith("there is no time zone database on this machine; apt install tzdata")


def test_the_line_of_a_key_is_found_however_it_is_written() -> None:
    text = '# a\n[ nudge ]\n"hold_s" = 1\n\n[light]\nramp_s=2\n'
    assert line_of(text, "nudge.hold_s") == 3
    assert line_of(text, "light.ramp_s") == 6
    assert line_of(text, "light.kind") == 5
    assert line_of(text, "broker.host") is None


tables = st.sampled_from([*setting_fields(), "x", '"a b"', "nudge.hold_s"])
keys = st.sampled_from([*(key for fields in setting_fields().values() for key in fields), "x.y", '""'])
values = st.one_of(
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(
        ["true", "''", '"UTC"', "[1, [2]]", "{a = 1}", "2020-01-01", "1e999", "nan", "[", "0x", '"\\u0000"']
    ),
    st.text(max_size=8),
)
lines = st.one_of(tables.map("[{}]".format), st.tuples(keys, values).map(" = ".join), st.text(max_size=12))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.lists(lines, max_size=12).map("\n".join).map(str.encode), st.binary(max_size=60)))
def test_any_file_gives_settings_or_one_line(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path, content)
    reading = read_settings(path)
    assert isinstance(reading.settings, Settings) != bool(reading.problems)
    for problem in reading.problems:
        assert problem.startswith(str(path))
        assert len(problem.splitlines()) == 1
