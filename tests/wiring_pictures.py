"""Draws the pictures of device/docs/wiring.md: what is wired to which pin, the switch that mutes, and the light's hood.

One rule: every pin comes from the settings' defaults, every angle from the hood's own measures; nothing is typed twice.

    .venv/bin/python tests/wiring_pictures.py       makes device/docs/wiring*.svg anew
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

from counterpoint.settings import ButtonSettings, LightSettings, StateLightSettings

FOLDER: Final = Path(__file__).parents[1] / "device" / "docs"
HEADER: Final = {2: 3, 3: 5, 4: 7, 5: 29, 6: 31, 7: 26, 8: 24, 9: 21, 10: 19, 11: 23, 12: 32, 13: 33, 14: 8, 15: 10}
HEADER_REST: Final = {16: 36, 17: 11, 18: 12, 19: 35, 20: 38, 21: 40, 22: 15, 23: 16, 24: 18, 25: 22, 26: 37, 27: 13}
PLACES: Final = HEADER | HEADER_REST
"""GPIO number to place on the 40-pin header, the same on every Pi since the B+."""
GROUND: Final = 39
MUTE_PIN: Final = 27
INK: Final = "#22262b"
PALE: Final = "#8a929b"
STYLE: Final = (
    '<style>text{font-family:"DejaVu Sans",Arial,Helvetica,sans-serif;font-size:14px;fill:#22262b}'
    ".small{font-size:12px;fill:#5a626b}.line{stroke:#22262b;stroke-width:2;fill:none}"
    ".thin{stroke:#8a929b;stroke-width:1;fill:none}</style>"
)

HOOD_DEPTH_MM: Final = 20.0  # from the LED's tip to the tube's mouth
HOOD_BORE_MM: Final = 8.0
LED_MM: Final = 5.0
HOOD_TILT_DEG: Final = 37.0  # half-way between the lowest and the highest eye below
EYES_MM: Final = ((500.0, 300.0), (700.0, 300.0), (450.0, 600.0))
"""Eyes of agents before the light: away along the counter, and above it; from a low chair to a tall person close by."""


def picture(width: int, height: int, title: str, parts: list[str]) -> str:
    """One SVG, on white, readable in the dark."""
    body = "\n".join(parts)
    return (
        f'<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{title}">\n'
        f'{STYLE}\n<rect width="{width}" height="{height}" rx="8" fill="#ffffff"/>\n'
        f'<text x="24" y="34" font-weight="bold">{title}</text>\n{body}\n</svg>\n'
    )


def text(x: float, y: float, words: str, *, small: bool = False, anchor: str = "start") -> str:
    """A line of words."""
    kind = ' class="small"' if small else ""
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"{kind}>{words}</text>'


def line(*points: tuple[float, float], kind: str = "line") -> str:
    """A wire."""
    return f'<polyline class="{kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'


def led(x: float, y: float, colour: str) -> str:
    """An LED, seen from above."""
    return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="11" fill="{colour}" stroke="{INK}" stroke-width="1.5"/>'


def resistor(x: float, y: float, ohms: int) -> str:
    """A resistor with its value."""
    box = f'<rect x="{x:.0f}" y="{y - 8:.0f}" width="52" height="16" fill="#f3efe6" stroke="{INK}" stroke-width="1.5"/>'
    return box + text(x + 26, y + 5, f"{ohms} \N{OHM SIGN}", anchor="middle", small=True)


def pin(y: float, gpio: int, key: str) -> str:
    """A pin of the Pi: what the settings call it, its number, and where it is on the header."""
    return (
        f'<circle cx="270" cy="{y:.0f}" r="6" fill="#d9b23c" stroke="{INK}"/>'
        + text(252, y + 5, f"GPIO {gpio}, pin {PLACES[gpio]}", anchor="end")
        + text(252, y + 20, key, anchor="end", small=True)
    )


def led_row(y: float, gpio: int, key: str, colour: str, ohms: int, what: str) -> list[str]:
    """A pin, a resistor, an LED, and ground."""
    return [
        pin(y, gpio, key),
        line((276, y), (330, y)),
        resistor(330, y, ohms),
        line((382, y), (439, y)),
        led(450, y, colour),
        line((461, y), (520, y)),
        text(545, y + 5, what),
    ]


def ground(top: float, bottom: float, x: float = 520) -> list[str]:
    """The common ground on the right, down to its pin."""
    return [
        line((x, top), (x, bottom), (276, bottom)),
        f'<circle cx="270" cy="{bottom:.0f}" r="6" fill="{PALE}" stroke="{INK}"/>',
        text(252, bottom + 5, f"ground, pin {GROUND}", anchor="end"),
    ]


def button_row(y: float, gpio: int, key: str, what: str) -> list[str]:
    """A pin that a push button pulls to ground."""
    return [
        pin(y, gpio, key),
        line((276, y), (420, y)),
        line((420, y), (452, y - 14)),
        line((456, y), (520, y)),
        text(545, y + 5, what),
    ]


def draw_wiring() -> str:
    """Two LEDs for the agent, two for both sides, and the button."""
    light, state, button = LightSettings(), StateLightSettings(), ButtonSettings()
    rows = [
        *led_row(90, light.amber_pin, "light.amber_pin", "#ffb000", 330, "amber, in its hood: the agent's"),
        *led_row(150, light.green_pin, "light.green_pin", "#3fae49", 100, "green, beside it (may be left out)"),
        *led_row(210, state.white_pin, "state_light.white_pin", "#f5f7fa", 100, "white: seen by both sides"),
        *led_row(270, state.red_pin, "state_light.red_pin", "#d8342b", 330, "red, beside it"),
        *button_row(330, button.pin, "button.pin", "push button, on the agent's side"),
        *ground(90, 390),
    ]
    return picture(860, 430, "Lights and button (light.kind = pins)", rows)


def draw_rgb() -> str:
    """One RGB LED in the place of amber and green."""
    light = LightSettings()
    rows = [
        *led_row(90, light.red_pin, "light.red_pin", "#d8342b", 330, "red"),
        *led_row(150, light.green_pin, "light.green_pin", "#3fae49", 100, "green"),
        *led_row(210, light.blue_pin, "light.blue_pin", "#2f6fd0", 100, "blue (stays dark)"),
        '<rect x="432" y="68" width="36" height="164" rx="10" class="thin" stroke-dasharray="4 3"/>',
        *ground(90, 270),
        text(545, 285, "one LED, common cathode", small=True),
    ]
    return picture(860, 310, "One RGB LED (light.kind = rgb)", rows)


def draw_mute() -> str:
    """The switch that takes the microphones' power, and the red light that it lights by itself."""
    box = '<rect x="{}" y="{}" width="{}" height="{}" rx="6" fill="#f3f5f7" stroke="#22262b" stroke-width="1.5"/>'
    rows = [
        box.format(60, 80, 130, 60),
        text(125, 115, "Pi, USB port", anchor="middle"),
        box.format(700, 80, 130, 60),
        text(765, 115, "array", anchor="middle"),
        line((190, 95), (500, 95)),
        line((500, 95), (540, 78)),
        line((544, 95), (700, 95)),
        text(522, 66, "pole 1: +5 V (the red wire)", anchor="middle", small=True),
        line((190, 125), (700, 125)),
        text(210, 143, "data and ground go through", small=True),
        line((522, 88), (522, 300), kind="thin"),
        text(532, 190, "one switch, two poles", small=True),
        '<circle cx="270" cy="240" r="6" fill="#d8342b" stroke="#22262b"/>',
        text(252, 245, "3.3 V, pin 1", anchor="end"),
        line((276, 240), (319, 240)),
        led(330, 240, "#d8342b"),
        line((341, 240), (370, 240)),
        resistor(370, 240, 330),
        line((422, 240), (450, 240), (450, 310)),
        text(300, 218, "red, lit by the switch itself", small=True),
        pin(310, MUTE_PIN, "button.mute_pin"),
        line((276, 310), (500, 310)),
        '<circle cx="450" cy="310" r="4" fill="#22262b"/>',
        line((500, 310), (540, 293)),
        line((544, 310), (600, 310), (600, 370), (276, 370)),
        text(522, 332, "pole 2", anchor="middle", small=True),
        f'<circle cx="270" cy="370" r="6" fill="{PALE}" stroke="{INK}"/>',
        text(252, 375, f"ground, pin {GROUND}", anchor="end"),
        text(640, 300, "listening: pole 1 closed, pole 2 open", small=True),
        text(640, 320, "muted: pole 1 open, pole 2 closed", small=True),
    ]
    return picture(900, 410, "A mute that no program can undo", rows)


def half_angle_deg() -> float:
    """How far from the tube's axis an eye may be and still see any of the LED."""
    return math.degrees(math.atan((HOOD_BORE_MM / 2 + LED_MM / 2) / HOOD_DEPTH_MM))


def eyes_deg() -> list[float]:
    """Elevation of each agent's eye over the counter, seen from the light."""
    return [math.degrees(math.atan2(up, away)) for away, up in EYES_MM]


def draw_hood() -> str:
    """The tube from the side: who sees into it, and who does not."""
    foot = (430.0, 330.0)
    tilt, half = math.radians(HOOD_TILT_DEG), math.radians(half_angle_deg())
    scale = 4.0
    axis = (-math.cos(tilt), -math.sin(tilt))
    across = (-axis[1], axis[0])

    def at(along_mm: float, aside_mm: float) -> tuple[float, float]:
        x = foot[0] + scale * (along_mm * axis[0] + aside_mm * across[0])
        y = foot[1] - 30 + scale * (along_mm * axis[1] + aside_mm * across[1])
        return x, y

    rays = []
    for side in (-1, 1):
        ray = (-math.cos(tilt + side * half), -math.sin(tilt + side * half))
        rays.append(line(at(0, 0), (at(0, 0)[0] + 290 * ray[0], at(0, 0)[1] + 290 * ray[1]), kind="thin"))
    bore, mouth = HOOD_BORE_MM / 2, HOOD_DEPTH_MM
    tip = at(0, 0)
    rows = [
        line((40, foot[1] + 20), (820, foot[1] + 20)),
        text(40, foot[1] + 42, "the counter's top", small=True),
        *rays,
        line(at(-6, bore), at(mouth, bore)),
        line(at(-6, -bore), at(mouth, -bore)),
        line(at(-6, bore), at(-6, -bore)),
        f'<circle cx="{tip[0]:.0f}" cy="{tip[1]:.0f}" r="{scale * LED_MM / 2:.0f}" fill="#ffb000" stroke="{INK}"/>',
        text(40, 120, "agent: eyes 30 to 60 cm"),
        text(40, 138, "above the counter,"),
        text(40, 156, "45 to 70 cm away"),
        text(640, 110, "customer: dark"),
        line((670, 122), (tip[0] + 40, tip[1] - 20), kind="thin"),
        text(560, 240, f"bore {HOOD_BORE_MM:g} mm, matt black inside", small=True),
        text(560, 258, f"LED {LED_MM:g} mm, its tip {HOOD_DEPTH_MM:g} mm inside", small=True),
        text(560, 276, f"{HOOD_TILT_DEG:g}\N{DEGREE SIGN} up from the counter's top", small=True),
        text(560, 294, f"seen within {half_angle_deg():.0f}\N{DEGREE SIGN} of its axis", small=True),
    ]
    return picture(860, 400, "The light's hood, from the side", rows)


PICTURES: Final = {
    "wiring.svg": draw_wiring,
    "wiring-rgb.svg": draw_rgb,
    "wiring-mute.svg": draw_mute,
    "wiring-hood.svg": draw_hood,
}


if __name__ == "__main__":
    for name, draw in PICTURES.items():
        (FOLDER / name).write_text(draw(), encoding="utf-8")
