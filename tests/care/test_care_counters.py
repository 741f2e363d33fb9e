"""How far each person's key has counted: no command runs twice, and no key stops another."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from commands_made import DEVICE, FIRST, NOW, SECOND, STRANGER, body, command, offer, seal
from counterpoint.care.commands import Do, Here, Refuse, decide
from counterpoint.care.counters import MOST_BODIES, Counters
from counterpoint.edge.signatures import key_id, verifier
from counterpoint.messages.commands import LARGEST_COUNTER

FOURTH = Ed25519PrivateKey.from_private_bytes(bytes([4]) * 32)
ALL = (FIRST, SECOND, STRANGER, FOURTH)
"""Four people's keys; the stranger of other tests is one of ours here."""


class Device:
    """A device that carries out what it accepts."""

    def __init__(self, counters: Counters | None = None) -> None:
        self.counters = counters or Counters()
        self.keys = {key_id(key.public_key()): key.public_key() for key in ALL}

    def take(self, payload: bytes) -> str:
        here = Here(device=DEVICE, counters=self.counters, version="0.1.0", arch="amd64", now=NOW)
        judged = decide(payload, verifier(self.keys), here)
        if isinstance(judged, Refuse):
            return judged.reason
        assert isinstance(judged, Do)
        self.counters = judged.counters
        return "done"


def test_a_stolen_key_that_signs_the_highest_number_stops_nobody_else() -> None:
    device = Device()
    assert device.take(command(FIRST, counter=LARGEST_COUNTER)) == "done"
    assert device.take(command(SECOND, counter=7)) == "done"
    del device.keys[key_id(FIRST.public_key())]
    update = {"do": "update", "release": offer(b"x")}
    assert device.take(command(SECOND, STRANGER, counter=8, **update)) == "done"


def test_its_signature_beside_two_good_ones_stops_nothing_either() -> None:
    device = Device()
    device.take(command(FIRST, counter=LARGEST_COUNTER))
    assert device.take(command(FIRST, SECOND, counter=8, do="forget")) == "replayed"
    assert device.take(command(FIRST, SECOND, STRANGER, counter=8, do="forget")) == "done"


def test_a_key_that_comes_back_has_not_forgotten_its_number() -> None:
    device = Device()
    device.take(command(FIRST, counter=50))
    key = device.keys.pop(key_id(FIRST.public_key()))
    device.take(command(SECOND, counter=7))
    device.keys[key_id(FIRST.public_key())] = key
    assert device.take(command(FIRST, counter=50, not_after="2027-01-01T00:00:00Z")) == "replayed"


def test_taking_signatures_away_makes_no_new_command_of_one_that_ran() -> None:
    device, order = Device(), body(counter=9, do="forget")
    assert device.take(seal(order, FIRST, SECOND)) == "done"
    assert device.take(seal(order, STRANGER, FOURTH)) == "replayed"
    assert device.take(seal(order, *ALL)) == "replayed"


def test_what_an_older_version_wrote_binds_every_key() -> None:
    device = Device(Counters(floor=41))
    assert device.take(command(FIRST, counter=41)) == "replayed"
    assert device.take(command(FIRST, counter=42)) == "done"
    assert device.take(command(SECOND, counter=41)) == "replayed"
    assert device.take(command(SECOND, counter=42, not_after="2027-01-01T00:00:00Z")) == "done"


def test_what_is_remembered_stays_small() -> None:
    device = Device()
    for number in range(1, MOST_BODIES + 10):
        device.take(command(FIRST, counter=number))
    assert len(device.counters.bodies) == MOST_BODIES


@given(st.lists(st.tuples(st.integers(1, 6), st.sets(st.sampled_from(range(4)), min_size=1)), max_size=30))
def test_no_body_runs_twice_and_no_key_counts_back(sent: list[tuple[int, set[int]]]) -> None:
    device, before = Device(), dict[str, int]()
    ran: set[int] = set()
    for number, signers in sent:
        if device.take(command(*(ALL[each] for each in sorted(signers)), counter=number)) == "done":
            assert number not in ran
            ran.add(number)
        now = device.counters.by_key
        assert all(now[key] >= before.get(key, 0) for key in now)
        before = now
