"""Messages of many devices, as fast as they can be made: valid windows hour by hour, health, births."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import uuid4

from msgspec.structs import replace

from counterpoint.messages.schemas import Birth, HealthReport, SensorHealth, Window, encode
from counterpoint.messages.topics import topic
from windows_made import window

DEVICES_A_SITE = 4
HOUR = timedelta(hours=1)


@cache
def example() -> Window:
    """A window that can be true: who is silent makes the rest of its visits."""
    made = window()
    told = made.statistics
    assert told is not None
    silence_s = told.visit_s - told.agent_talk_s - told.customer_talk_s
    return replace(made, statistics=replace(told, silence_s=silence_s))


def hour_window(hours_ago: int, now: float | None = None) -> Window:
    """A window of one hour that ended so many hours ago, with an id of its own."""
    at = datetime.fromtimestamp(now or time.time(), UTC).replace(minute=0, second=0, microsecond=0)
    start = at - hours_ago * HOUR
    return replace(example(), id=str(uuid4()), start_utc=start - HOUR, end_utc=start)


def device_name(number: int) -> str:
    return f"dev-{number:05d}"


def site_name(number: int) -> str:
    return f"site-{number // DEVICES_A_SITE:04d}"


def window_messages(devices: int, hours: int) -> list[tuple[str, bytes]]:
    """Topic and payload of every device's windows of the last hours, hour after hour."""
    return [
        (topic(site_name(number), device_name(number), "window"), encode(hour_window(hour)))
        for hour in range(hours, 0, -1)
        for number in range(devices)
    ]


def health(days_left: int = 200) -> bytes:
    sensor = SensorHealth(microphone="fine", words="on", light="pins", frames_lost_count=0, disk_free_mb=900)
    report = HealthReport(sensor=sensor, waiting_file_count=0, clock_set=True, certificate_left_days=days_left)
    return encode(report)


def health_messages(devices: int, rounds: int) -> list[tuple[str, bytes]]:
    """Topic and payload of every device's health, round after round; in the last one a day is left."""
    return [
        (topic(site_name(number), device_name(number), "health"), health(rounds - done))
        for done in range(rounds)
        for number in range(devices)
    ]


def birth_messages(devices: int) -> list[tuple[str, bytes]]:
    birth = Birth(version="1.0", timezone="Europe/Zurich", fewest_visits=10, fewest_people=5, health_period_s=900)
    return [(topic(site_name(number), device_name(number), "birth"), encode(birth)) for number in range(devices)]
