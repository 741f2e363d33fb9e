"""The Debian package and the release tar, built from made wheels: what they hold, where, and that two builds are alike.

Installing, upgrading and purging needs root and a bare Debian tree: firmware/package/try-in-chroot, by hand.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from building import build, main, parse
from counterpoint.care.releases import decode_manifest
from counterpoint.edge.settings_file import load_settings
from debian_tree import maintainer_scripts, unit_places
from package_made import ROOT, make_checkout, make_wheels
from pinned_wheels import BuildError
from program_tree import program_tree

PACKAGE = ROOT / "firmware" / "package"
EPOCH = "1700000000"

needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb builds the package: Debian only")


@dataclass(frozen=True)
class Built:
    """A package and a release, as files and as what is in them."""

    deb: Path
    tar: Path
    control: dict[str, str]
    files: dict[str, bytes]
    scripts: dict[str, str]


def built(folder: Path, *more: str) -> Built:
    checkout = folder / "checkout"
    if not checkout.exists():
        make_checkout(checkout, make_wheels(folder / "wheels", "arm64"))
    out = folder / f"out{len(list(folder.glob('out*')))}"
    asked = ["--arch=arm64", f"--out={out}", f"--wheels={folder / 'wheels'}", "--release", "--quick", *more]
    build(parse(asked), checkout)
    deb, tar = next(out.glob("*.deb")), next(out.glob("*.tar"))
    control = _tar(subprocess.run(["dpkg-deb", "--ctrl-tarfile", deb], check=True, capture_output=True).stdout)
    fields = dict(line.split(": ", 1) for line in control["control"].decode().splitlines() if line[0] != " ")
    files = _tar(subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], check=True, capture_output=True).stdout)
    return Built(deb, tar, fields, files, {name: text.decode() for name, text in control.items()})


def _tar(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        files = {entry.name.removeprefix("./"): tar.extractfile(entry) for entry in tar if entry.isfile()}
        return {name: file.read() for name, file in files.items() if file is not None}


@pytest.fixture(scope="module", autouse=True)
def _time() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        yield


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return built(tmp_path_factory.mktemp("package"))


@needs_dpkg
def test_two_builds_give_the_same_bytes_whatever_the_umask(package: Built) -> None:
    usual = os.umask(0o077)
    try:
        again = built(package.deb.parents[1])
    finally:
        os.umask(usual)
    assert again.deb != package.deb
    assert again.deb.read_bytes() == package.deb.read_bytes()
    assert again.tar.read_bytes() == package.tar.read_bytes()


@needs_dpkg
def test_amd64_has_a_package_a_debian_and_one_release_for_both(tmp_path: Path) -> None:
    make_checkout(tmp_path / "checkout", make_wheels(tmp_path / "wheels", "amd64"))
    asked = ["--arch=amd64", f"--out={tmp_path / 'out'}", f"--wheels={tmp_path / 'wheels'}", "--release", "--quick"]
    build(parse(asked), tmp_path / "checkout")
    first, last, release = sorted((tmp_path / "out").glob("*[!n]"), key=lambda path: (path.suffix, path.name))
    assert (first.name.count("+deb12_amd64.deb"), last.name.count("+deb13_amd64.deb")) == (1, 1)
    for package, python, other in ((first, "311", "313"), (last, "313", "311")):
        listed = subprocess.run(["dpkg-deb", "--contents", package], check=True, capture_output=True, text=True).stdout
        assert f"core.cpython-{python}.so" in listed
        assert f"core.cpython-{other}.so" not in listed
    held = set(_tar(release.read_bytes()))
    assert {"site/numpy/core.cpython-311.so", "site/numpy/core.cpython-313.so"} <= held


@needs_dpkg
def test_an_upgrade_never_asks_since_nothing_is_a_conffile(package: Built) -> None:
    assert "conffiles" not in package.scripts
    assert not [path for path in package.files if path.startswith("etc/")]
    assert "debconf" not in package.scripts["postinst"]


@needs_dpkg
def test_each_file_of_systemd_lies_where_its_kind_belongs(package: Built) -> None:
    assert package.files["usr/lib/systemd/system/counterpoint-sensor.service"]
    assert (
        package.files["usr/lib/sysusers.d/counterpoint.conf"] == (ROOT / "systemd/counterpoint.sysusers").read_bytes()
    )
    assert (
        package.files["usr/lib/tmpfiles.d/counterpoint.conf"] == (ROOT / "systemd/counterpoint.tmpfiles").read_bytes()
    )
    assert set(unit_places(ROOT).values()) <= set(package.files)


def test_a_file_of_an_unknown_kind_in_systemd_is_refused(tmp_path: Path) -> None:
    (tmp_path / "systemd").mkdir()
    (tmp_path / "systemd" / "counterpoint.preset").touch()
    with pytest.raises(BuildError, match=r"counterpoint\.preset: no place"):
        unit_places(tmp_path)


@needs_dpkg
def test_units_with_an_install_section_start_at_boot_and_all_stop_before_removal(package: Built) -> None:
    enabled = {path.name for path in unit_places(ROOT) if "\n[Install]" in path.read_text(encoding="utf-8")}
    assert f"for unit in {' '.join(sorted(enabled))}; do" in package.scripts["postinst"]
    assert "counterpoint-caretaker.service" not in enabled
    assert "counterpoint-caretaker.service" in package.scripts["prerm"]
    assert not [name for name in ("postinst", "prerm", "postrm") if "@" in package.scripts[name]]


@needs_dpkg
@pytest.mark.parametrize("name", ["postinst", "prerm", "postrm"])
def test_the_maintainer_scripts_are_shell_that_parses(package: Built, name: str) -> None:
    done = subprocess.run(["sh", "-n"], input=package.scripts[name], text=True, check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")


@needs_dpkg
def test_purge_deletes_state_and_key_and_remove_does_not(package: Built) -> None:
    purge = package.scripts["postrm"].split('if [ "$1" = purge ]')
    assert "rm -rf /var/lib/counterpoint /etc/counterpoint" in purge[1]
    assert "rm " not in purge[0]


@needs_dpkg
def test_the_release_is_what_the_package_puts_below_usr_lib(package: Built) -> None:
    release = _tar(package.tar.read_bytes())
    below = "usr/lib/counterpoint/"
    assert release == {
        path.removeprefix(below): content for path, content in package.files.items() if path.startswith(below)
    }


@needs_dpkg
def test_a_device_accepts_the_release_and_each_of_its_files(package: Built) -> None:
    with tarfile.open(package.tar) as tar:
        names = tar.getnames()
    release = _tar(package.tar.read_bytes())
    manifest = decode_manifest(release.pop("release.json"))
    assert names[0] == "release.json"
    assert (manifest.version, manifest.arch) == (package.control["Version"], "arm64")
    assert manifest.files == {path: hashlib.sha256(content).hexdigest() for path, content in release.items()}


@needs_dpkg
def test_beside_the_release_lies_what_signing_takes(package: Built) -> None:
    content = package.tar.read_bytes()
    facts = json.loads(package.tar.with_suffix(".json").read_text(encoding="utf-8"))
    assert facts == {
        "version": package.control["Version"],
        "arch": "arm64",
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


@needs_dpkg
def test_the_models_are_in_the_package(package: Built) -> None:
    for name in ("talk_over.onnx", "acts.onnx", "manifest.toml"):
        path = f"usr/lib/counterpoint/site/counterpoint/bundled_models/{name}"
        assert package.files[path] == (ROOT / "models" / name).read_bytes()


@needs_dpkg
def test_no_cache_of_a_tool_is_in_the_package(package: Built) -> None:
    parts = {part for path in package.files for part in path.split("/")}
    assert not {part for part in parts if part.startswith(".") or part == "__pycache__" or part.endswith(".pyc")}


@needs_dpkg
def test_every_vendored_piece_has_its_copyright(package: Built) -> None:
    text = package.files["usr/share/doc/counterpoint/copyright"].decode()
    assert "Files: usr/lib/counterpoint/site/rich" in text
    assert "Copyright: 2020, the makers of numpy" in text
    assert "/usr/share/common-licenses/Apache-2.0" in text


@needs_dpkg
def test_the_manual_page_says_what_help_says(package: Built) -> None:
    import gzip  # noqa: PLC0415 - only this test reads it

    page = gzip.decompress(package.files["usr/share/man/man1/counterpoint.1.gz"]).decode()
    for command in ("RUN", "PUBLISH", "REPLAY", "DOCTOR"):
        assert f".SH COUNTERPOINT {command}\n" in page
    assert "\\-\\-array" in page


def test_another_version_is_the_one_that_the_program_tells() -> None:
    tree = program_tree(ROOT, {}, "9.8.7", "arm64", {"libcounterpoint_wiping.so": b"machine code"})
    assert b'__version__ = "9.8.7"' in tree["site/counterpoint/__init__.py"]
    assert decode_manifest(tree["release.json"]).version == "9.8.7"
    assert b'gt "9.8.7"' in maintainer_scripts(ROOT, "9.8.7")["postinst"].content


@pytest.mark.parametrize("version", ["1.0-2", "next", "1.2.3.4.5", "1.0~rc1"])
def test_a_version_that_devices_could_not_order_is_refused(
    tmp_path: Path, version: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--arch=arm64", f"--out={tmp_path}", f"--version={version}"]) == 2
    assert "is no version" in capsys.readouterr().err


def test_the_example_settings_are_settings() -> None:
    assert load_settings(PACKAGE / "counterpoint.toml").privacy.pool == 6


@dataclass(frozen=True)
class Launched:
    """The launcher, with its two folders in a test's."""

    folder: Path

    def program(self, name: str) -> Path:
        """A program that says which one it is."""
        site = self.folder / name / "site" / "counterpoint" / "app"
        site.mkdir(parents=True)
        (site.parent / "__init__.py").touch()
        (site / "__init__.py").touch()
        (site / "cli.py").write_text(f"def main():\n    print({name!r})\n    return 0\n", encoding="utf-8")
        (self.folder / name / "release.json").touch()
        return self.folder / name

    def says(self, *arguments: str) -> str:
        text = (PACKAGE / "launcher").read_text(encoding="utf-8")
        text = text.replace("/usr/lib/counterpoint", str(self.folder / "packaged"))
        text = text.replace("/var/lib/counterpoint/releases", str(self.folder / "releases"))
        started = self.folder / "counterpoint"
        started.write_text(text.replace("ROOT = 0", f"ROOT = {os.getuid()}"), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-PsB", started, *arguments], capture_output=True, text=True, check=True, cwd=self.folder
        )
        return done.stdout.strip()

    def lead_to(self, target: Path) -> None:
        (self.folder / "releases").mkdir(exist_ok=True)
        (self.folder / "releases" / "current").symlink_to(target)


@pytest.fixture
def launcher(tmp_path: Path) -> Launched:
    launched = Launched(tmp_path)
    launched.program("packaged")
    return launched


def test_without_a_release_the_packaged_program_runs(launcher: Launched) -> None:
    assert launcher.says("--version") == "packaged"


def test_a_release_in_place_runs_instead(launcher: Launched) -> None:
    launcher.lead_to(launcher.program("releases/0.2.0"))
    assert launcher.says("run") == "releases/0.2.0"


@pytest.mark.parametrize("command", ["caretake", "forget", "enrol"])
def test_what_judges_or_erases_a_release_or_runs_as_root_is_not_part_of_it(launcher: Launched, command: str) -> None:
    launcher.lead_to(launcher.program("releases/0.2.0"))
    assert launcher.says(command) == "packaged"


def test_a_link_that_leads_elsewhere_is_left_alone(launcher: Launched) -> None:
    launcher.lead_to(launcher.program("elsewhere"))
    assert launcher.says("run") == "packaged"


def test_a_link_to_nothing_is_left_alone(launcher: Launched) -> None:
    launcher.lead_to(Path("0.3.0"))
    assert launcher.says("run") == "packaged"


def test_a_release_that_others_could_write_is_left_alone(launcher: Launched) -> None:
    release = launcher.program("releases/0.2.0")
    release.chmod(0o777)
    launcher.lead_to(release)
    assert launcher.says("run") == "packaged"


def test_the_launcher_leaves_the_environment_to_python_that_wiping_needs() -> None:
    first = (PACKAGE / "launcher").read_text(encoding="utf-8").splitlines()[0]
    assert first == "#!/usr/bin/python3 -PsB"  # never -I or -E: PYTHONMALLOC must be read
