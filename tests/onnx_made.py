"""Tiny ONNX files, written byte by byte (protobuf's wire format), for what happens with a model that is not ours.

A made model passes its first input on as its belief and its second as its state.
"""

from __future__ import annotations

from typing import Final

FLOAT: Final = 1
LENGTH_DELIMITED: Final = 2


def made_model(inputs: dict[str, tuple[int, ...]], says: dict[str, str]) -> bytes:
    """A valid model of two inputs (shapes by name) whose metadata says this; it gives back what it was given."""
    outputs = ("belief", "state_after")
    nodes = b"".join(
        _part(1, _text(1, taken) + _text(2, given) + _text(4, "Identity"))
        for taken, given in zip(inputs, outputs, strict=True)
    )
    taken_in = b"".join(_part(11, _tensor(name, shape)) for name, shape in inputs.items())
    given_out = b"".join(_part(12, _tensor(name, shape)) for name, shape in zip(outputs, inputs.values(), strict=True))
    opset = _part(8, _number(2, 17))
    metadata = b"".join(_part(14, _text(1, key) + _text(2, value)) for key, value in says.items())
    return _number(1, 8) + opset + _part(7, nodes + _text(2, "made") + taken_in + given_out) + metadata


def _tensor(name: str, shape: tuple[int, ...]) -> bytes:
    dimensions = b"".join(_part(1, _number(1, size)) for size in shape)
    return _text(1, name) + _part(2, _part(1, _number(1, FLOAT) + _part(2, dimensions)))


def _text(field: int, text: str) -> bytes:
    return _part(field, text.encode())


def _part(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | LENGTH_DELIMITED) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    groups = []
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])
