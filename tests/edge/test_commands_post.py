"""The publisher's part in commands, beside a broker that answers as a test wants."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from counterpoint.edge.broker import Answer, Broker, Received
from counterpoint.edge.commands_post import CommandPost
from counterpoint.edge.publisher import PATIENT
from counterpoint.edge.releases_fetch import ReleaseFetch
from counterpoint.messages.sending import BackOff
from counterpoint.settings import NetworkSettings


class Answering:
    """Takes every message, and numbers them from 1."""

    def __init__(self) -> None:
        self.published = 0

    def received(self) -> tuple[Received, ...]:
        return ()

    def publish(self, _channel: object, _payload: bytes) -> int:
        self.published += 1
        return self.published


@pytest.mark.parametrize(
    ("codes", "left"),
    [((0x00, 0x00), True), ((0x10, 0x00), True), ((0x87, 0x00), False), ((0x00, 0x87), False)],
)
def test_leave_is_taken_when_the_broker_took_both_back(tmp_path: Path, codes: tuple[int, int], *, left: bool) -> None:
    inbox, receipts, replies = (tmp_path / name for name in ("inbox", "receipts", "replies"))
    for folder in (inbox, receipts, replies):
        folder.mkdir()
    (replies / "farewell").touch()
    patient = BackOff(PATIENT, lambda: 0.5)
    post = CommandPost(
        inbox, receipts, replies, ReleaseFetch(inbox, None, NetworkSettings(), patient), patient, lambda _: None
    )
    post.look(cast("Broker", Answering()), 1.0)
    for message, code in enumerate(codes, start=1):
        post.answered(Answer(message, code), 2.0)
    assert (post.has_left, (receipts / "farewell").exists()) == (left, left)
