"""Wires the demo: source, line, view, household, broker, receiver; and takes all of it down again, whatever happens.

One rule: nothing outlives it, whether it ends, fails or is stopped: no process, no file.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from counterpoint.app.demo.broker import LOOPBACK, PrivateBroker
from counterpoint.app.demo.conversation import ARRAY, DemoSource, load
from counterpoint.app.demo.household import SITE, Household, lowered, show_settings
from counterpoint.app.demo.receiver import Receiver
from counterpoint.app.demo.report import print_lowered, print_score, print_window
from counterpoint.app.demo.score import score
from counterpoint.app.demo.tally import Tally
from counterpoint.app.demo.view import open_view
from counterpoint.app.parts import build_pipeline, build_words
from counterpoint.edge.array_file import load_array
from counterpoint.errors import BrokerError
from counterpoint.messages.topics import topic
from counterpoint.values import Calibration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from counterpoint.app.demo.conversation import Conversation
    from counterpoint.app.demo.view import View
    from counterpoint.app.pipeline import Pipeline

INTERRUPTED: Final = 130  # as shells count a SIGINT
NOT_AS_SCRIPTED: Final = 1
WINDOW_WITHIN_S: Final = 20.0
ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def demo(speed: float, *, plain: bool) -> int:
    """Run the demo at `speed` times life; return 0 when all went as scripted, 1 when not, 130 when it was stopped.

    Raises:
        CounterpointError: A part is missing; the message says what to do.
    """
    console = Console(highlight=False)
    with _stopped_by_signals(), ExitStack() as everything:
        try:
            return _show(speed, plain=plain, console=console, everything=everything)
        except KeyboardInterrupt:
            _hold_signals()
            everything.close()
            print("counterpoint: demo stopped; broker and publisher have ended, nothing is kept", file=sys.stderr)
            return INTERRUPTED
        finally:
            _hold_signals()


def _show(speed: float, *, plain: bool, console: Console, everything: ExitStack) -> int:
    conversation = load()
    folder = Path(everything.enter_context(tempfile.TemporaryDirectory(prefix="counterpoint-demo-")))
    broker = everything.enter_context(PrivateBroker(folder))
    settings = show_settings(folder, LOOPBACK, broker.port)
    receiver = everything.enter_context(
        Receiver(LOOPBACK, broker.port, topic(SITE, settings.broker.device_id, "window"))
    )
    household = everything.enter_context(Household(settings))
    with _signals_wait():
        words = build_words(settings, wait=speed > 1)  # faster than life, a recogniser that drops would miss most of it
    if words is not None:
        everything.callback(words.close)
    source = DemoSource(conversation, speed)
    pipeline = build_pipeline(settings, load_array(ARRAY), Calibration(), channels=source.channels, words=words)
    with open_view(console, conversation, speed, settings.nudge.hold_s, plain=plain) as view:
        tally = _play(source, pipeline, view, household)
    return _tell(console, conversation, tally, household, receiver, lowered(settings))


def _play(source: DemoSource, pipeline: Pipeline, view: View, household: Household) -> Tally:
    tally = Tally()
    for block in source.blocks():
        moment = pipeline.step(block)
        tally.add(moment)
        if moment.visit.closed is not None:
            household.keep(moment.visit.closed)
        view.show(block.start_s, moment, tally)
    ending = pipeline.close()
    tally.events.extend(ending.events)
    if ending.session is not None:
        household.keep(ending.session)
    household.close_window()
    return tally


def _tell(
    console: Console,
    conversation: Conversation,
    tally: Tally,
    household: Household,
    receiver: Receiver,
    lowered_settings: tuple[str, ...],
) -> int:
    received = receiver.wait(WINDOW_WITHIN_S)
    if received is None:
        said = household.publisher_said()
        raise BrokerError(f"no window came back from the broker ({said or 'the publisher said nothing'}): run `doctor`")
    print_window(console, received)
    result = score(conversation.event, tally.events, tally.cues)
    print_lowered(console, lowered_settings)
    print_score(console, result)
    return 0 if result.as_scripted else NOT_AS_SCRIPTED


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """SIGTERM and a closed terminal end the demo as Ctrl-C does; what was in force before comes back."""
    before = {number: signal.signal(number, _interrupt) for number in ENDING}
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)


@contextmanager
def _signals_wait() -> Iterator[None]:
    """For a second, until the speech model is loaded: stopped half way, it complains on stderr."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _hold_signals() -> None:
    """A second Ctrl-C must not leave a broker behind: taking down takes a moment, and ends by itself."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
