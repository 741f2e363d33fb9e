"""What `doctor` makes of what it saw: fine, worth a look, or to be mended, and how.

One rule: a judge takes values and returns a Check; the looking is edge/examine.py. Whatever is not fine has a remedy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from counterpoint.care.contradictions import FEWEST_PEOPLE, USUAL_PEOPLE
from counterpoint.values import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterpoint.settings import PrivacyRules
    from counterpoint.values import ChannelHealth, Placement, Side

State = Literal["ok", "warn", "fail", "skipped"]

SILENT_DBFS: Final = -90.0  # one bit of 16: below any live microphone's own noise
LOST_SHARE: Final = 0.001  # a live capture loses nothing; a thousandth is a USB port or a processor that is too slow
FULL_MB: Final = 100  # an update and a day of logs
LOW_MB: Final = 500
PUBLISHER_UNIT: Final = "counterpoint-publisher.service"
NOT_SENT: Final = 50  # messages: a day's windows never come near


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What was looked at; stable, for other programs.
        state: `warn` works and is worth a look, `fail` has to be mended, `skipped` does not apply.
        what: What was seen, one line.
        remedy: What to do; empty where all is fine.
    """

    name: str
    state: State
    what: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """A short recording, judged.

    Attributes:
        channels: Channels that the device gave.
        health: What the channel watch says of the raw channels.
        loudest_dbfs: Level of the loudest raw channel, dB of full scale.
        samples: Samples taken.
        lost_samples: Samples lost among them.
        levels_dbfs: Level of each raw channel over all of it, dB of full scale.
    """

    channels: int
    health: ChannelHealth
    loudest_dbfs: float
    samples: int
    lost_samples: int
    levels_dbfs: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class FolderSeen:
    """A spool folder: its settings key and path, and what may be done with it."""

    key: str
    path: str
    is_there: bool
    can_use: bool


def judge_error(name: str, message: str, state: State = "fail") -> Check:
    """A check that ended in one of our errors, whose message says what happened and, last, what to do."""
    sign = "; " if "; " in message else ": "
    what, _, remedy = message.rpartition(sign)
    return Check(name, state, what, remedy) if what else Check(name, state, message, "see the message")


def judge_settings(path: str, notes: list[str]) -> Check:
    """Whether a settings file that can be used leaves out what only people know."""
    if notes:
        what, _, remedy = notes[0].partition("; ")
        return Check("settings", "warn", f"{path}: {what}", remedy)
    return Check("settings", "ok", path)


def judge_privacy(rules: PrivacyRules) -> Check:
    """Whether the settings let anything be published."""
    people = f"{rules.pool} people take turns; set privacy.pool if fewer share this desk"
    what = f"windows of at least {rules.k} visits, {people}"
    if rules.pool < FEWEST_PEOPLE:
        remedy = f"nothing is published below {FEWEST_PEOPLE} people; the light and practice work"
        return Check("privacy", "warn", what, remedy)
    if rules.pool < USUAL_PEOPLE:
        return Check("privacy", "warn", what, "so few people are a choice made by hand: the privacy page has to say so")
    return Check("privacy", "ok", what)


def judge_sides(array: str, *, apart: bool) -> Check:
    """Whether the array can tell the two sides apart at their bearings."""
    if apart:
        return Check("sides", "ok", f"{array} tells the two sides apart")
    remedy = "turn the array so that its microphones don't stand in a line along the counter, then set the bearings"
    return Check("sides", "fail", f"{array} hears both sides alike at these bearings", remedy)


def judge_microphone(array: str, heard: Heard) -> Check:
    """Whether the microphone gives sound without losing any."""
    seconds = heard.samples / SAMPLE_RATE_HZ
    lost = heard.lost_samples / max(1, heard.samples)
    if heard.lost_samples >= heard.samples:
        return Check("microphone", "fail", f"{array} is there and gives no sound", "plug it in again, or another port")
    if lost > LOST_SHARE:
        remedy = "use another USB port, no hub, and stop what keeps the processor busy"
        return Check("microphone", "warn", f"{lost:.1%} of {seconds:.0f} s were lost", remedy)
    return Check("microphone", "ok", f"{array}, {heard.channels} channels, {seconds:.0f} s without a loss")


def judge_listening_sensor(microphone: str, frames_lost: int) -> list[Check]:
    """What a sensor that holds the microphone says of it: "fine" or "fault", and frames lost since its start."""
    holds = Check("microphone", "ok", f"the running sensor has it, at least {frames_lost} frames lost since its start")
    if microphone == "fine":
        return [holds, Check("channels", "ok", "no single one fails, says the running sensor")]
    remedy = "to see which: systemctl stop counterpoint-sensor.service, then run doctor again"
    return [holds, Check("channels", "fail", "the running sensor hears a channel that is not well", remedy)]


def judge_channels(heard: Heard) -> Check:
    """Whether each raw channel is alive and its own."""
    if heard.loudest_dbfs <= SILENT_DBFS:
        remedy = "switch the microphones on (mute switch, system mixer), or set array.device to the right one"
        return Check("channels", "fail", "digital silence on every channel", remedy)
    health = heard.health
    faults = [
        f"{what} {_list(channels)}"
        for what, channels in (("silent", health.silent), ("frozen", health.frozen))
        if channels
    ]
    faults += [f"channels {first} and {second} carry the same" for first, second in health.duplicated]
    if faults:
        remedy = "check array.name, the array's firmware and its cable; a dead microphone needs a new array"
        return Check("channels", "fail", ", ".join(faults), remedy)
    if health.clipping:
        return Check(
            "channels", "warn", f"clipping on {_list(health.clipping)}", "lower the capture level in the mixer"
        )
    return Check("channels", "ok", f"alive and distinct, loudest at {heard.loudest_dbfs:.0f} dB of full scale")


def judge_placement(placement: Placement, unheard: Side | None) -> list[Check]:
    """What the sensor found, in minutes of speech: whether the array is well placed, and each side is ever heard."""
    faults = [Check("placement", "fail", *fault) for fault in placement_faults(placement)]
    if not faults:
        faults = [Check("placement", "ok", "the sensor has heard nothing against the array's order and place")]
    if unheard is None:
        return [*faults, Check("hearing", "ok", "the sensor has found no side that can't be heard")]
    return [*faults, Check("hearing", "fail", *unheard_fault(unheard))]


def placement_faults(placement: Placement) -> Iterator[tuple[str, str]]:
    """What is wrong with the array's place, and what to do, a pair a fault."""
    if placement.wrong_order:
        yield (
            "the microphones are not in the order of this array: another order fits what is heard better",
            "check array.name, array.device and the firmware; for an array of your own, the order of raw in its file",
        )
    if placement.turned:
        yield (
            "the array has been moved or turned: nobody speaks from where the agent or the customer should be",
            "turn it back, run counterpoint calibrate, or set array.agent_deg and array.customer_deg to where they are",
        )
    if placement.alike:
        yield (
            "both microphones hear the same: neither is nearer to its own side",
            "move each to its own person, at least three times nearer than to the other, and out of mono",
        )


def unheard_fault(unheard: Side) -> tuple[str, str]:
    """What it means that one side is never heard, and what to do."""
    if unheard == "customer":
        remedy = (
            'behind glass or an intercom, use a microphone a side (array.name = "stereo"); else see that nothing'
            " stands before the array, and check array.customer_deg; a desk that only telephones is fine"
        )
        return "cannot hear the customer: minutes of the agent's talk, and nobody answers", remedy
    remedy = "check array.agent_deg and that array.agent_deg and array.customer_deg are not exchanged"
    return "cannot hear the agent: minutes of the customer's talk, and nobody answers", remedy


def judge_clock(*, is_set: bool) -> Check:
    """Whether windows can be closed."""
    if is_set:
        return Check("clock", "ok", "set")
    remedy = "let it reach a time server, 123/udp, or name your own (network.md): timedatectl timesync-status"
    return Check("clock", "fail", "not known to be right: no window can be closed", remedy)


def judge_disk(folder: str, free_mb: int) -> Check:
    """Whether there is room for the ledger and the outbox."""
    what = f"{free_mb} MB free at {folder}"
    if free_mb < FULL_MB:
        return Check("disk", "fail", what, "free some space: nothing can be kept on a full disk")
    if free_mb < LOW_MB:
        return Check("disk", "warn", what, f"free some space before it is below {FULL_MB} MB")
    return Check("disk", "ok", what)


def judge_folders(folders: list[FolderSeen]) -> Check:
    """Whether the spool folders are there and can be used by who runs this."""
    missing = [f"{folder.key} ({folder.path})" for folder in folders if not folder.is_there]
    if missing:
        remedy = "install the package, whose systemd units make them, or set [folders] to folders that are there"
        return Check("folders", "fail", f"missing: {', '.join(missing)}", remedy)
    closed = [f"{folder.key} ({folder.path})" for folder in folders if not folder.can_use]
    if closed:
        remedy = "run doctor as root; if it says this to root, the disk is mounted read-only"
        return Check("folders", "fail", f"this user can't use {', '.join(closed)}", remedy)
    return Check("folders", "ok", ", ".join(folder.key for folder in folders))


def judge_waiting(waiting: int, dropped: int) -> Check:
    """Whether what is ready also leaves, and whether any was given up."""
    what = f"{waiting} messages wait for the broker" + (f", {dropped} were dropped unsent" if dropped else "")
    if waiting > NOT_SENT:
        return Check("outbox", "warn", what, f"see the broker check, and: systemctl status {PUBLISHER_UNIT}")
    if dropped:
        return Check("outbox", "warn", what, "see the broker check; once seen, delete the file `dropped` in the outbox")
    return Check("outbox", "ok", what)


def judge_publisher(*, connected: bool, trouble: str) -> Check:
    """How the publisher fares, in its own words."""
    if trouble:
        return Check("publisher", "warn", trouble, f"see the broker check, and: journalctl -u {PUBLISHER_UNIT}")
    return Check("publisher", "ok", "connected to the broker" if connected else "running, not connected yet")


def judge_inbox(refused: int, unknown: int) -> Check:
    """Whether anything lies in the inbox that the publisher should not have written."""
    if refused + unknown:
        what = f"{refused} files refused, {unknown} of unknown names"
        return Check("inbox", "warn", what, "delete them; if they come back, look at who writes there")
    return Check("inbox", "ok", "nothing foreign")


def _list(channels: tuple[int, ...]) -> str:
    return ("channel " if len(channels) == 1 else "channels ") + ", ".join(map(str, channels))
