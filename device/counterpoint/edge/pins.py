"""The Pi's pins through gpiozero: the button, the microphone-state light and the mute sense.

One rule: without pins each of these is there, does nothing, and says so once in one line; the device runs on.
"""

from __future__ import annotations

import importlib
import logging
import math
import os
import tempfile
from contextlib import contextmanager
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Self

from gpiozero import PWMLED, Device, DigitalInputDevice, GPIOZeroError
from gpiozero import Button as PressButton

from counterpoint.errors import PartMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from counterpoint.settings import ButtonSettings, StateLightSettings

BOUNCE_S: Final = 0.02  # a cheap push button settles within 10 ms
VERY_LONG_S: Final = (
    10.0,
    15.0,
)  # nobody holds a button for so long by accident, and a thing that lies on it holds it longer
BREATH_S: Final = 2.0
BREATH_LOW: Final = 0.35  # of the state light's brightness: while it breathes it is plainly on
TICK_S: Final = 0.02  # 50 steps a second look smooth
GAMMA: Final = 2.2  # the eye's answer to light: half as bright to look at is 0.22 of the power
log: Final = logging.getLogger(__name__)


def duty(brightness: float) -> float:
    """Duty cycle in [0, 1] that looks `brightness` bright, in [0, 1]."""
    return float(brightness**GAMMA)


@cache
def say_once(message: str) -> None:
    """Log a warning, the first time that it is said."""
    log.warning("%s", message)


def find_pins() -> Any:  # noqa: ANN401 - gpiozero publishes no types
    """The pin factory of this Pi.

    Raises:
        PartMissing: No lgpio, no Pi, or no right to use its pins.
    """
    if Device.pin_factory is None:
        with pin_errors("no pins"):
            Device.pin_factory = _lgpio_factory()
    return Device.pin_factory


@contextmanager
def pin_errors(what: str) -> Iterator[None]:
    """Turn whatever a pin library raises into one line of ours.

    Raises:
        PartMissing: With what happened, and what to do.
    """
    try:
        yield
    except ImportError as error:
        raise PartMissing(f"{what}: lgpio is not installed; on a Pi, apt install python3-lgpio") from error
    except GPIOZeroError as error:
        raise PartMissing(f"{what}: {error}; pins need a Raspberry Pi, elsewhere set light.kind = 'none'") from error
    except Exception as error:
        if not _is_lgpio(error):
            raise
        remedy = "let this user into the group gpio, and nothing else use the pin"
        raise PartMissing(f"{what}: {error}; {remedy}") from error


def _is_lgpio(error: Exception) -> bool:
    """`lgpio.error` is a bare Exception and lgpio may not be there to import, so it is known by its name."""
    return isinstance(error, OSError) or type(error).__module__ == "lgpio"


def _lgpio_factory() -> Any:  # noqa: ANN401 - gpiozero publishes no types
    """Import lgpio without its traces: it writes a FIFO into LG_WD, and makes that the working directory."""
    here = os.open(".", os.O_RDONLY)
    try:
        with tempfile.TemporaryDirectory(prefix="counterpoint-pins-", ignore_cleanup_errors=True) as folder:
            os.environ["LG_WD"] = folder
            pins = importlib.import_module("gpiozero.pins.lgpio")
            os.fchdir(here)
    finally:
        os.fchdir(here)
        os.close(here)
    return pins.LGPIOFactory()


class _Pins:
    """Devices on pins as one context manager; none when the pins are missing."""

    def __init__(self, what: str, make: Callable[[Any], tuple[Any, ...]]) -> None:
        self._devices: tuple[Any, ...] = ()
        try:
            factory = find_pins()
            with pin_errors(what):
                self._devices = make(factory)
        except PartMissing as missing:
            say_once(str(missing))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the pins; again is fine."""
        for device in self._devices:
            device.close()


class Button(_Pins):
    """The one button: a short press, a long one and, let go of between 10 and 15 s, a very long one.

    A very long press is a long one first. Whatever lies on the button for longer, a folder or a bag, asks for nothing
    more. The callbacks run on gpiozero's threads: put what happened into a queue, and return.
    """

    def __init__(
        self,
        settings: ButtonSettings,
        *,
        short_press: Callable[[], None],
        long_press: Callable[[], None],
        very_long_press: Callable[[], None] = lambda: None,
    ) -> None:
        self._short_press = short_press
        self._long_press = long_press
        self._very_long_press = very_long_press
        self._was_long = False
        self._down_s = 0.0
        super().__init__(
            f"no button on GPIO {settings.pin}",
            lambda pins: (
                PressButton(settings.pin, bounce_time=BOUNCE_S, hold_time=settings.long_press_s, pin_factory=pins),
            ),
        )
        for button in self._devices:
            button.when_pressed = self._pressed
            button.when_held = self._held
            button.when_released = self._released

    def _pressed(self) -> None:
        self._down_s = monotonic()

    def _held(self) -> None:
        self._was_long = True
        self._long_press()

    def _released(self) -> None:
        if not self._was_long:
            self._short_press()
        elif VERY_LONG_S[0] <= monotonic() - self._down_s < VERY_LONG_S[1]:
            self._very_long_press()
        self._was_long = False


class MicrophoneStateLight(_Pins):
    """The light that both sides see: steady white while the microphone listens, steady red while it is off.

    Red from the start. It is dark only while no program runs: pins are let go of with the program.
    """

    def __init__(self, settings: StateLightSettings) -> None:
        self._brightness = settings.brightness
        self._white: bool | None = None
        self._breathes = False
        super().__init__(
            f"no microphone-state light on GPIO {settings.white_pin} and {settings.red_pin}",
            lambda pins: (
                PWMLED(settings.white_pin, pin_factory=pins),
                PWMLED(settings.red_pin, pin_factory=pins),
            ),
        )
        for device in self._devices:
            device.source_delay = TICK_S
        self.off()

    def listening(self) -> None:
        """White: the microphone listens."""
        self._show(white=True)

    def off(self) -> None:
        """Red: the microphone is off, or paused."""
        self._show(white=False)

    def breathe(self, *, on: bool) -> None:
        """Let the white swell and sink while the microphone listens: a sign to both sides, as in a calibration."""
        if on is not self._breathes:
            self._breathes = on
            self._set(white=bool(self._white))

    def _show(self, *, white: bool) -> None:
        if white is not self._white:
            self._white = white
            self._set(white=white)

    def _set(self, *, white: bool) -> None:
        for device, lit in zip(self._devices, (white, not white), strict=False):
            device.source = None
            device.value = duty(self._brightness) if lit else 0
            if lit and white and self._breathes:
                device.source = self._breaths()

    def _breaths(self) -> Iterator[float]:
        began_s = monotonic()
        while True:
            swell = (1 + math.cos(2 * math.pi * (monotonic() - began_s) / BREATH_S)) / 2
            yield duty(self._brightness * (BREATH_LOW + (1 - BREATH_LOW) * swell))


class MuteSense(_Pins):
    """Senses the real mute switch; without a pin for it nothing is ever known to be muted."""

    def __init__(self, settings: ButtonSettings) -> None:
        pin = settings.mute_pin
        super().__init__(
            f"no mute sense on GPIO {pin}",
            lambda pins: () if pin is None else (DigitalInputDevice(pin, pull_up=True, pin_factory=pins),),
        )

    @property
    def muted(self) -> bool:
        """The line is low: the microphones have no power."""
        return any(device.is_active for device in self._devices)
