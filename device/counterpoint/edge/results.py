"""The files of a replay: activity, events, cues, acts and sessions in one folder, exactly as the contract says.

One rule: what is written here is about a recording that somebody chose to replay, on their own disk; no word is in it.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final, Self

import msgspec
import numpy as np

from counterpoint.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType
    from typing import IO

    from counterpoint.values import Activity, Cue, FloorEvent, ListeningAct, Session

    Line = FloorEvent | Cue | ListeningAct


DECIMALS: Final = 4  # a tenth of a millisecond; more would be the noise of adding up 20 ms frames


class Results:
    """Writes the five files of a replay into a folder, made if missing. Use as a context manager.

    Raises:
        StorageError: The folder can't be made or written, or the disk is full.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._agent: list[float] = []
        self._customer: list[float] = []
        self._sessions: list[Session] = []
        self._files: dict[str, IO[bytes]] = {}

    def __enter__(self) -> Self:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for name in ("events", "cues", "acts"):
                self._files[name] = (self._folder / f"{name}.jsonl").open(
                    "wb", buffering=0
                )  # a full disk shows at the line, not at the end
        except OSError as error:
            self._close()
            raise self._refused(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def activity(self, activity: Activity) -> None:
        """Keep the settled belief about one frame; frames before the recording began (negative start) are dropped."""
        settled = activity.settled
        if settled is not None and settled.start_s > -1e-9:  # noqa: PLR2004 - rounding of sample times, not a setting
            self._agent.append(settled.agent)
            self._customer.append(settled.customer)

    def events(self, events: Iterable[FloorEvent]) -> None:
        """Append events in the order of their commitment."""
        self._append("events", events)

    def cues(self, cues: Iterable[Cue]) -> None:
        """Append changes of the light."""
        self._append("cues", cues)

    def acts(self, acts: Iterable[ListeningAct]) -> None:
        """Append listening acts."""
        self._append("acts", acts)

    def session(self, session: Session | None) -> None:
        """Keep a finished visit, if there is one."""
        if session is not None:
            self._sessions.append(session)

    def finish(self, frames: int) -> None:
        """Write what is only known at the end; `frames` is ceil(samples / 320) of the 16 kHz signal."""
        agent = np.asarray(self._agent[:frames], dtype=np.float32)
        customer = np.asarray(self._customer[:frames], dtype=np.float32)
        sessions = [_as_json(session) for session in self._sessions]
        try:
            np.savez(self._folder / "activity.npz", agent=agent, customer=customer)
            text = msgspec.json.format(msgspec.json.encode(sessions), indent=2)
            (self._folder / "sessions.json").write_bytes(text + b"\n")
        except OSError as error:
            raise self._refused(error) from error

    def _append(self, name: str, lines: Iterable[Line]) -> None:
        try:
            for line in lines:
                self._files[name].write(msgspec.json.encode(_without_none(line)) + b"\n")
        except OSError as error:
            raise self._refused(error) from error

    def _close(self) -> None:
        for file in self._files.values():
            file.close()

    def _refused(self, error: OSError) -> StorageError:
        return StorageError(f"can't write results to {self._folder}: {error.strerror or error}; choose another --out")


def _without_none(line: Line) -> dict[str, object]:
    return {key: _rounded(value) for key, value in dataclasses.asdict(line).items() if value is not None}


def _rounded(value: object) -> object:
    return round(value, DECIMALS) if isinstance(value, float) else value


def _as_json(session: Session) -> dict[str, object]:
    shares = {"customer_share": session.customer_share, "turns_per_minute": session.turns_per_minute}
    return dataclasses.asdict(session) | shares
