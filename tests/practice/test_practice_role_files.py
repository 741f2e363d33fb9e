"""Roles on disk: a TOML file, a folder of audio beside it, and one line about whatever is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
from models.practice.speak_roles import DRAFT, is_a_draft

from counterpoint.errors import RoleError
from counterpoint.practice.role_files import BUNDLED, load_roles
from counterpoint.practice.roles import NEEDED

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RATE_HZ = 16_000
TOML = 'title = "T"\nsituation = "S"\n' + "".join(
    f'[[line]]\nid = "{when}"\nwhen = "{when}"\ntext = "Words."\n' for when in NEEDED
)


def tone(seconds: float) -> NDArray[np.float32]:
    return np.asarray(0.2 * np.sin(np.arange(round(seconds * RATE_HZ)) * 0.3), np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A role of one's own: two seconds a line, with a pause of a third of a second in the middle of its opening."""
    (tmp_path / "umbrella.toml").write_text(TOML)
    (tmp_path / "umbrella").mkdir()
    for when in NEEDED:
        soundfile.write(tmp_path / "umbrella" / f"{when}.wav", tone(2.0), RATE_HZ)
    opening = np.concatenate((tone(1.0), np.zeros(5333, np.float32), tone(0.8)))
    soundfile.write(tmp_path / "umbrella" / "opening.ogg", opening, RATE_HZ, format="OGG", subtype="OPUS")
    return tmp_path


def test_a_folder_of_ones_own_is_read_with_the_length_and_the_pauses_of_each_line(folder: Path) -> None:
    role = load_roles(folder)["umbrella"]
    assert role.role.title == "T"
    assert role.files["opening"].name == "opening.ogg"
    sounds = role.sounds()
    assert sounds["full"].length_s == 2.0
    assert sounds["full"].breaths_s == (0.0,)
    assert list(sounds["opening"].breaths_s) == pytest.approx([0.0, 1.33], abs=0.05)


def test_a_missing_line_is_named(folder: Path) -> None:
    (folder / "umbrella" / "hello.wav").unlink()
    with pytest.raises(RoleError, match=r"hello\.ogg is missing: record it"):
        load_roles(folder)


def test_a_file_that_is_no_audio_is_named(folder: Path) -> None:
    (folder / "umbrella" / "hello.wav").write_text("no audio")
    with pytest.raises(RoleError, match=r"hello\.wav is not audio"):
        load_roles(folder)


def test_a_line_that_nobody_would_listen_to_is_refused(folder: Path) -> None:
    soundfile.write(folder / "umbrella" / "hello.wav", tone(61), RATE_HZ)
    with pytest.raises(RoleError, match=r"lasts 61.0 s"):
        load_roles(folder)


def test_audio_that_goes_away_is_told(folder: Path) -> None:
    role = load_roles(folder)["umbrella"]
    (folder / "umbrella" / "hello.wav").unlink()
    with pytest.raises(RoleError, match="can't be read any more"):
        role.sounds()


@pytest.mark.parametrize("name", ["Umbrella.toml", "a role.toml", "-.toml"])
def test_a_role_has_a_plain_name(folder: Path, name: str) -> None:
    (folder / "umbrella.toml").rename(folder / name)
    with pytest.raises(RoleError, match="small letters, digits and hyphens"):
        load_roles(folder)


def test_a_folder_without_roles_is_told(tmp_path: Path) -> None:
    with pytest.raises(RoleError, match="holds no role"):
        load_roles(tmp_path)
    with pytest.raises(RoleError, match="holds no role"):
        load_roles(tmp_path / "nowhere")


def test_a_file_that_is_no_text_is_told(folder: Path) -> None:
    (folder / "umbrella.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RoleError, match="not UTF-8"):
        load_roles(folder)


def test_the_bundled_roles_are_whole_and_small() -> None:
    roles = load_roles()
    assert len(roles) == 10
    assert sum(path.stat().st_size for role in roles.values() for path in role.files.values()) < 4_000_000
    for role in roles.values():
        sounds = role.sounds()
        opening = sounds[role.role.said_when("opening")[0].id]
        assert 1.5 < opening.length_s < 25
    told = {file.resolve() for role in roles.values() for file in role.files.values()}
    assert {file.resolve() for file in BUNDLED.glob("*/*")} == told


def test_no_bundled_line_is_a_draft() -> None:
    """A draft is flite's voice, to try a role while it is written; what people practise with is spoken whole."""
    drafts = [path for role in load_roles().values() for path in role.files.values() if is_a_draft(path)]
    assert not drafts, f"models/practice/speak_roles.py speaks them: {', '.join(map(str, drafts))}"


def test_a_draft_is_known_by_the_comment_in_its_file(tmp_path: Path) -> None:
    draft, spoken = tmp_path / "draft.ogg", tmp_path / "spoken.ogg"
    soundfile.write(spoken, tone(1.0), RATE_HZ, format="OGG", subtype="OPUS")
    with soundfile.SoundFile(draft, "w", RATE_HZ, 1, format="OGG", subtype="OPUS") as file:
        file.comment = DRAFT
        file.write(tone(1.0))
    assert is_a_draft(draft)
    assert not is_a_draft(spoken)
