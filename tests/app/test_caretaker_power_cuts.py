"""The power fails after any operation on the disk, in the middle of a device's whole life; it always comes back.

The disk is simulated (simulated_disk.py): it loses what was not synced, at random, more freely than a real one. So this
shows that our order of writes and syncs is right, and nothing about what a card does behind its own back.
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from typing import Final

import msgspec
import pytest

from commands_made import DEVICE, FIRST, NOW, SECOND, command, offer, release, trust
from counterpoint.app.caretaker import Caretaker, World
from counterpoint.care.trial import decode_state
from counterpoint.edge.releases import Releases
from counterpoint.messages.schemas import PublisherStatement, encode
from counterpoint.settings import BrokerSettings, FolderSettings, Settings
from simulated_disk import PowerCut, SimulatedDisk

ROOT: Final = Path("/var/lib/counterpoint")
NAMES: Final = "sensor", "outbox", "receipts", "inbox", "replies", "care", "releases"
GOOD: Final = release()
DEAF: Final = release("0.3.0")
COMMANDS: Final = {
    1: command(FIRST, counter=1),
    2: command(counter=2, do="update", release=offer(GOOD)),
    3: command(counter=3, do="update", release=offer(DEAF, version="0.3.0")),
    4: command(FIRST, counter=4, do="roll_back"),
}
EVERY_POINT: Final = "COUNTERPOINT_EVERY_POWER_CUT" in os.environ
"""Set it to cut at every point, with three seeds each (minutes); else five of the points."""
CONNECTED: Final = encode(PublisherStatement(connected=True, trouble=""))


class Device:
    """A device from its first command to its last, whose power may fail; it lives on from what the disk has."""

    def __init__(self, keys: Path, random: Random) -> None:
        self.random = random
        self.disk = SimulatedDisk(*(ROOT / name for name in NAMES))
        folders = FolderSettings(command_keys=str(keys))
        self.settings = Settings(broker=BrokerSettings(device_id=DEVICE), folders=folders)
        self.boots, self.uptime_s, self.highest = 1, 30.0, 0
        self.acting, self.restarts_asked = 0, 0
        self.minutes_heard: dict[str, int] = {}

    # The two services, as the caretaker starts them.

    def sensor_run(self) -> str:
        return ""

    def restart(self) -> None:
        assert self.counter_for_certain() >= self.acting, "acted before the number was durable"
        self.restarts_asked += self.acting == 1
        self.minutes_heard.clear()

    def stop(self) -> None:
        raise AssertionError("nothing here forgets")

    # What a test does with it.

    def counter_for_certain(self) -> int:
        content = self.disk.certain(ROOT / "care/state.json")
        return 0 if content is None else decode_state(content).counter

    def live(self, cuts: list[int]) -> None:
        """Go through the whole life; the power fails after so many operations, each counted from the last failure."""
        cuts = [*cuts]
        for number, payload in COMMANDS.items():
            self.acting = number
            minute = 0
            while minute < 12:
                try:
                    if cuts and self.disk.cut_after is None:
                        self.disk.cut_after = self.disk.operations + cuts.pop(0)
                    if minute == 0:
                        self.come(number, payload)
                    self.minute()
                    minute += 1
                except PowerCut:
                    self.start_again()
                    minute = 0  # whoever sends the command sends it again, and so might anybody

    def come(self, number: int, payload: bytes) -> None:
        """The publisher lays down a command, and the file of a release where it is one."""
        self.disk.lay(ROOT / f"inbox/command-{number}.json", payload)
        for archive in (GOOD, DEAF):
            sha256 = offer(archive)["sha256"]
            self.disk.lay(ROOT / f"inbox/release-{sha256}.tar", archive)

    def minute(self) -> None:
        """The sensor works for a minute, unless its release is deaf; then the caretaker looks."""
        self.uptime_s += 60
        version = self.runs()
        if version != "0.3.0":
            minutes = self.minutes_heard[version] = self.minutes_heard.get(version, 0) + 1
            heard = {"frames": min(minutes, 10) * 3000, "boot": f"boot-{self.boots}"}
            self.disk.lay(ROOT / "sensor/heard.json", msgspec.json.encode(heard))
        self.disk.lay(ROOT / "inbox/publisher.json", CONNECTED)
        world = World(
            self.disk,
            self,
            lambda _settings: None,
            now=lambda: NOW,
            boot=lambda: (f"boot-{self.boots}", self.uptime_s),
            arch="amd64",
            package="0.1.0",
            say=lambda _line: None,
        )
        Caretaker(self.settings, world).run()
        self.check()

    def start_again(self) -> None:
        before = self.counter_for_certain()
        self.disk.lose_power(self.random)
        self.boots, self.uptime_s = self.boots + 1, 30.0
        self.minutes_heard.clear()
        assert self.counter_for_certain() >= before
        self.check()

    def check(self) -> None:
        """What runs is whole, and the last command's number never gets smaller."""
        running = self.runs()
        assert running == "the package" or Releases(self.disk, ROOT / "releases").is_whole(running)
        counter = self.counter_for_certain()
        assert counter >= self.highest
        self.highest = counter

    def runs(self) -> str:
        return Releases(self.disk, ROOT / "releases").current() or "the package"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    trust(folder, FIRST, SECOND)
    return folder


def lived(keys: Path, *cuts: int, seed: int = 0) -> Device:
    device = Device(keys, Random(seed))  # noqa: S311 - chance of a test
    device.live(list(cuts))
    return device


def operations(keys: Path) -> int:
    return lived(keys).disk.operations


def test_a_life_without_a_power_cut(keys: Path) -> None:
    device = lived(keys)
    assert (device.runs(), device.counter_for_certain(), device.restarts_asked) == ("the package", 4, 1)
    assert device.disk.operations >= 50


@pytest.mark.timeout(900 if EVERY_POINT else 60)
def test_after_a_power_cut_the_device_goes_on(keys: Path) -> None:
    points = operations(keys)
    chosen = range(1, points + 1) if EVERY_POINT else Random(5).sample(range(1, points + 1), 5)  # noqa: S311 - a test
    for point in chosen:
        for seed in range(3 if EVERY_POINT else 1):
            device = lived(keys, point, seed=seed)
            assert (device.runs(), device.counter_for_certain()) == ("the package", 4), (point, seed)
            assert device.restarts_asked <= 1, (point, seed)


def test_power_cut_upon_power_cut(keys: Path) -> None:
    for seed in range(100 if EVERY_POINT else 3):
        random = Random(seed)  # noqa: S311 - chance of a test
        device = lived(keys, *(random.randrange(1, 120) for _ in range(6)), seed=seed)
        # More than three starts within a trial are a crash loop: then the last command finds nothing to roll back.
        assert (device.runs(), device.counter_for_certain() in {3, 4}) == ("the package", True), seed
        assert device.restarts_asked <= 1, seed
