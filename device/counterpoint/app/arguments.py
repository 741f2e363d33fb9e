"""What a number on the command line may be; one rule: what is out of range is said with the range."""

from __future__ import annotations

import argparse
from typing import Final

FASTEST: Final = 1000.0
FULL_CIRCLE_DEG: Final = 360.0  # as in [array]
LAST_PORT: Final = 65535


def number(text: str) -> float:
    """Any number."""
    try:
        return float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from error


def bearing(text: str) -> float:
    """Degrees, as in [array]."""
    degrees = number(text)
    if not -FULL_CIRCLE_DEG <= degrees <= FULL_CIRCLE_DEG:
        raise argparse.ArgumentTypeError(f"must be from -{FULL_CIRCLE_DEG:g} to {FULL_CIRCLE_DEG:g} degrees")
    return degrees


def speed(text: str) -> float:
    """Times faster than life."""
    times = number(text)
    if not 0 < times <= FASTEST:
        raise argparse.ArgumentTypeError(f"must be above 0 and at most {FASTEST}")
    return times


def port(text: str) -> int:
    """A TCP port; 0 asks for any."""
    asked = number(text)
    if not (asked.is_integer() and 0 <= asked <= LAST_PORT):
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to {LAST_PORT}")
    return int(asked)
