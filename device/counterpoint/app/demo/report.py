"""What is printed when the demo has ended: the window as it came back, the table, and what was lowered for the show.

One rule: every figure here comes from the score or from the bytes that the broker delivered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from counterpoint.app.demo.view import clock
from counterpoint.messages.schemas import decode_window

if TYPE_CHECKING:
    from rich.console import Console

    from counterpoint.app.demo.receiver import Received
    from counterpoint.app.demo.score import Outcome, Score

SHOWN: Final = ("talk_over", "cut_off")
NAMES: Final = {"talk_over": "talk-over", "cut_off": "cut-off"}
SUMMED: Final = (("backchannel", "backchannels"), ("transition", "smooth transitions"), ("chorus", "thanks in chorus"))


def print_window(console: Console, received: Received) -> None:
    """The message as it was received, and its figures in words."""
    window = decode_window(received.payload)
    console.print()
    console.print(Text("The anonymous window, as received back from the broker (MQTT 5)", style="bold"))
    console.print(Text(received.topic, style="dim"), soft_wrap=True)
    console.print(Text(f"QoS {received.qos}, {len(received.payload)} bytes:", style="dim"))
    payload = received.payload.decode("utf-8")
    console.print(
        Text(_folded(payload, console.width) if console.is_terminal else payload, style="dim"), soft_wrap=True
    )
    figures = window.statistics
    if figures is None:
        console.print(f"fewer than {window.fewest_visits} visits: nothing is told of them")
        return
    talk_s = max(1, figures.agent_talk_s + figures.customer_talk_s)
    console.print(
        f"In words: about {figures.visit_count} visits (counts are rounded to 5), {figures.left_out_count} left out;"
    )
    console.print(
        f"customers had {figures.customer_talk_s / talk_s:.0%} of the talk;"
        f" about {figures.talk_over_count} talk-overs, {figures.cue_count} lights."
    )


def print_score(console: Console, score: Score) -> None:
    """The table: what was scripted, what was found, how fast."""
    table = Table(
        title="What the script has the agent do, and what was found",
        title_style="bold",
        title_justify="left",
        box=None,
        padding=(0, 2, 0, 0),
    )
    for heading in ("visit", "at", "scripted", "overlap", "found as", "light", "after onset"):
        table.add_column(heading, justify="right" if heading in ("overlap", "after onset") else "left")
    for outcome in score.outcomes:
        if outcome.scripted.kind in SHOWN:
            table.add_row(*_row(outcome))
    console.print()
    console.print(table)
    for kind, plural in SUMMED:
        outcomes = [outcome for outcome in score.outcomes if outcome.scripted.kind == kind]
        dark = sum(outcome.light_s is None for outcome in outcomes)
        console.print(f"{plural}: {len(outcomes)} scripted, {dark} without a light, {_found(outcomes)}")
    console.print(f"lights that nothing in the script explains: {len(score.unscripted_lights_s)}")
    console.print(_verdict(score))


def print_lowered(console: Console, lowered: tuple[str, ...]) -> None:
    """What was made easier for the show."""
    console.print()
    console.print(Text("Lowered for the show, as a counter's day does not fit into six minutes", style="bold"))
    for line in lowered:
        console.print(f"  {line}", highlight=False)
    console.print("  visits count for the hour before this one (else a window waits for an hour's end)")
    console.print("  scripted talk-overs are 25 s apart or more, as long as the light rests")
    console.print("Voices and room are synthetic: it shows that it works, not how well on a counter.")
    console.print(
        "The model was tuned with this conversation heard, so it is no measure; figures are in models/talk_over.md."
    )


def _row(outcome: Outcome) -> tuple[str, ...]:
    scripted, fast_ms = outcome.scripted, outcome.onset_to_light_ms
    found = outcome.settled or ("talk-over, open" if outcome.predicted else "NOT FOUND")
    wanted = "" if outcome.as_scripted else "  (!)"
    return (
        str(scripted.visit),
        clock(scripted.onset_s),
        NAMES[scripted.kind],
        f"{scripted.offset_s - scripted.onset_s:.2f} s",
        found,
        ("dark" if fast_ms is None else "amber") + wanted,
        "" if fast_ms is None else f"{fast_ms} ms",
    )


def _folded(payload: str, width: int) -> str:
    """The payload over several lines, broken after commas only; nothing else of it is changed."""
    lines = [""]
    for part in payload.replace(",", ",\n").split("\n"):
        if len(lines[-1]) + len(part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _found(outcomes: list[Outcome]) -> str:
    return f"{sum(outcome.settled is not None for outcome in outcomes)} heard as an overlap"


def _verdict(score: Score) -> Text:
    talk_overs = score.of("talk_over")
    lit = sum(outcome.as_scripted for outcome in talk_overs)
    fast = [outcome.onset_to_light_ms for outcome in talk_overs if outcome.onset_to_light_ms is not None]
    times = f", {min(fast)} to {max(fast)} ms after the onset" if fast else ""
    said = f"{lit} of {len(talk_overs)} scripted talk-overs lit{times}"
    return Text(said if score.as_scripted else f"{said}; (!) is not as scripted", style="bold")
