"""All that the sensor does with what may leave, in the order of a day."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from counterpoint.edge.inbox import Statements
from counterpoint.edge.outbox import Post
from counterpoint.edge.spool import Spool
from counterpoint.messages.schemas import decode_note, decode_window
from counterpoint.settings import FolderSettings, PrivacyRules, Settings
from counterpoint.values import ChannelHealth, Health
from visits_at import session, utc

if TYPE_CHECKING:
    from counterpoint.values import LeftOut

NINE = utc("2026-11-23 09:20")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in ("state", "outbox", "receipts", "inbox"):
        (tmp_path / name).mkdir()
    folders = FolderSettings(
        state=str(tmp_path / "state"),
        outbox=str(tmp_path / "outbox"),
        receipts=str(tmp_path / "receipts"),
        inbox=str(tmp_path / "inbox"),
    )
    return Settings(folders=folders, privacy=PrivacyRules(k=5, jitter_s=0.0))


def post(settings: Settings) -> Post:
    return Post(Path(settings.folders.outbox), Path(settings.folders.receipts))


def test_five_visits_become_one_message_when_their_hour_is_over(settings: Settings) -> None:
    now_s = float(NINE)
    with Spool(settings, lambda: now_s) as spool:
        for _ in range(5):
            spool.add(session())
        spool.tick()
        assert post(settings).waiting() == ()
        now_s = float(utc("2026-11-23 10:00"))
        spool.tick()
        assert post(settings).waiting() == (1,)
        payload = post(settings).read(1)
        assert payload is not None
        assert decode_window(payload).start_utc.hour == 9
        post(settings).receipt(1)
        spool.tick()
        assert list(Path(settings.folders.outbox).iterdir()) == []


def test_while_the_clock_is_not_set_visits_wait_and_nothing_leaves(settings: Settings) -> None:
    with Spool(settings) as spool:
        for _ in range(20):
            spool.add(session())
        spool.tick()
        assert post(settings).waiting() == ()


def test_when_the_publisher_says_that_the_clock_is_set_time_begins(settings: Settings) -> None:
    with Spool(settings) as spool:
        spool.add(session())
        Statements(Path(settings.folders.inbox)).clock(is_set=True)
        spool.tick()
        spool.add(session())
        spool.tick()
    assert post(settings).waiting() == ()


@pytest.mark.parametrize("why", ["button", "too_short"])
def test_what_the_button_left_out_is_nowhere(settings: Settings, why: LeftOut) -> None:
    with Spool(settings, lambda: float(NINE)) as spool:
        empty = {path: path.read_bytes() for path in Path(settings.folders.state).iterdir()}
        spool.add(session(left_out=why))
        assert {path: path.read_bytes() for path in Path(settings.folders.state).iterdir()} == empty


def test_the_sensors_health_is_coarse(settings: Settings) -> None:
    with Spool(settings) as spool:
        spool.report(Health(frames_lost=1234, words="on", light="pins", channels=ChannelHealth(silent=(2,))))
    found = post(settings).read_health(0.0, 1e12)
    assert found is not None
    told = decode_note(found)
    assert (told.frames_lost_count, told.microphone) == (1200, "fault")  # type: ignore[union-attr] # of this kind
