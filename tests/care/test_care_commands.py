"""What a device makes of a command: carried out, or refused with the reason that the fleet is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands_made import DEVICE, FIRST, NOW, SECOND, STRANGER, body, command, offer, seal
from counterpoint.care.commands import Do, Here, Refuse, decide
from counterpoint.care.counters import Counters
from counterpoint.edge.signatures import key_id, verifier
from counterpoint.messages.commands import LARGEST_COMMAND_BYTES, decode_order

HERE = Here(device=DEVICE, counters=Counters(floor=6), version="0.1.0", arch="amd64", now=NOW)
OURS = verifier({key_id(key.public_key()): key.public_key() for key in (FIRST, SECOND)})
OFFER = offer(b"the file of a release")


def judged(payload: bytes, here: Here = HERE) -> Do | Refuse:
    return decide(payload, OURS, here)


def test_a_restart_needs_one_key() -> None:
    sealed = json.dumps(body(counter=7)).encode()
    after = HERE.counters.after([key_id(FIRST.public_key())], 7, sealed)
    assert judged(command(FIRST, counter=7)) == Do(decode_order(sealed), after)


@pytest.mark.parametrize("do", ["update", "forget"])
def test_what_ends_or_changes_the_service_needs_two_keys(do: str) -> None:
    release = OFFER if do == "update" else None
    assert isinstance(judged(command(FIRST, SECOND, counter=7, do=do, release=release)), Do)
    assert judged(command(FIRST, counter=7, do=do, release=release)) == Refuse("too_few_keys", do)  # type: ignore[arg-type] # a word of the list


def test_two_signatures_of_one_key_are_one() -> None:
    assert judged(command(FIRST, FIRST, counter=7, do="forget")) == Refuse("too_few_keys", "forget")


def test_a_stranger_beside_one_of_ours_does_not_count() -> None:
    assert judged(command(FIRST, STRANGER, counter=7, do="forget")) == Refuse("too_few_keys", "forget")


def test_signed_by_somebody_else() -> None:
    assert judged(command(STRANGER, counter=7)) == Refuse("signed_by_others")


def test_signed_by_nobody() -> None:
    assert judged(seal(body(counter=7))) == Refuse("signed_by_others")


def test_a_body_changed_after_it_was_signed() -> None:
    for_another, ours = (json.loads(command(FIRST, counter=counter)) for counter in (7, 8))
    for_another["signatures"] = ours["signatures"]
    assert judged(json.dumps(for_another).encode()) == Refuse("signed_by_others")


def test_a_device_without_keys_obeys_nobody() -> None:
    assert decide(command(FIRST, counter=7), verifier({}), HERE) == Refuse("no_keys")


def test_for_another_device() -> None:
    assert judged(command(FIRST, counter=7, device="another-one")) == Refuse("another_device", "restart")


@pytest.mark.parametrize("counter", [1, 6])
def test_a_replayed_command(counter: int) -> None:
    assert judged(command(FIRST, counter=counter)) == Refuse("replayed", "restart")


def test_expired_and_too_early_where_the_clock_is_set() -> None:
    late = command(FIRST, counter=7, not_after=(NOW - timedelta(seconds=1)).isoformat())
    early = command(FIRST, counter=7, not_before=(NOW + timedelta(seconds=1)).isoformat())
    assert judged(late) == Refuse("expired", "restart")
    assert judged(early) == Refuse("too_early", "restart")


@pytest.mark.parametrize("do", ["update", "roll_back", "forget"])
def test_before_the_clock_is_set_what_could_be_an_old_command_is_refused(do: str) -> None:
    unset = replace(HERE, now=None, released=True)
    asked = command(counter=7, do=do, release=OFFER if do == "update" else None)
    assert judged(asked, unset) == Refuse("clock", do)  # type: ignore[arg-type] # a word of the list
    assert isinstance(judged(asked, replace(unset, now=NOW)), Do)


def test_a_restart_does_no_harm_late() -> None:
    unset = replace(HERE, now=None)
    late = command(FIRST, counter=7, not_after=(NOW - timedelta(seconds=1)).isoformat())
    assert isinstance(judged(late, unset), Do)
    assert judged(command(FIRST, counter=6), unset) == Refuse("replayed", "restart")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"arch": "arm64"}, "another_architecture"),
        ({"version": "0.1.0"}, "not_newer"),
        ({"version": "0.0.9"}, "not_newer"),
    ],
)
def test_a_release_that_is_not_for_here(changed: dict[str, str], reason: str) -> None:
    payload = command(counter=7, do="update", release={**OFFER, **changed})
    assert judged(payload) == Refuse(reason, "update")  # type: ignore[arg-type] # a word of the list


def test_an_update_without_a_release() -> None:
    assert judged(command(counter=7, do="update")) == Refuse("no_release", "update")


def test_no_update_during_a_trial() -> None:
    in_trial = Here(
        device=DEVICE, counters=Counters(floor=6), version="0.1.0", arch="amd64", now=NOW, in_trial=True, released=True
    )
    assert judged(command(counter=7, do="update", release=OFFER), in_trial) == Refuse("busy", "update")
    assert isinstance(judged(command(FIRST, counter=7, do="roll_back"), in_trial), Do)


def test_nothing_to_roll_back() -> None:
    assert judged(command(FIRST, counter=7, do="roll_back")) == Refuse("nothing_to_roll_back", "roll_back")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x00\xff garbage \xfe",
        b"[]",
        command(FIRST, counter=7)[:-20],
        b" " * LARGEST_COMMAND_BYTES + command(FIRST, counter=7),
        b"x" * 1_000_000,
        json.dumps({**json.loads(command(FIRST, counter=7)), "also": 1}).encode(),
        json.dumps({**json.loads(command(FIRST, counter=7)), "body": "no base64!"}).encode(),
        command(FIRST, counter=7, do="set_k"),
        command(FIRST, counter=7, also="this"),
        command(FIRST, counter=0),
        command(FIRST, counter=7, not_after="tomorrow"),
        command(counter=7, do="update", release={**OFFER, "url": "http://plain.example.org/x.tar"}),
        seal("not an order", FIRST),
    ],
)
def test_what_is_no_command(payload: bytes) -> None:
    assert judged(payload) == Refuse("unreadable")


@given(st.binary(max_size=400))
def test_no_bytes_are_carried_out_by_chance(payload: bytes) -> None:
    assert judged(payload) == Refuse("unreadable")


@given(st.integers(0, 2**53 - 1), st.integers(1, 2**53 - 1))
def test_the_number_must_grow(last: int, counter: int) -> None:
    here = Here(device=DEVICE, counters=Counters(floor=last), version="0.1.0", arch="amd64", now=NOW)
    assert isinstance(judged(command(FIRST, counter=counter), here), Do) is (counter > last)
