"""Draws the picture of the README: the demo's live view, and the light beside it, at the first talk-over that is lit.

One rule: what it shows is what the line said of the bundled conversation; nothing is drawn by hand.

    .venv/bin/python tests/demo_picture.py      makes device/docs/demo.svg anew
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from counterpoint.app.demo.conversation import ARRAY, DemoSource, load
from counterpoint.app.demo.household import show_settings
from counterpoint.app.demo.tally import Tally
from counterpoint.app.demo.view import LiveView
from counterpoint.app.parts import build_pipeline
from counterpoint.edge.array_file import load_array
from counterpoint.nudge.ramp import level
from counterpoint.values import Calibration

if TYPE_CHECKING:
    from counterpoint.app.pipeline import Moment
    from counterpoint.settings import Settings

PICTURE: Final = Path(__file__).parents[1] / "device" / "docs" / "demo.svg"
COLUMNS: Final = 100
LIT_FOR_S: Final = 0.6  # long enough to show on the track of the light, and the talk-over goes on
AS_FAST_AS_IT_GOES: Final = 1e9
NO_BROKER: Final = ("127.0.0.1", 1)

# Rich's own frame names a font on a server; this one takes what the reader's machine has.
FRAME: Final = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="The demo in a terminal">
<style>
.{unique_id}-matrix {{
    font-family: "DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace;
    font-size: {char_height}px; line-height: {line_height}px;
}}
.{unique_id}-bar {{ font-family: "DejaVu Sans", Arial, Helvetica, sans-serif; font-size: 15px; fill: #9aa0a6; }}
{styles}
</style>
<defs>
<radialGradient id="{unique_id}-glow">
<stop offset="0" stop-color="#ffb000"/><stop offset="0.35" stop-color="#ffb000" stop-opacity="0.45"/>
<stop offset="1" stop-color="#ffb000" stop-opacity="0"/>
</radialGradient>
{lines}
</defs>
<rect width="{width}" height="{height}" rx="8" fill="#1e2127"/>
<g class="{unique_id}-bar" transform="translate({terminal_x}, 28)">
<text x="0">device/try</text>
<text x="{terminal_width}" dx="-56" text-anchor="end">the light, as the agent sees it</text>
<g transform="translate({terminal_width}, -5) translate(-26, 0)">
<circle r="24" fill="url(#{unique_id}-glow)" opacity="LIGHT"/>
<circle r="9" fill="#3a3d44"/><circle r="9" fill="#ffb000" opacity="LIGHT"/>
</g>
</g>
<g class="{unique_id}-matrix" transform="translate({terminal_x}, {terminal_y})">
{backgrounds}{matrix}
</g>
</svg>
"""


def draw() -> str:
    """The picture as SVG: the same bytes each time, for one model on one machine."""
    settings = show_settings(Path(), *NO_BROKER)
    conversation = load()
    console = Console(
        record=True, file=io.StringIO(), width=COLUMNS, force_terminal=True, color_system="truecolor", _environ={}
    )
    view = LiveView(console, conversation, 1, settings.nudge.hold_s)
    at_s, moment, tally, lit_s = _lit_moment(settings, view)
    console.print(view._picture(at_s, moment, tally))
    brightness = level("talk_over", lit_s, settings.light.ramp_s)
    frame = FRAME.replace("LIGHT", f"{brightness:.2f}")
    picture = console.export_svg(title="", code_format=frame, unique_id="demo")
    # Stretched to its place, whatever font draws it: else a bar of blocks has gaps.
    return picture.replace("textLength=", 'lengthAdjust="spacingAndGlyphs" textLength=')


def _lit_moment(settings: Settings, view: LiveView) -> tuple[float, Moment, Tally, float]:
    """The first time that a talk-over's light has been on for long enough to see, and both still speak.

    Returns: start of the block in seconds of the demo, its moment, all until then, and how long it has been lit.
    """
    source = DemoSource(load(), AS_FAST_AS_IT_GOES)
    line = build_pipeline(settings, load_array(ARRAY), Calibration(), channels=source.channels, words=None)
    tally = Tally()
    for block in source.blocks():
        moment = line.step(block)
        tally.add(moment)
        view._remember(moment, tally)
        light = tally.light
        if light is None or light.cue != "talk_over" or moment.floor.overlap is None:
            continue
        lit_s = block.start_s - light.at_s
        if lit_s >= LIT_FOR_S:
            return block.start_s, moment, tally, lit_s
    raise AssertionError("no talk-over of the bundled conversation is lit: look at the model")


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
