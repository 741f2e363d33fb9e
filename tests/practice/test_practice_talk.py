"""What goes wrong in a talk: nothing stays open after it, and the next person can practise."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pytest
from starlette.websockets import WebSocket, WebSocketDisconnect

from counterpoint.errors import MicrophoneMissing, ModelCorrupt
from counterpoint.practice.line import Line
from counterpoint.practice.role_files import BUNDLED, RoleFolder, load_roles
from counterpoint.practice.talk import Microphones, Place, Seat, Talk
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, Block, FloorStep, SessionStep

BEGIN = '{"do":"begin","role":"late-delivery","skill":"one-breath"}'
AT_COUNTER = '{"do":"begin","role":"two-people","skill":"one-breath"}'


@dataclass
class Moment:
    floor: FloorStep
    visit: SessionStep
    cue: None = None
    acts: tuple[()] = ()


@dataclass
class Ending:
    events: tuple[()] = ()
    session: None = None
    acts: tuple[()] = ()


@dataclass
class Room:
    """A place to practise, and which of its lines are still open."""

    opened: int = 0
    closed: int = 0
    blocks: int = 0
    line_fails: Exception | None = None
    seat: Seat = field(default_factory=Seat)

    def open_line(self) -> Line:
        if self.line_fails is not None:
            raise self.line_fails
        self.opened += 1
        return Line(self, None)

    def step(self, _block: Block, /) -> Moment:
        self.blocks += 1
        at_s = self.blocks * BLOCK_S
        floor = FloorStep(at_s, at_s - BLOCK_S, agent=False, customer=False, holder=None)
        return Moment(floor, SessionStep(is_open=True, is_complex=False))

    def close(self) -> Ending:
        self.closed += 1
        return Ending()


class Listening:
    """Microphones that hear silence."""

    def blocks(self) -> Iterator[Block]:
        for number in range(10_000):
            yield Block(np.zeros((2, BLOCK_SAMPLES), np.float32), number * BLOCK_SAMPLES)

    def close(self) -> None:
        pass


@contextmanager
def microphones() -> Iterator[Microphones]:
    yield Listening()


class Socket:
    """A page that sends these messages; then it goes at once, or only when it is `gone`."""

    def __init__(self, *sends: str, goes_when_told: bool = False) -> None:
        self.told: list[dict[str, Any]] = []
        self.gone = asyncio.Event()
        self._sends = list(sends)
        self._goes_when_told = goes_when_told

    async def accept(self) -> None:
        pass

    async def receive(self) -> dict[str, str]:
        if self._sends:
            return {"type": "websocket.receive", "text": self._sends.pop(0)}
        if not self.told:
            await self.gone.wait()
        return {"type": "websocket.disconnect"}

    async def send_text(self, text: str) -> None:
        if self._goes_when_told:
            self.gone.set()
            raise WebSocketDisconnect
        self.told.append(json.loads(text))


def talked(socket: Socket, place: Place, room: Room) -> Socket:
    asyncio.run(Talk(cast("WebSocket", socket), place, room.seat).run())
    return socket


def broken_folder() -> dict[str, RoleFolder]:
    """A role whose audio went away after the start."""
    whole = load_roles()["late-delivery"]
    return {"late-delivery": RoleFolder(whole.role, dict.fromkeys(whole.files, BUNDLED / "gone.ogg"))}


def test_audio_that_went_away_leaves_no_line_open_and_the_seat_free() -> None:
    room = Room()
    socket = talked(Socket(BEGIN), Place(broken_folder(), words=False, open_line=room.open_line), room)
    assert "can't be read any more" in socket.told[0]["text"]
    assert room.opened == room.closed
    assert not room.seat.taken


@pytest.mark.parametrize("problem", [ModelCorrupt("The model is broken."), MemoryError()])
def test_a_line_that_cant_be_opened_leaves_the_seat_free(problem: Exception) -> None:
    room = Room(line_fails=problem)
    place = Place(load_roles(), words=False, open_line=room.open_line)
    if isinstance(problem, MemoryError):
        with pytest.raises(MemoryError):
            talked(Socket(BEGIN), place, room)
    else:
        assert talked(Socket(BEGIN), place, room).told == [{"do": "trouble", "text": "The model is broken."}]
    assert not room.seat.taken


def test_a_page_that_goes_while_the_counter_listens_leaves_nothing_open() -> None:
    room = Room()
    talked(
        Socket(AT_COUNTER, goes_when_told=True),
        Place({}, words=False, open_line=room.open_line, open_microphones=microphones),
        room,
    )
    assert (room.opened, room.closed, room.seat.taken) == (1, 1, False)


def test_microphones_that_fail_unforeseen_end_the_practice_all_the_same() -> None:
    def burnt() -> AbstractContextManager[Microphones]:
        socket.gone.set()
        raise ZeroDivisionError

    room, socket = Room(), Socket(AT_COUNTER)
    with pytest.raises(ZeroDivisionError):
        talked(socket, Place({}, words=False, open_line=room.open_line, open_microphones=burnt), room)
    assert (room.opened, room.closed, room.seat.taken) == (1, 1, False)


def test_microphones_that_are_not_there_are_told_and_the_page_may_be_gone() -> None:
    def missing() -> AbstractContextManager[Microphones]:
        raise MicrophoneMissing("No microphone.")

    room = Room()
    talked(
        Socket(AT_COUNTER, goes_when_told=True),
        Place({}, words=False, open_line=room.open_line, open_microphones=missing),
        room,
    )
    assert (room.opened, room.closed, room.seat.taken) == (1, 1, False)
