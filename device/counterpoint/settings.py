"""Every setting, with its unit, range, default and reason; the only place where a default lives.

One rule: settings are frozen values. Reading the TOML file, and finding the line of a mistake, is
`edge/settings_file.py`. The stages take their part of the tree as their rules.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Degrees = Annotated[float, Meta(ge=-360, le=360)]
Seconds = Annotated[float, Meta(gt=0, le=3600)]
Share = Annotated[float, Meta(ge=0, le=1)]
Pin = Annotated[int, Meta(ge=0, le=27)]
Code = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every table: frozen, and a key that does not exist is an error."""


class SiteSettings(Rules, frozen=True):
    """Which service point this is; opaque codes, never a name of a person."""

    code: Code = "site"
    timezone: str = "UTC"
    """IANA name; windows are runs of whole local hours."""


class ArraySettings(Rules, frozen=True):
    """The microphone array and where the two sides are."""

    name: str = "respeaker-usb-v2"
    """A built-in array, or the path of a geometry file (TOML)."""
    device: str = ""
    """Part of the stable name of the capture device; empty takes the array's own names, else (none) the default."""
    agent_deg: Degrees = 0.0
    customer_deg: Degrees = 180.0


class FloorRules(Rules, frozen=True):
    """When speech is speech, and what an overlap is called (Beattie 1982; TurnBench 2026)."""

    speech_threshold: Share = 0.5
    release_threshold: Share = 0.4
    """Hysteresis: speech goes on until the probability falls below this."""
    bridge_s: Seconds = 0.2
    """A pause shorter than this does not end speech."""
    min_speech_s: Seconds = 0.1
    """Shorter bursts are no speech."""
    turn_silence_s: Seconds = 1.5
    """A turn ends with the floor's change or this much silence."""
    transition_s: Seconds = 0.5
    """An overlap that begins in the last part of a turn that was ending anyway is a transition."""
    backchannel_max_s: Seconds = 1.0
    """Longer speech of the second voice is no backchannel, unless the detector is sure."""
    pause_backchannel_max_s: Seconds = 0.6
    """In a pause, or at the end, of the first voice's turn a longer word is an answer, whatever the detector says."""
    predict_after_s: Seconds = 0.3
    """A talk-over is predicted after this much overlap at the earliest."""
    predict_confidence: Share = 0.6
    sure_evidence: Share = 0.8
    """The detector's mean evidence from here up (or from one minus this down) overrules what the timing alone says."""
    yield_silence_s: Seconds = 1.0
    """The floor is taken when the first voice stays silent for this long while the second goes on."""


class NudgeRules(Rules, frozen=True):
    """When the light is lit; every number with the evidence named in the design."""

    talk_over: bool = True
    cut_off: bool = False
    """On by default only when its measured precision is at least 0.75."""
    hold_s: Seconds = 0.7
    """Shorter overlaps are mostly transitions and backchannels (Levinson & Torreira 2015: 75 % end within 0.38 s)."""
    grace_s: Seconds = 0.1
    """A cue that would come later than this after `hold_s` is not lit: by then most overlaps are over."""
    yield_within_s: Seconds = 0.7
    refractory_s: Annotated[float, Meta(ge=0, le=3600)] = 25.0
    tokens: Annotated[int, Meta(ge=1, le=60)] = 6
    token_minutes: Annotated[float, Meta(gt=0, le=600)] = 10.0
    """One token comes back after this time, in minutes."""
    confidence_full: Share = 0.6
    confidence_empty: Share = 0.9
    """The confidence asked rises from `confidence_full` to `confidence_empty` as tokens go."""
    show_s: Seconds = 2.0
    """How long a cue stays lit after the overlap has ended or the ramp is complete."""
    withhold_share: Share = 0.0
    """Share of cues withheld at random; only where staff agreed to it."""
    dark_days: Annotated[int, Meta(ge=0, le=60)] = 0
    """First days without light."""
    good_listening: bool = False
    """A soft green, once a visit, when the customer has finished a long turn without being talked over."""
    good_turn_s: Seconds = 10.0
    """A customer's turn of at least this length counts as long."""


class LightSettings(Rules, frozen=True):
    """The agent's light. `kind` names a file in edge/lights/."""

    kind: str = "pins"
    amber_pin: Pin = 18
    green_pin: Pin = 13
    red_pin: Pin = 12
    """With `green_pin` and `blue_pin`, the RGB LED of kind `rgb`."""
    blue_pin: Pin = 19
    ring_first: Annotated[int, Meta(ge=0, le=11)] = 0
    """First LED of an array's ring that faces the agent, and how many do; the customer sees the others."""
    ring_count: Annotated[int, Meta(ge=1, le=12)] = 3
    brightness: Annotated[float, Meta(gt=0, le=0.6)] = 0.25
    """Full brightness of a cue, share of what the LED can do; never above 0.6."""
    ramp_s: Annotated[float, Meta(ge=0.3, le=3)] = 0.5
    """Slow amber ramp: from dark to `brightness`."""


class StateLightSettings(Rules, frozen=True):
    """The microphone-state light that both sides see: steady white listening, steady red off."""

    white_pin: Pin = 23
    red_pin: Pin = 24
    brightness: Annotated[float, Meta(gt=0, le=1)] = 0.3


class ButtonSettings(Rules, frozen=True):
    """One button: a short press leaves this visit out, a long one pauses."""

    pin: Pin = 17
    mute_pin: Pin | None = None
    """Senses the real mute switch: low means the microphones have no power."""
    long_press_s: Annotated[float, Meta(ge=0.5, le=10)] = 2.0
    pause_s: Annotated[float, Meta(ge=60, le=14400)] = 3600.0


class SessionRules(Rules, frozen=True):
    """What counts as a customer's visit."""

    end_silence_s: Seconds = 45.0
    min_customer_s: Annotated[float, Meta(ge=0, le=60)] = 3.0
    complex_overlap_share: Share = 0.25
    """More overlap than this share of the time in which anyone speaks: several voices on a side; no light, left out."""
    unclear_share: Share = 0.05
    """More of the visit than this with sides that can't be told apart: left out."""
    lost_share: Share = 0.02
    """More of the visit's audio than this lost: left out (a share of talk is promised to a few points)."""


class WordsSettings(Rules, frozen=True):
    """The recogniser on the agent's side."""

    enabled: bool = True
    language: Literal["en", "de"] = "en"
    model: str = ""
    """Folder of the Vosk model; empty takes the one that `counterpoint models pull` installed."""
    min_confidence: Share = 0.85
    """Mean word confidence over `doubt_s` below which words go off for the visit (models/recogniser.md)."""
    doubt_s: Seconds = 10.0
    queue_s: Annotated[float, Meta(ge=1, le=60)] = 8.0
    """Audio that may wait for the recogniser; more is dropped and counted."""


class PrivacyRules(Rules, frozen=True):
    """What may leave the device. The floors are hard: there is no setting below them."""

    k: Annotated[int, Meta(ge=5, le=1000)] = 10
    """Fewest visits in a published window (default 10, floor 5)."""
    pool: Annotated[int, Meta(ge=1, le=1000)] = 5
    """How many people take turns at this device; below 3 nothing is published, 3 or 4 is a choice made by hand."""
    window: Literal["hour", "day", "week"] = "hour"
    """A window closes at the end of such a stretch at the earliest: the longer, the less those can learn who read the
    broker's windows and know the roster (device/docs/privacy.md)."""
    jitter_s: Annotated[float, Meta(ge=0, le=7200)] = 900.0
    """A window waits a random time up to this, so that no message shows when a visit ended."""


class BrokerSettings(Rules, frozen=True):
    """Where the publisher sends to."""

    host: str = ""
    """Empty: nothing is published; the outbox fills up to its limit."""
    port: Annotated[int, Meta(ge=1, le=65535)] = 8883
    transport: Literal["tcp", "websockets"] = "tcp"
    """`websockets` with port 443 passes firewalls that let nothing else out; TLS is the same."""
    path: Annotated[str, Meta(pattern=r"^/[!-~]{0,199}$")] = "/mqtt"
    """Where the broker listens for WebSocket; only for `websockets`."""
    tls: bool = True
    """False only on loopback, for the demo."""
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    device_id: str = ""
    """Empty takes the certificate's common name."""
    health_minutes: Annotated[float, Meta(ge=1, le=1440)] = 15.0


class NetworkSettings(Rules, frozen=True):
    """What stands between the device and the world; for the publisher, enrolment and updates."""

    proxy_host: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:-]{0,253}$")] = ""
    """HTTP proxy that lets CONNECT through; empty: straight. No scheme, no password here."""
    proxy_port: Annotated[int, Meta(ge=1, le=65535)] = 3128
    proxy_credentials_file: str = ""
    """One line, user:password, for a proxy that asks for Basic; readable by the publisher alone."""


class EnrolmentSettings(Rules, frozen=True):
    """Who signs this device's certificate. The one-time token is no setting: it lives on the boot partition only."""

    url: Annotated[str, Meta(pattern=r"^(https://[A-Za-z0-9.:\[\]-]{1,253}/?)?$")] = ""
    """The fleet's enrolment service, as in https://enrol.example.org:8443; empty: a request on a stick."""
    ca_sha256: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")] = ""
    """Fingerprint of the site's authority, where broker.ca_file is not there yet."""


class FolderSettings(Rules, frozen=True):
    """The spool folders; systemd makes them, see systemd/."""

    state: str = "/var/lib/counterpoint/sensor"
    outbox: str = "/var/lib/counterpoint/outbox"
    receipts: str = "/var/lib/counterpoint/receipts"
    inbox: str = "/var/lib/counterpoint/inbox"
    replies: str = "/var/lib/counterpoint/replies"
    """The caretaker's answers to commands, for the publisher."""
    care: str = "/var/lib/counterpoint/care"
    """The caretaker's own state; root's alone."""
    releases: str = "/var/lib/counterpoint/releases"
    command_keys: str = "/etc/counterpoint/command-keys"
    """Public keys (*.pub, Ed25519, PEM) whose commands this device obeys; without one it obeys none."""
    models: str = ""
    """Empty takes the folder that came with the package."""
    outbox_days: Annotated[int, Meta(ge=1, le=30)] = 30
    outbox_files: Annotated[int, Meta(ge=10, le=100_000)] = 2000


class Settings(Rules, frozen=True):
    """The whole tree: one TOML file, one table a part."""

    site: SiteSettings = SiteSettings()
    array: ArraySettings = ArraySettings()
    floor: FloorRules = FloorRules()
    nudge: NudgeRules = NudgeRules()
    light: LightSettings = LightSettings()
    state_light: StateLightSettings = StateLightSettings()
    button: ButtonSettings = ButtonSettings()
    session: SessionRules = SessionRules()
    words: WordsSettings = WordsSettings()
    privacy: PrivacyRules = PrivacyRules()
    broker: BrokerSettings = BrokerSettings()
    network: NetworkSettings = NetworkSettings()
    enrolment: EnrolmentSettings = EnrolmentSettings()
    folders: FolderSettings = FolderSettings()
