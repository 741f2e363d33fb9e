"""Versions in their order, and the paths of a release."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands_made import FILES, manifest
from counterpoint.care.releases import bytes_needed, decode_manifest, is_inside, is_offered, newer
from counterpoint.errors import MessageError
from counterpoint.messages.commands import ReleaseOffer

VERSIONS = st.lists(st.integers(0, 99_999), min_size=1, max_size=4).map(lambda each: ".".join(map(str, each)))


def test_versions_count_by_their_numbers() -> None:
    assert newer("0.10.0", "0.9.9")
    assert newer("1", "0.99")
    assert newer("0.2.0", "0.1.0.dev3")
    assert not newer("1.0", "1")
    assert not newer("0.1.0", "0.1.0")


@given(VERSIONS, VERSIONS)
def test_of_two_versions_one_at_most_is_newer(one: str, other: str) -> None:
    assert not (newer(one, other) and newer(other, one))


@pytest.mark.parametrize(
    "path", ["counterpoint/app/cli.py", "a", "x-1.2.dist-info/RECORD", "site/lib.so.1", ".dir/x", "_a/__b.py"]
)
def test_paths_that_stay_inside(path: str) -> None:
    assert is_inside(path)


ODD = "../x", "a/../b", "a/..", "a//b", "a/", "./a", ".", "..", "a\\b", "a\nb", "a b", "-rf", "a/\x00", "ä"


@pytest.mark.parametrize("path", ["", "/etc/passwd", *ODD, "/".join("a" * 17)])
def test_paths_that_lead_out_or_are_odd(path: str) -> None:
    assert not is_inside(path)


@given(st.text(max_size=40))
def test_no_path_leads_out(path: str) -> None:
    assert not is_inside(path) or (not path.startswith("/") and ".." not in path.split("/"))


def test_a_manifest_is_read_whole_or_not_at_all() -> None:
    assert set(decode_manifest(manifest()).files) == set(FILES)
    written = json.loads(manifest())
    leads_out = {"../x": "0" * 64}
    for wrong in ({**written, "also": 1}, {**written, "files": {}}, {**written, "files": leads_out}, "a word"):
        with pytest.raises(MessageError, match=r"release\.json"):
            decode_manifest(json.dumps(wrong).encode())


def test_the_release_is_the_one_that_was_signed_for() -> None:
    offered = ReleaseOffer(version="0.2.0", arch="arm64", size_bytes=1000, sha256="0" * 64, url="https://x.example/y")
    assert not is_offered(decode_manifest(manifest()), offered)
    assert is_offered(decode_manifest(manifest(arch="arm64")), offered)
    assert bytes_needed(offered) > 2 * offered.size_bytes
