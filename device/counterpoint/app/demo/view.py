"""What the terminal shows while the demo runs: a live picture, or plain lines where there is no terminal.

One rule: it draws what the line said; the script's words are marked as the script's.
"""

from __future__ import annotations

import textwrap
import time
from collections import deque
from typing import TYPE_CHECKING, Final, Protocol, Self

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console, RenderableType

    from counterpoint.app.demo.conversation import Conversation, Utterance
    from counterpoint.app.demo.tally import Tally
    from counterpoint.app.pipeline import Moment
    from counterpoint.values import CueKind, FloorEvent, OpenOverlap, Side

FRAME_S: Final = 0.08  # a picture twelve times a second: smooth to the eye, small over SSH
CELL_FRAMES: Final = 10  # a cell of the two tracks is 0.2 s
LABEL: Final = 11
BESIDE: Final = 25  # room for what stands right of a track or bar
SPOKEN_ROWS: Final = 2  # a long line of the script takes two rows of 80 columns
WIDEST: Final = 110
LEVELS: Final = " ▁▂▃▄▅▆▇█"
LEVELS_ASCII: Final = " .:-=+*%#"
NAMES: Final[dict[str, str]] = {
    "talk_over": "talk-over begins",
    "interruption": "took the floor",
    "attempt": "spoke over, did not get the floor",
    "transition": "came in at the end",
    "backchannel": "showed listening",
    "turn": "finished a turn",
}
LIGHT_WORDS: Final[dict[CueKind, str]] = {
    "talk_over": "AMBER  let them finish",
    "cut_off": "AMBER  give the turn back",
    "good_listening": "GREEN  well listened",
    "off": "dark",
}


class View(Protocol):
    """Something that shows the demo's course; use as a context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, at_s: float, moment: Moment, tally: Tally) -> None:
        """Take one block's moment; `at_s` is the block's start, in seconds of the demo."""


def open_view(console: Console, conversation: Conversation, speed: float, hold_s: float, *, plain: bool) -> View:
    """A live picture on a terminal that can redraw; elsewhere, or when `plain` is asked for, lines."""
    if plain or not console.is_terminal or console.is_dumb_terminal:
        return PlainView(console, conversation)
    return LiveView(console, conversation, speed, hold_s)


class PlainView:
    """A line for each thing that happens."""

    def __init__(self, console: Console, conversation: Conversation) -> None:
        self._console = console
        self._lines = deque(conversation.utterance)
        self._visits = deque(conversation.visit)
        self._closed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, at_s: float, moment: Moment, tally: Tally) -> None:
        """Print what is new."""
        while self._visits and self._visits[0].start_s <= at_s:
            visit = self._visits.popleft()
            self._print(visit.start_s, "visit", f"{visit.number}: {visit.title}")
        while self._lines and self._lines[0].start_s <= at_s:
            line = self._lines.popleft()
            self._print(line.start_s, "script", f"{line.side}: {line.text}")
        for event in moment.floor.events:
            if event.kind != "turn":
                self._print(moment.floor.at_s, "floor", _says(event))
        if moment.cue is not None:
            self._print(moment.cue.at_s, "light", LIGHT_WORDS[moment.cue.cue])
        if len(tally.sessions) > self._closed:
            self._closed = len(tally.sessions)
            self._print(moment.floor.at_s, "counted", counted(tally))

    def _print(self, at_s: float, what: str, text: str) -> None:
        self._console.print(f"{clock(at_s)}  {what:<8}{text}", markup=False, highlight=False, soft_wrap=True)


class LiveView:
    """A picture of about twenty lines that is redrawn in place."""

    def __init__(self, console: Console, conversation: Conversation, speed: float, hold_s: float) -> None:
        self._console = console
        self._conversation = conversation
        self._speed = speed
        self._hold_s = hold_s
        self._levels = LEVELS_ASCII if console.options.ascii_only else LEVELS
        self._tracks: dict[Side, deque[float]] = {"agent": deque(maxlen=400), "customer": deque(maxlen=400)}
        self._lit: deque[bool] = deque(maxlen=400)
        self._frames = 0
        self._drawn_s = 0.0
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, at_s: float, moment: Moment, tally: Tally) -> None:
        """Take the moment; redraw when it is time for a picture."""
        self._remember(moment, tally)
        now_s = time.monotonic()
        if now_s - self._drawn_s < FRAME_S:
            return
        self._drawn_s = now_s
        self._live.update(self._picture(at_s, moment, tally), refresh=True)

    def _remember(self, moment: Moment, tally: Tally) -> None:
        beliefs: dict[Side, float] = {"agent": moment.activity.agent, "customer": moment.activity.customer}
        lit = tally.light is not None
        if self._frames % CELL_FRAMES == 0:
            for side, belief in beliefs.items():
                self._tracks[side].append(belief)
            self._lit.append(lit)
        else:
            for side, belief in beliefs.items():
                self._tracks[side][-1] = max(self._tracks[side][-1], belief)
            self._lit[-1] = self._lit[-1] or lit
        self._frames += 1

    def _picture(self, at_s: float, moment: Moment, tally: Tally) -> RenderableType:
        width = min(self._console.width, WIDEST)
        rows = Table.grid(padding=(0, 0))
        rows.add_column(width=LABEL, style="dim")
        rows.add_column(width=width - LABEL - 1, no_wrap=True, overflow="ellipsis")
        cells = width - LABEL - BESIDE
        rows.add_row("agent", self._track("agent", moment, cells))
        rows.add_row("customer", self._track("customer", moment, cells))
        rows.add_row("light was", self._light_track(cells))
        rows.add_row()
        rows.add_row("talk-over", self._building_up(moment.floor.overlap, moment.floor.at_s, cells))
        rows.add_row("light", self._light(tally))
        rows.add_row()
        spoken = _spoken(self._conversation.lines_at(at_s), width - LABEL - 1)
        for label, row in zip(("the script", "(written,", "not heard)", ""), spoken, strict=True):
            rows.add_row(label, row)
        rows.add_row()
        rows.add_row("counted", Text(counted(tally)))
        rows.add_row("", Text(counted_listening(tally)))
        rows.add_row()
        recent = [event for event in tally.events if event.kind != "turn"][-3:]
        for number in range(3):
            text = f"{clock(recent[number].onset_s)}  {_says(recent[number])}" if number < len(recent) else ""
            rows.add_row("" if number else "the floor", Text(text))
        return Group(self._title(at_s), Text(""), rows, Text(""), Text("Ctrl-C stops; nothing is kept.", style="dim"))

    def _title(self, at_s: float) -> Text:
        visit = self._conversation.visit_at(at_s)
        now = (
            f"visit {visit.number} of {len(self._conversation.visit)}: {visit.title}" if visit else "between two visits"
        )
        times = f"{clock(at_s)} of {clock(self._conversation.length_s)}, {self._speed:g}x"
        return Text.assemble(("Counterpoint demo", "bold"), "   ", now, "   ", (times, "dim"))

    def _track(self, side: Side, moment: Moment, cells: int) -> Text:
        beliefs = list(self._tracks[side])[-cells:]
        drawn = "".join(self._levels[round(belief * (len(self._levels) - 1))] for belief in beliefs).rjust(cells)
        speaks = moment.floor.agent if side == "agent" else moment.floor.customer
        floor = "has the floor" if moment.floor.holder == side else ""
        style = "cyan" if side == "agent" else "magenta"
        return Text.assemble((drawn, style), "  ", ("speaks " if speaks else "       ", "bold"), floor)

    def _light_track(self, cells: int) -> Text:
        mark = "=" if self._levels is LEVELS_ASCII else "━"
        return Text("".join(mark if lit else " " for lit in list(self._lit)[-cells:]).rjust(cells), style="yellow")

    def _building_up(self, overlap: OpenOverlap | None, at_s: float, cells: int) -> Text:
        if overlap is None or overlap.by != "agent":
            return Text("")
        lasted_s = max(0.0, at_s - overlap.since_s)
        full = round(min(1.0, lasted_s / self._hold_s) * cells)
        mark = "#" if self._levels is LEVELS_ASCII else "█"
        bar = (mark * full).ljust(cells, "." if self._levels is LEVELS_ASCII else "░")
        sure = f"{min(lasted_s, self._hold_s):.1f} of {self._hold_s:g} s, {overlap.confidence:3.0%} sure"
        return Text.assemble((bar, "yellow"), "  ", sure)

    def _light(self, tally: Tally) -> Text:
        lit = tally.light
        dot, out = ("(*)", "( )") if self._levels is LEVELS_ASCII else ("●", "○")
        if lit is None:
            return Text(f"{out} {LIGHT_WORDS['off']}", style="dim")
        return Text(
            f"{dot} {LIGHT_WORDS[lit.cue]}", style="bold green" if lit.cue == "good_listening" else "bold yellow"
        )


def clock(at_s: float) -> str:
    """Minutes, seconds and tenths."""
    tenths = round(at_s * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


def counted(tally: Tally) -> str:
    """Visits, talk-overs and lights in a line."""
    return (
        f"visits: {tally.visits}, {tally.left_out} left out;"
        f" talk-overs: {tally.settled('attempt', 'interruption', by='agent')} agent,"
        f" {tally.settled('attempt', 'interruption', by='customer')} customer; lights: {tally.lit}"
    )


def counted_listening(tally: Tally) -> str:
    """Signs of listening in a line."""
    return (
        f"backchannels: {tally.settled('backchannel', by='agent')} agent,"
        f" {tally.settled('backchannel', by='customer')} customer; listening acts in words: {len(tally.acts)}"
    )


def _says(event: FloorEvent) -> str:
    return f"the {event.by} {NAMES[event.kind]}" if event.kind != "talk_over" else f"the {event.by}'s talk-over begins"


def _spoken(lines: tuple[Utterance, ...], width: int) -> list[Text]:
    """Two lines of the script, each over as many rows, so that the picture keeps its height."""
    rows: list[Text] = []
    for number in range(2):
        said = f"{lines[number].side}: {lines[number].text}" if number < len(lines) else ""
        wrapped = textwrap.wrap(said, width, max_lines=SPOKEN_ROWS, placeholder=" ...")
        rows += [Text(row, style="italic") for row in wrapped]
        rows += [Text("")] * (SPOKEN_ROWS - len(wrapped))
    return rows
