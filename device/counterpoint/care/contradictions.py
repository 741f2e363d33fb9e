"""Settings that are right one by one and can't be right together.

One rule: a mistake names the key that one would change, and both values.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from counterpoint.care.mistakes import Mistake
from counterpoint.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

CLOSEST_DEG: Final = 60.0  # a 64 mm array tells sectors, not degrees
FEWEST_PEOPLE: Final = 3  # below this, a window would be about somebody
USUAL_PEOPLE: Final = 5


def find_contradictions(settings: Settings) -> list[Mistake]:
    """Judge settings that each are in range; empty when they fit together."""
    return [mistake for judge in (_bearings, _pins, _floor, _nudge, _broker, _folders) for mistake in judge(settings)]


def publishing_notes(settings: Settings) -> list[str]:
    """What is no mistake and still worth a line: why nothing, or something delicate, will be published."""
    notes = []
    pool = settings.privacy.pool
    if pool < FEWEST_PEOPLE:
        notes.append(
            f"privacy.pool = {pool}: nothing is published, it would be about somebody; light and practice work"
        )
    elif pool < USUAL_PEOPLE:
        notes.append(f"privacy.pool = {pool}: so few people are a choice made by hand; the privacy page has to say so")
    if not settings.broker.host:
        notes.append("broker.host is empty: nothing is sent, the outbox fills up to its limit")
    return notes


def unset_notes(written: Container[str]) -> list[str]:
    """What is worth a line as the file leaves it out; `written` holds the dotted keys that it sets."""
    if "privacy.pool" in written:
        return []
    taken = Settings().privacy.pool
    return [f"privacy.pool is not set: taken as {taken}; set it to how many people take turns at this desk"]


def bearing_mistakes(agent: float, customer: float) -> Iterator[Mistake]:
    """Judge two bearings in degrees; none where they lie far enough apart."""
    apart = abs((agent - customer + 180) % 360 - 180)
    if apart < CLOSEST_DEG:
        problem = f"the customer at {customer:g} and the agent at {agent:g} degrees are {apart:g} degrees apart"
        remedy = f"turn or move the array so that at least {CLOSEST_DEG:g} degrees lie between them"
        yield Mistake("array.customer_deg", problem, remedy)


def _bearings(settings: Settings) -> Iterator[Mistake]:
    return bearing_mistakes(settings.array.agent_deg, settings.array.customer_deg)


def _pins(settings: Settings) -> Iterator[Mistake]:
    light, state, button = settings.light, settings.state_light, settings.button
    wanted: list[tuple[str, int | None]] = [
        ("state_light.white_pin", state.white_pin),
        ("state_light.red_pin", state.red_pin),
        ("button.pin", button.pin),
        ("button.mute_pin", button.mute_pin),
    ]
    used = {"pins": ("amber_pin", "green_pin"), "rgb": ("red_pin", "green_pin", "blue_pin")}.get(light.kind, ())
    wanted = [*((f"light.{key}", getattr(light, key)) for key in used), *wanted]
    taken: dict[int, str] = {}
    for key, pin in wanted:
        if pin in taken:
            yield Mistake(key, f"GPIO {pin} is also {taken[pin]}", "give each its own pin")
        elif pin is not None:
            taken[pin] = key


def _floor(settings: Settings) -> Iterator[Mistake]:
    floor, nudge = settings.floor, settings.nudge
    if floor.release_threshold > floor.speech_threshold:
        problem = f"{floor.release_threshold:g} is above floor.speech_threshold, {floor.speech_threshold:g}"
        yield Mistake("floor.release_threshold", problem, "speech ends below where it begins: give a smaller number")
    latest_s = nudge.hold_s + nudge.grace_s
    if nudge.talk_over and floor.predict_after_s > latest_s:
        problem = (
            f"{floor.predict_after_s:g} s is after nudge.hold_s and nudge.grace_s, {latest_s:g} s: no cue could be lit"
        )
        yield Mistake("floor.predict_after_s", problem, "give a smaller number")


def _nudge(settings: Settings) -> Iterator[Mistake]:
    full, empty = settings.nudge.confidence_full, settings.nudge.confidence_empty
    if full > empty:
        problem = f"{full:g} is above nudge.confidence_empty, {empty:g}"
        yield Mistake(
            "nudge.confidence_full", problem, "the confidence asked rises as tokens go: give a smaller number"
        )


def _broker(settings: Settings) -> Iterator[Mistake]:
    broker = settings.broker
    if not broker.host:
        return
    if any(sign in broker.host for sign in "/@ ?#"):
        yield Mistake(
            "broker.host", f'"{broker.host}" is no host name', "give the name or address alone, as in mqtt.example.org"
        )
    if not broker.tls and not _is_loopback(broker.host):
        yield Mistake("broker.tls", "false sends everything in the clear", "set it to true; false is for loopback only")
    if bool(broker.certificate_file) != bool(broker.key_file):
        missing = "key_file" if broker.certificate_file else "certificate_file"
        yield Mistake(f"broker.{missing}", "is empty while its other half is set", "give both, or neither")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _folders(settings: Settings) -> Iterator[Mistake]:
    folders = settings.folders
    used: dict[str, str] = {}
    for key in ("state", "outbox", "receipts", "inbox"):
        folder = getattr(folders, key).rstrip("/")
        if not folder:
            yield Mistake(f"folders.{key}", "is empty", "name a folder of its own")
        elif folder in used:
            yield Mistake(f"folders.{key}", f"{folder} is also folders.{used[folder]}", "give each its own folder")
        used[folder] = key
