"""The WebSocket of the practice page: its frames go to the exercise, the exercise's messages go back.

One rule: what is not in the protocol is answered with one line and the end of the connection; nothing that was said is
kept, logged or quoted.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
from starlette.websockets import WebSocketDisconnect

from counterpoint.errors import CounterpointError
from counterpoint.practice.card import compare
from counterpoint.practice.exercise import Choice, Exercise
from counterpoint.practice.line import blocks_of
from counterpoint.practice.protocol import (
    BLOCK_BYTES,
    MOST_BLOCKS,
    TEXT_LIMIT,
    TWO_PEOPLE,
    Begin,
    Card,
    End,
    LastTry,
    Trouble,
    read_message,
    write_message,
)
from counterpoint.practice.skills import SKILLS
from counterpoint.values import BLOCK_SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from starlette.websockets import WebSocket

    from counterpoint.practice.line import Line
    from counterpoint.practice.protocol import FromPage, ToPage
    from counterpoint.practice.role_files import RoleFolder
    from counterpoint.values import Block

UNFIT: Final = 1003  # RFC 6455: a kind of message that can't be taken


class Microphones(Protocol):
    """The counter's own microphones, listening."""

    def blocks(self) -> Iterator[Block]:
        """Block after block until `close`."""

    def close(self) -> None:
        """End `blocks`; from any thread."""


@dataclass(frozen=True, slots=True)
class Place:
    """What can be practised, and with what.

    Attributes:
        roles: The roles by id; none where two people practise at the counter.
        words: A speech model is there.
        open_line: A fresh line for one practice; takes a second where a speech model is loaded.
        open_microphones: The counter's own microphones; None where the page's is used.
    """

    roles: Mapping[str, RoleFolder]
    words: bool
    open_line: Callable[[], Line]
    open_microphones: Callable[[], AbstractContextManager[Microphones]] | None = None


class Seat:
    """One practice at a time: two would hear each other."""

    def __init__(self) -> None:
        self.taken = False


class Unfit(Exception):  # noqa: N818 - named for what it is, as our errors are; it never leaves this file
    """The page sent something that the protocol does not know; the message is for the person."""


class Talk:
    """One page's connection, from its first message to its last."""

    def __init__(self, socket: WebSocket, place: Place, seat: Seat) -> None:
        self._socket = socket
        self._place = place
        self._seat = seat
        self._exercise: Exercise | None = None
        self._card: Card | None = None
        self._samples = 0
        self._counter: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve the page until it goes away, or sends what can't be understood."""
        await self._socket.accept()
        try:
            while True:
                await self._take(await self._socket.receive())
        except WebSocketDisconnect:
            pass
        except Unfit as unfit:
            with suppress(WebSocketDisconnect, RuntimeError):  # it may have gone meanwhile
                await self._send(Trouble(str(unfit)))
                await self._socket.close(UNFIT)
        finally:
            await self._leave()

    async def _take(self, frame: Mapping[str, object]) -> None:
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
        match frame.get("text"), frame.get("bytes"):
            case str(text), _:
                await self._message(_read(text))
            case _, bytes(sound):
                await self._sound(sound)

    async def _message(self, message: FromPage) -> None:
        match message:
            case Begin():
                await self._begin(message)
            case End():
                await self._finish()
            case LastTry(card):
                if self._card is None:
                    raise Unfit("A saved card is opened beside a new one: practise first.")
                await self._send(compare(self._card.card, card))
            case played:
                if self._exercise is not None:
                    self._exercise.played(played)

    async def _begin(self, wish: Begin) -> None:
        if self._exercise is not None:
            raise Unfit("A practice is under way: end it before you begin another.")
        choice = self._choice(wish)
        if self._seat.taken:
            await self._send(Trouble("A practice is under way in another tab or window: end that one first."))
            return
        self._seat.taken = True
        try:
            self._exercise = await asyncio.to_thread(Exercise, choice, self._place.open_line)
        except CounterpointError as error:
            await self._send(Trouble(str(error)))
            return
        finally:
            self._seat.taken = self._exercise is not None
        self._samples, self._card = 0, None
        if self._place.open_microphones is not None:
            self._counter = asyncio.create_task(self._listen_at_counter(self._place.open_microphones))

    def _choice(self, wish: Begin) -> Choice:
        if wish.skill not in SKILLS:
            raise Unfit(f"There is no skill {wish.skill}: load the page again.")
        if self._place.open_microphones is not None and wish.role == TWO_PEOPLE:
            return Choice(TWO_PEOPLE, "Two people", None, wish.skill)
        folder = self._place.roles.get(wish.role)
        if folder is None:
            raise Unfit(f"There is no role {wish.role}: load the page again.")
        return Choice(wish.role, folder.role.title, folder, wish.skill)

    async def _sound(self, sound: bytes) -> None:
        if not sound or len(sound) % BLOCK_BYTES or len(sound) > MOST_BLOCKS * BLOCK_BYTES:
            raise Unfit("The sound came in pieces that can't be used: load the page again.")
        if self._exercise is None or self._counter is not None:
            return
        for block in blocks_of(sound, self._samples):
            self._samples += BLOCK_SAMPLES
            await self._step(block)

    async def _step(self, block: Block) -> None:
        exercise = self._exercise
        if exercise is None:
            return
        for message in exercise.step(block):
            await self._send(message)
        if exercise.is_over:
            await self._finish()

    async def _finish(self) -> None:
        """Give the card, once."""
        exercise, self._exercise = self._exercise, None
        if exercise is None:
            return
        self._card = await self._closed(exercise)
        await self._send(self._card)

    async def _leave(self) -> None:
        """The page is gone: so is everything that was heard."""
        exercise, self._exercise, self._card = self._exercise, None, None
        if exercise is not None:
            await self._closed(exercise)

    async def _closed(self, exercise: Exercise) -> Card:
        try:
            await self._counter_ended()
        finally:
            try:
                card = await asyncio.to_thread(exercise.close)
            finally:
                self._seat.taken = False
        return card

    async def _counter_ended(self) -> None:
        counter, self._counter = self._counter, None
        if counter is not None and counter is not asyncio.current_task():
            counter.cancel()
            with suppress(asyncio.CancelledError):
                await counter

    async def _listen_at_counter(self, open_microphones: Callable[[], AbstractContextManager[Microphones]]) -> None:
        """Take the counter's blocks until the practice is over, or the page is gone: `run` is told that too."""
        with suppress(WebSocketDisconnect):
            try:
                with open_microphones() as microphones:
                    await self._through(microphones)
            except CounterpointError as error:
                await self._send(Trouble(str(error)))

    async def _through(self, microphones: Microphones) -> None:
        blocks = microphones.blocks()
        try:
            while self._exercise is not None and (block := await asyncio.to_thread(next, blocks, None)):
                await self._step(block)
        finally:
            microphones.close()

    async def _send(self, message: ToPage) -> None:
        await self._socket.send_text(write_message(message))


def _read(text: str) -> FromPage:
    if len(text) > TEXT_LIMIT:
        raise Unfit("That message is too long: load the page again.")
    try:
        return read_message(text)
    except (msgspec.MsgspecError, RecursionError) as error:  # the latter for very many brackets
        raise Unfit(f"That can't be used ({error}): is it a card that was saved here?") from error
