"""The image's recipe by the documented rules of rpi-image-gen 2.8: configuration, layer, hooks, slot-shared paths.

The tool itself is not here: what it would refuse is written down below, rule by rule, from its documentation.
"""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed: pip install pyyaml")

ROOT = Path(__file__).resolve().parents[2]
IMAGE = ROOT / "firmware" / "image"
LAYER = IMAGE / "layer" / "counterpoint.yaml"
FILES = IMAGE / "layer" / "counterpoint-rootfs"
BOARDS = {"pi4": "rpi4", "pi5": "rpi5", "cm4": "rpi-cm4", "cm5": "rpi-cm5"}

# docs/layer/index.adoc and `rpi-image-gen metadata --lint`
LAYER_FIELDS = {"Name", "Desc", "Version", "Category", "Requires", "Provides", "RequiresProvider", "Conflicts"}
VARIABLE_FIELDS = {"", "Desc", "Required", "Valid", "Set", "Anchor", "Conflicts", "Triggers"}
PLACEHOLDERS = {"DIRECTORY", "FILENAME", "FILEPATH"}
POLICIES = {"y", "n", "yes", "no", "true", "false", "immediate", "lazy", "force", "skip"}
RULES = re.compile(r"string(-or-empty|-or-unset)?|bool|int(:\d+-\d+)?|size|file|dir|regex:.+|keywords:.+|.+,.*")
# The layers of the tool that the recipe names (docs/layer/*.html).
BUILT_IN_LAYERS = {"trixie-minbase", "rpi-device-base", "image-rota", "sbom-base", *BOARDS.values()}
# What each section may set: the variables that the layers declare with that prefix.
DECLARED = {
    "device": {"layer", "hostname", "user1"},
    "image": {"layer", "name", "rootfs_type", "boot_part_size", "system_part_size", "data_part_size"},
    "ssh": {"pubkey_only"},
    "sbom": {"enable"},
}


def header() -> dict[str, str]:
    """The fields between METABEGIN and METAEND, as DEB822 reads them."""
    lines = LAYER.read_text(encoding="utf-8").splitlines()
    inside = lines[lines.index("# METABEGIN") + 1 : lines.index("# METAEND")]
    fields: dict[str, str] = {}
    name = ""
    for line in inside:
        assert line == "#" or line.startswith("# "), f"no comment line: {line!r}"
        text = line[2:]
        if text.startswith(" "):
            assert name, f"continues nothing: {line!r}"
            fields[name] += f"\n{text}"
        elif text:
            name, colon, value = text.partition(":")
            assert colon, f"no field: {line!r}"
            assert re.fullmatch(r"[A-Za-z0-9_-]+", name)
            assert name not in fields
            fields[name] = value.strip()
    return fields


def variables() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for field, value in header().items():
        if field.startswith("X-Env-Var-"):
            name, _, attribute = field.removeprefix("X-Env-Var-").partition("-")
            found.setdefault(name, {})[attribute] = value
    return found


def body() -> dict[str, Any]:
    documents = [document for document in yaml.safe_load_all(LAYER.read_text(encoding="utf-8")) if document]
    assert len(documents) == 1
    found: dict[str, Any] = documents[0]
    return found


def config(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((IMAGE / "config" / name).read_text(encoding="utf-8"))
    return found


def hooks() -> list[str]:
    found: list[str] = body()["mmdebstrap"]["customize-hooks"]
    return found


def shared_paths() -> list[str]:
    conf = (FILES / "etc/rpi-image-gen/slot-shared.d/counterpoint.conf").read_text(encoding="utf-8")
    entries = [line.partition("=") for line in conf.splitlines() if line and not line.startswith("#")]
    assert entries[0] == ("Version", "=", "1")
    assert {key for key, _, _ in entries[1:]} == {"Path"}
    return [path for _, _, path in entries[1:]]


def test_the_header_names_only_what_the_tool_knows() -> None:
    for field in header():
        kind, _, rest = field.removeprefix("X-Env-").partition("-")
        if kind == "Layer":
            assert rest in LAYER_FIELDS, field
        elif kind == "Var":
            assert rest.partition("-")[2] in VARIABLE_FIELDS, field
        else:
            assert field == "X-Env-VarPrefix", field


def test_the_layer_has_a_name_a_version_and_only_layers_that_exist() -> None:
    fields = header()
    assert fields["X-Env-Layer-Name"] == "counterpoint"
    assert re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", fields["X-Env-Layer-Version"])
    assert set(fields["X-Env-Layer-Requires"].split(",")) <= BUILT_IN_LAYERS


def test_each_variable_is_whole() -> None:
    assert header()["X-Env-VarPrefix"] == "counterpoint"
    for name, attributes in variables().items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
        assert {"", "Desc", "Required", "Valid", "Set"} <= set(attributes), f"{name} lacks an attribute"
        assert attributes["Required"] in {"y", "n"}
        assert attributes["Set"] in POLICIES
        assert RULES.fullmatch(attributes["Valid"]), name
        assert attributes[""] or attributes["Valid"] == "string-or-empty", f"{name}: its default breaks its own rule"
        assert set(re.findall(r"\$\{(\w+)\}", attributes[""])) <= PLACEHOLDERS


def test_the_body_is_packages_and_hooks() -> None:
    assert set(body()) == {"mmdebstrap"}
    assert set(body()["mmdebstrap"]) == {"packages", "customize-hooks"}
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", name) for name in body()["mmdebstrap"]["packages"])


def test_what_the_package_recommends_is_asked_for_since_the_hook_leaves_it_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "firmware" / "package"))
    recommended = importlib.import_module("what_ships").RECOMMENDED
    assert any("--no-install-recommends" in hook for hook in hooks())
    assert {name.split(" | ")[0] for name in recommended} <= set(body()["mmdebstrap"]["packages"])


@pytest.mark.parametrize("hook", hooks(), ids=lambda hook: hook.splitlines()[1].lstrip("# ")[:40])
def test_a_hook_is_a_shell_program_that_stops_at_the_first_mistake(hook: str) -> None:
    assert hook.startswith("set -eu\n")
    subprocess.run(["sh", "-n"], input=hook, text=True, check=True)
    used = set(re.findall(r"IGconf_counterpoint_(\w+?)\b", hook))
    assert used <= set(variables())


@pytest.mark.parametrize(("board", "layer"), BOARDS.items())
def test_each_board_has_its_file(board: str, layer: str) -> None:
    assert config(f"counterpoint-{board}.yaml") == {
        "include": {"file": "counterpoint.yaml"},
        "device": {"layer": layer},
        "image": {"name": f"counterpoint-{board}"},
    }


def test_the_common_part_is_an_immutable_root_in_two_slots() -> None:
    common = config("counterpoint.yaml")
    assert common["include"] == {"file": "trixie-minbase-ab.yaml"}
    assert common["image"]["layer"] == "image-rota"
    assert common["image"]["rootfs_type"] == "erofs"
    assert all(re.fullmatch(r"\d+[kKMGs]|[1-9]\d*%", common["image"][f"{part}_part_size"]) for part in _PARTS)
    assert set(common["layer"].values()) == {"trixie-minbase", "counterpoint"}
    assert common["sbom"]["enable"] == "y"


_PARTS = ("boot", "system", "data")


@pytest.mark.parametrize("path", sorted((IMAGE / "config").glob("*.yaml")), ids=lambda path: path.name)
def test_a_section_sets_only_what_a_layer_declares(path: Path) -> None:
    for section, values in config(path.name).items():
        if section not in {"include", "layer"}:
            assert set(values) <= DECLARED[section], section


def test_who_writes_the_boot_file_sees_the_partition_that_a_pc_shows() -> None:
    writers = [
        unit.name
        for unit in (ROOT / "systemd").glob("*.service")
        if re.search(r"(?m)^ReadWritePaths=.*/boot/firmware", unit.read_text(encoding="utf-8"))
    ]
    assert sorted(writers) == ["counterpoint-caretaker.service", "counterpoint-enrol.service"]
    for name in writers:
        slot = (FILES / f"etc/systemd/system/{name}.d/slot.conf").read_text(encoding="utf-8")
        assert "BindPaths=-/bootfs:/boot/firmware" in slot.splitlines(), name


def test_what_the_services_write_survives_a_flip_of_the_slot() -> None:
    written = set()
    for unit in (ROOT / "systemd").glob("*.service"):
        for line in re.findall(r"^(?:ReadWrite|ReadOnly)Paths=(.+)$", unit.read_text(encoding="utf-8"), re.MULTILINE):
            written |= {path.lstrip("-") for path in line.split()}
    for line in (ROOT / "systemd" / "counterpoint.tmpfiles").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            written.add(line.split()[1])
    kept = [path for path in written if path.startswith(("/etc/", "/var/"))]
    assert kept
    for path in kept:
        assert any(path == shared or path.startswith(f"{shared}/") for shared in shared_paths()), path


def test_no_file_of_the_image_lies_where_the_devices_own_ones_do() -> None:
    """image-rota copies the image's files below a shared path over the device's own, at every boot."""
    for shared in shared_paths():
        assert not [path for path in (FILES / shared.lstrip("/")).rglob("*") if not path.is_dir()]


def test_the_hook_that_keeps_shared_paths_empty_does_so(tmp_path: Path) -> None:
    conf = tmp_path / "etc/rpi-image-gen/slot-shared.d/counterpoint.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text((FILES / "etc/rpi-image-gen/slot-shared.d/counterpoint.conf").read_text(encoding="utf-8"))
    run = ["sh", "-c", hooks()[-1], "hook", str(tmp_path)]
    assert subprocess.run(run, capture_output=True, check=False).returncode == 0
    (tmp_path / "etc/counterpoint/counterpoint.toml").touch()
    refused = subprocess.run(run, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "the image has files below /etc/counterpoint" in refused.stderr


def test_the_firmwares_files_lose_console_and_bluetooth(tmp_path: Path) -> None:
    boot = tmp_path / "boot/firmware"
    boot.mkdir(parents=True)
    (boot / "config.txt").write_text("enable_uart=1\ndtparam=audio=on\n")
    (boot / "cmdline.txt").write_text("console=serial0,115200 console=tty1 root=/dev/x rootwait\n")
    hook = next(hook for hook in hooks() if "config.txt" in hook)
    subprocess.run(["sh", "-c", hook, "hook", str(tmp_path)], check=True)
    assert (boot / "config.txt").read_text() == "dtparam=audio=on\n\n[all]\nenable_uart=0\ndtoverlay=disable-bt\n"
    assert (boot / "cmdline.txt").read_text().split() == ["console=tty1", "root=/dev/x", "rootwait"]


@pytest.mark.parametrize("folder", ["cmdline.d", "for/linux-base/cmdline.d"])
def test_the_kernels_line_loses_the_serial_console_wherever_the_base_looks_for_fragments(folder: str) -> None:
    """The tool has looked in both places, one after the other; a fragment is one line."""
    fragment = (IMAGE / "layer/counterpoint.d" / folder / "60-counterpoint").read_text(encoding="utf-8")
    assert fragment.count("\n") == 1
    assert fragment.split() == ["-console=serial*", "-console=ttyAMA*", "-console=ttyS*"]


def test_the_machine_that_boots_here_keeps_the_same_paths() -> None:
    script = (IMAGE / "boot-in-qemu").read_text(encoding="utf-8")
    bound = re.findall(r"^/persistent/shared(/\S+) +(/\S+) +none +bind", script, re.MULTILINE)
    assert [(path, path) for path in shared_paths()] == bound
    for name in ("boot-in-qemu", "boot-in-qemu-report", "boot-in-qemu-watch"):
        subprocess.run(["bash", "-n", str(IMAGE / name)], check=True)


def test_the_users_have_the_same_numbers_in_every_image() -> None:
    package = _users(ROOT / "systemd" / "counterpoint.sysusers")
    image = _users(FILES / "etc/sysusers.d/00-counterpoint-numbers.conf")
    assert {name: kind for name, (kind, _) in package.items()} == {name: kind for name, (kind, _) in image.items()}
    numbers = [int(number) for _, number in image.values()]
    assert len(set(numbers)) == len(numbers)
    assert all(number == "-" for _, number in package.values())


def _users(path: Path) -> dict[str, tuple[str, str]]:
    lines = [shlex.split(line) for line in path.read_text(encoding="utf-8").splitlines() if line[:2] in {"u ", "g "}]
    return {line[1]: (line[0], line[2]) for line in lines}
