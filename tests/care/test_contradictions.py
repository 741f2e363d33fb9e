"""Settings that are right one by one and can't be right together."""

from __future__ import annotations

import msgspec
import pytest

from counterpoint.care import find_contradictions, publishing_notes
from counterpoint.settings import Settings


def judged(**tables: dict[str, object]) -> list[str]:
    return [mistake.key for mistake in find_contradictions(msgspec.convert(tables, Settings))]


def test_the_defaults_fit_together() -> None:
    assert find_contradictions(Settings()) == []


@pytest.mark.parametrize(
    ("agent", "customer", "fits"), [(0, 60, True), (0, 59, False), (350, 20, False), (-90, 270, False)]
)
def test_the_sides_lie_at_least_60_degrees_apart(agent: float, customer: float, fits: bool) -> None:
    assert judged(array={"agent_deg": agent, "customer_deg": customer}) == ([] if fits else ["array.customer_deg"])


@pytest.mark.parametrize(
    ("tables", "key"),
    [
        ({"light": {"amber_pin": 13}}, "light.green_pin"),
        ({"button": {"mute_pin": 17}}, "button.mute_pin"),
        ({"floor": {"speech_threshold": 0.3}}, "floor.release_threshold"),
        ({"floor": {"predict_after_s": 0.9}}, "floor.predict_after_s"),
        ({"nudge": {"confidence_full": 0.95}}, "nudge.confidence_full"),
        ({"broker": {"host": "mqtts://b.example"}}, "broker.host"),
        ({"broker": {"host": "b.example", "tls": False}}, "broker.tls"),
        ({"broker": {"host": "b.example", "certificate_file": "a"}}, "broker.key_file"),
        ({"broker": {"host": "b.example", "key_file": "a"}}, "broker.certificate_file"),
        ({"folders": {"receipts": "/var/lib/counterpoint/outbox/"}}, "folders.receipts"),
        ({"folders": {"state": ""}}, "folders.state"),
    ],
)
def test_each_contradiction_names_the_key_to_change(tables: dict[str, dict[str, object]], key: str) -> None:
    assert judged(**tables) == [key]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_without_tls_only_on_loopback(host: str) -> None:
    assert judged(broker={"host": host, "tls": False}) == []


def test_pins_of_a_light_that_is_none_are_free() -> None:
    assert judged(light={"kind": "none", "amber_pin": 17}) == []


@pytest.mark.parametrize(("pool", "said"), [(2, "nothing is published"), (3, "by hand"), (5, "")])
def test_a_small_pool_is_no_mistake_and_said(pool: int, said: str) -> None:
    notes = publishing_notes(msgspec.convert({"privacy": {"pool": pool}, "broker": {"host": "b"}}, Settings))
    assert notes == [] if not said else said in notes[0]
