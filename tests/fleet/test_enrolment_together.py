"""Devices that ask in the same moment are answered together: the disk is synced once for all of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from counterpoint.edge.device_key import make_key, make_request
from counterpoint.errors import StorageError
from counterpoint.fleet.enrolment.authority import make_authority
from counterpoint.fleet.enrolment.desk import Desk, Reply
from counterpoint.fleet.enrolment.judgement import Operator
from counterpoint.fleet.enrolment.office import Office
from counterpoint.fleet.enrolment.store import Store
from counterpoint.fleet.enrolment.tokens import Machine

CROWD = 30


class SlowDisk:
    """A store on a disk that takes its time, and may fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.works = 0
        self.fails: Exception | None = None
        self._work = Store.work
        monkeypatch.setattr(Store, "work", self.work)

    @contextmanager
    def work(self, folder: Path) -> Iterator[Store]:
        self.works += 1
        with self._work(folder) as store:
            yield store
            time.sleep(0.05)
            if self.fails is not None:
                raise self.fails


class Crowd:
    """Thirty devices at one desk."""

    def __init__(self, folder: Path) -> None:
        self.office = Office(folder)
        self.desk = Desk(folder, make_authority(folder, "Authority of a test", None))
        machines = [Machine(f"PC-{number}", "hall-3") for number in range(CROWD)]
        self.tokens = [each.token for each in self.office.make_tokens(machines, Operator("anna", "anna"), 1)]
        self.requests = []
        for number in range(CROWD):
            make_key(folder / f"{number}.key")
            self.requests.append(make_request(folder / f"{number}.key", "any"))

    def ask(self) -> list[Reply | BaseException]:
        """Let all ask at once; return each one's answer, or what it met."""
        gun = threading.Barrier(CROWD)

        def asks(number: int) -> Reply:
            gun.wait()
            return self.desk.enrol(self.tokens[number], self.requests[number])

        with ThreadPoolExecutor(CROWD) as threads:
            ended = [threads.submit(asks, number) for number in range(CROWD)]
        return [each.exception() or each.result() for each in ended]


@pytest.fixture
def crowd(tmp_path: Path) -> Crowd:
    return Crowd(tmp_path)


def test_a_crowd_is_written_down_in_a_few_pieces(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SlowDisk(monkeypatch)
    assert crowd.ask() == [Reply()] * CROWD
    assert disk.works < CROWD / 3
    assert len(crowd.office.approve([], Operator("ben", "ben"), everything=True)) == CROWD
    replies = crowd.ask()
    certificates = {each.certificate for each in replies if isinstance(each, Reply)}
    assert (len(certificates), "" in certificates) == (CROWD, False)
    assert {one.device.state for one in crowd.office.devices()} == {"enrolled"}


def test_what_was_not_written_down_is_told_to_nobody(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SlowDisk(monkeypatch)
    disk.fails = StorageError("the disk is full")
    assert {str(each) for each in crowd.ask()} == {"the disk is full"}
    disk.fails = None
    assert crowd.office.devices() == []
    assert crowd.ask() == [Reply()] * CROWD


def test_a_failure_of_our_own_in_one_leaves_nobody_waiting(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SlowDisk(monkeypatch)
    disk.fails = ZeroDivisionError("a mistake of ours")
    came = crowd.ask()
    assert {type(each) for each in came} == {ZeroDivisionError, StorageError}
    disk.fails = None
    assert crowd.ask() == [Reply()] * CROWD
