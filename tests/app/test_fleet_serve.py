"""`fleet serve` as people start it: one command, no settings; it ends well, and what is wrong is one line."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from broker_server import free_port, wait_until
from counterpoint.app.cli import main
from counterpoint.app.fleet_serve import Crew
from counterpoint.fleet.store.opening import connect, open_store
from counterpoint.fleet.store.revisions import migrate, revisions
from counterpoint.fleet.store.rows import Taken
from fleet_messages import hour_window

COMMAND = [sys.executable, "-m", "counterpoint", "fleet"]
START_S = 90.0  # a busy machine


@pytest.mark.real
@pytest.mark.timeout(180)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_command_without_settings_or_broker(number: signal.Signals, tmp_path: Path) -> None:
    store, port = tmp_path / "year.db", free_port()
    command = [*COMMAND, "serve", "--store", str(store), "--listen", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_until(lambda: answers(port), "the pages answer", START_S)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in") as page:
                assert "default-src 'none'" in page.headers["content-security-policy"]
        finally:
            process.send_signal(number)
        said, told = process.communicate(timeout=START_S)
    assert process.returncode == 0, told
    assert f"http://127.0.0.1:{port}/invitation/" in said  # the link for the first account, once, and in no log
    assert "/invitation/" not in told
    assert "no broker is set" in told
    assert store.stat().st_size > 0


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=5):
            return True
    except OSError:
        return False


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["serve", "--store", "/nowhere/at/all/fleet.db"], "can't be used"),
        (["serve", "--store", "mysql://x/y"], "is no store"),
        (["serve", "--store", "{}/x.db", "--listen", "127.0.0.1:0x"], "can't listen at 127.0.0.1:0x"),
        (["serve", "--store", "{}/x.db", "--listen", "127.0.0.1:99999"], "can't listen"),
        (["serve", "--store", "{}/x.db", "--listen", "192.0.2.1:8080"], "can't listen"),
        (["serve", "--store", "{}/x.db", "--listen", "0.0.0.0:8080"], "page.public"),
        (["serve", "--settings", "{}/none.toml"], "no such file"),
        (["store", "check", "--store", "{}/typo.db"], "there is no store"),
        (["store", "restore", "{}/none.db", "--store", "{}/new.db"], "no such file"),
        (["store", "restore", "{}/none.db", "--store", "postgresql://h/d"], "pg_restore"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fleet", *(each.format(tmp_path) for each in arguments)]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "typo.db").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[collector]\nbatch_messages = 0\n", ":2: collector.batch_messages"),
        ("[broker]\nhots = 'x'\n", "did you mean 'host'"),
        ('[page]\nlisten = "everywhere"\n', "address:port"),
        ("[rules]\nfewest_visits = 3\n", "from 30 up"),
        ("[rules]\nfewest_people = 1\n", "from 3 to 5"),
    ],
)
def test_a_mistake_in_the_settings_is_told_with_its_line(
    text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fleet.toml").write_text(text)
    assert main(["fleet", "serve", "--settings", str(tmp_path / "fleet.toml")]) == 2
    assert says in capsys.readouterr().err


def test_a_part_that_fails_ends_the_whole_service() -> None:
    def fails(_: object) -> None:
        raise RuntimeError("broken")

    crew = Crew()
    ended: list[bool] = []
    crew.at_end(lambda: ended.append(True))
    crew.start("good", lambda stopped: wait_until(stopped, "the end", START_S))
    crew.start("bad", fails)
    with pytest.raises(RuntimeError, match="broken"):
        crew.join()
    crew.at_end(lambda: ended.append(True))  # too late to be told of the end: it is over already
    assert crew.stop.is_set()
    assert ended == [True, True]


def test_the_store_s_commands_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = str(tmp_path / "fleet.db")
    with open_store(where) as store, store.writing() as writing:
        writing.take_windows([Taken("hall", "dev-1", hour_window(1), 1)])

    def run(*arguments: str) -> str:
        assert main(["fleet", "store", *arguments, "--store", where]) == 0
        return capsys.readouterr().out

    assert "1  device_window" in run("check")
    assert "already" in run("migrate")
    assert "whole copy" in run("backup", str(tmp_path / "copy.db"))
    assert "in quarantine" in run("quarantine", "dev-1")
    assert "out of quarantine" in run("quarantine", "dev-1", "--lift")
    assert "is called PC-1042" in run("label", "dev-1", "PC-1042")
    assert "stands at tower" in run("move", "dev-1", "--site", "tower")
    assert "is called Hall 3" in run("name", "hall", "Hall 3", "--timezone", "Europe/Vienna")
    assert "0 taken, 0 stay apart" in run("apart", "--again")
    assert "deleted: 0 windows" in run("retire")
    assert "device dev-1 is deleted" in run("forget", "--device", "dev-1")
    assert "site hall is deleted" in run("forget", "--site", "hall")
    assert "0  device_window" in run("check")
    where = str(tmp_path / "new.db")
    assert "is restored" in run("restore", str(tmp_path / "copy.db"))
    assert "1  device_window" in run("check")
    assert (tmp_path / "new.db").stat().st_mode & 0o077 == 0
    assert "1 of 1 are new" in run("accept", "dev-9", "--site", "hall")
    (tmp_path / "list.csv").write_text("id,asset_tag,site,state\ndev-9,T-9,hall,approved\ndev-8,T-8,hall,approved\n")
    assert "1 of 2 are new" in run("accept", "--list", str(tmp_path / "list.csv"))
    assert "nothing speaks against it" in run("clock", "--is-right")
    assert main(["fleet", "store", "forget", "--device", "nobody", "--store", where]) == 2
    assert main(["fleet", "store", "accept", "dev-7", "--store", where]) == 2
    (tmp_path / "list.csv").write_text("device\ndev-9\n")
    assert main(["fleet", "store", "accept", "--list", str(tmp_path / "list.csv"), "--store", where]) == 2
    assert main(["fleet", "store", "name", "all", "Everything", "--store", where]) == 2


def test_what_a_command_changes_stands_in_the_log(tmp_path: Path) -> None:
    where, copy, new = (str(tmp_path / name) for name in ("fleet.db", "copy.db", "new.db"))
    with open_store(where) as store, store.writing() as writing:
        writing.take_windows([Taken("hall", "dev-1", hour_window(1), 1)])

    def run(*arguments: str) -> None:
        assert main(["fleet", "store", *arguments, "--store", where]) in {0, 2}

    run("check")
    run("apart")
    run("quarantine", "dev-2")
    assert lines(where) == [], "nothing was changed"
    run("quarantine", "dev-1")
    run("quarantine", "dev-1", "--lift")
    run("label", "dev-1", "PC-1042")
    run("move", "dev-1", "--site", "tower")
    run("name", "hall", "Hall 3")
    run("accept", "dev-2", "--site", "hall")
    run("apart", "--again")
    run("retire")
    run("clock", "--is-right")
    run("backup", copy)
    run("forget", "--device", "dev-1")
    run("forget", "--site", "hall")
    done = lines(where)
    assert all(who == "command line" for who, _, _ in done)
    assert [(what, about) for _, what, about in done if what != "clock.confirmed"] == [
        ("device.quarantined", "dev-1"),
        ("device.released", "dev-1"),
        ("device.labelled", "dev-1 PC-1042"),
        ("device.moved", "dev-1 tower"),
        ("site.named", "hall Hall 3"),
        ("device.accepted", "dev-2 hall"),
        ("apart.again", ""),
        ("store.retired", ""),
        ("store.backed_up", "copy.db"),
        ("store.forgot", "device dev-1"),
        ("store.forgot", "site hall"),
    ]
    where = new
    run("restore", copy)
    assert lines(new)[-1] == ("command line", "store.restored", "copy.db")


def lines(where: str) -> list[tuple[str, str, str]]:
    with open_store(where) as store, store.reading() as reading:
        return [(line.who, line.what, line.about) for line in reversed(reading.access.audit(100))]


def test_an_older_store_that_was_restored_and_migrated_says_so_in_its_log(tmp_path: Path) -> None:
    old, new = str(tmp_path / "old.db"), str(tmp_path / "new.db")
    store = connect(old)
    migrate(store.engine, old, "0002")
    store.close()
    assert main(["fleet", "store", "restore", old, "--store", new]) == 0
    assert main(["fleet", "store", "migrate", "--store", new]) == 0
    assert lines(new) == [
        ("command line", "store.restored", "old.db"),
        ("command line", "store.migrated", f"0002 to {revisions()[-1]}"),
    ]
