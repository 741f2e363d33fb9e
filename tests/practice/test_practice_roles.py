"""A role-play is a TOML file that a trainer can write: what it must hold, and what is said when it does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoint.errors import RoleError
from counterpoint.practice.role_files import BUNDLED
from counterpoint.practice.roles import NEEDED, read_role

HEAD = 'title = "A wet umbrella"\nsituation = "It was left here yesterday."\n'


def line(name: str, when: str, more: str = "") -> str:
    return f'[[line]]\nid = "{name}"\nwhen = "{when}"\ntext = "What is said."\n{more}\n'


ENOUGH = "".join(line(when.replace("_", "-"), when) for when in NEEDED)


def test_a_role_needs_six_kinds_of_lines_and_has_defaults_for_the_rest() -> None:
    role = read_role("umbrella", HEAD + ENOUGH)
    assert [entry.when for entry in role.lines] == list(NEEDED)
    assert (role.answers_after_s, role.gives_way_after_s) == (0.6, 0.8)


def test_a_line_finds_its_shorter_version() -> None:
    role = read_role("umbrella", HEAD + ENOUGH + line("brief", "shorter", 'of = "full"'))
    full = role.said_when("full")[0]
    shorter = role.shorter_of(full)
    assert shorter is not None
    assert shorter.id == "brief"
    assert role.shorter_of(shorter) is None


@pytest.mark.parametrize("missing", NEEDED)
def test_a_kind_that_is_missing_is_named(missing: str) -> None:
    lines = "".join(line(when.replace("_", "-"), when) for when in NEEDED if when != missing)
    with pytest.raises(RoleError, match=f'umbrella: no line with when = "{missing}": add one'):
        read_role("umbrella", HEAD + lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + ENOUGH + line("other", "opening"), "2 openings: keep one"),
        (HEAD + ENOUGH + line("full", "full"), '2 lines have the id "full": give each its own'),
        (HEAD + ENOUGH + line("brief", "shorter"), 'is shorter of "", which is no line'),
        (HEAD + ENOUGH + line("more", "full", 'of = "full"'), "take it out"),
        (HEAD + ENOUGH + line("Not A Name", "full"), "how to add a role"),
        (HEAD + ENOUGH + line("odd", "whenever"), "how to add a role"),
        (HEAD.replace("situation", "scene") + ENOUGH, "how to add a role"),
        ("gives_way_after_s = 60\n" + HEAD + ENOUGH, "how to add a role"),
        (HEAD + "[[line]\n", "no TOML"),
        (HEAD + "x = " + "[" * 3000, "no TOML|tables in tables"),
        ("#" * 200_000, "too long for a role"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(text: str, said: str) -> None:
    with pytest.raises(RoleError, match=said) as caught:
        read_role("umbrella", text)
    assert str(caught.value).startswith("umbrella: ")


@given(st.text(max_size=300))
def test_whatever_a_file_holds_it_is_a_role_or_a_role_error(text: str) -> None:
    with pytest.raises(RoleError):
        read_role("noise", text)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "id": st.sampled_from(["a", "b", "c", "d", "e", "f", "g"]),
                "when": st.sampled_from([*NEEDED, "shorter", "eased"]),
                "of": st.sampled_from(["", "a", "z"]),
            }
        ),
        max_size=9,
    )
)
def test_a_role_that_was_read_can_be_played(entries: list[dict[str, str]]) -> None:
    lines = "".join(line(entry["id"], entry["when"], f'of = "{entry["of"]}"' * bool(entry["of"])) for entry in entries)
    try:
        role = read_role("any", HEAD + lines)
    except RoleError:
        return
    assert len({entry.id for entry in role.lines}) == len(role.lines)
    assert all(role.said_when(when) for when in NEEDED)


@pytest.mark.parametrize("path", sorted(BUNDLED.glob("*.toml")), ids=lambda path: path.stem)
def test_each_bundled_role_has_something_to_say_to_everything(path: Path) -> None:
    role = read_role("bundled", path.read_text(encoding="utf-8"))
    assert 8 <= len(role.lines) <= 16
    assert len(role.said_when("full")) == 3
    assert role.shorter_of(role.said_when("opening")[0]) is not None
    for when in ("correct", "eased", "brushed_off"):
        assert len(role.said_when(when)) == 1
