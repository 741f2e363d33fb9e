"""Rare words, spoken at the counter from four places, are in no file, log, message, core dump or memory afterwards.

The agent's words are recognised meanwhile, which their acts show. The whole sensor runs (`sensor_in_steps.py`), with a
publisher and a broker beside it; the sound and the words that are searched for are those that were played.
"""

from __future__ import annotations

import json
import mmap
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from broker_server import BrokerServer, Listener
from canaries import Said, visit
from counterpoint.edge.model_files import load_act_model
from counterpoint.edge.model_manifest import find_model, speech_models
from counterpoint.edge.wiped_memory import LIBRARIES, wiping
from counterpoint.hearing.geometry import BUILT_IN
from counterpoint.hearing.zones import Zones
from counterpoint.settings import Settings
from counterpoint.values import BLOCK_SAMPLES, SAMPLE_RATE_HZ, Block, Calibration, Samples
from counterpoint.words.tokens import rows_of, words_of
from memory_search import Memory, in_writing, read_memory

Frames = NDArray[np.int16]

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(900),  # 20 s of processor time, but on a machine that others keep busy
    pytest.mark.skipif(sys.platform != "linux", reason="memory is read through /proc"),
    pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed"),
    pytest.mark.skipif(find_model(speech_models()["vosk-small-en"], Settings()) is None, reason="no speech model"),
]

HERE = Path(__file__).parent
DEVICE, SITE = "c0ffee00-1111-4222-8333-444455557777", "kiosk-9"
END_SILENCE_S = 10.0
A_MINUTE_S = 60.0
SLICE = 64  # samples: 4 ms of sound is sound
SLICES = 6
SETTINGS = """
[site]
code = "{site}"
timezone = "UTC"
[array]
name = "respeaker-usb-v2"
[light]
kind = "terminal"
[session]
end_silence_s = {end_silence_s}
[privacy]
k = 5
jitter_s = 0.0
[broker]
host = "127.0.0.1"
port = {port}
ca_file = "{ca_file}"
certificate_file = "{certificate_file}"
key_file = "{key_file}"
[folders]
state = "{folder}/state"
outbox = "{folder}/outbox"
receipts = "{folder}/receipts"
inbox = "{folder}/inbox"
"""


@dataclass(frozen=True, slots=True)
class Canary:
    """Words from a place, and the sound of them in the forms in which the line has it."""

    place: str
    words: str
    sounds: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """What a visit full of canaries left, and where."""

    folder: Path
    canaries: Sequence[Canary]
    before: Memory
    during: Memory
    after: Memory
    core: Path | None
    publisher: Memory
    said: str
    messages: Sequence[bytes]
    acts: Sequence[str]


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trace]:
    """The device through one visit, a minute after it, and the end of the hour."""
    folder, studio = tmp_path_factory.mktemp("device"), tmp_path_factory.mktemp("studio")
    frames, said = visit(studio, END_SILENCE_S + A_MINUTE_S + 5)
    soundfile.write(studio / "room.wav", frames, SAMPLE_RATE_HZ)
    with BrokerServer(folder / "broker") as server, Device(folder, server) as device, Listener(server) as listener:
        before, during, after = device.hear(studio / "room.wav", _moments(said))
        acts = device.kept_acts()
        publisher = read_memory(device.publisher.pid)
        device.let_the_hour_pass()
        kinds = [listener.next(kind, within_s=60) for kind in ("birth", "state", "health", "window")]
        messages = [
            f"{one.topic} {vars(one.properties) if one.properties else ''}".encode() + one.payload
            for one in [*kinds, *listener._kept]
        ]
    canaries = [Canary(one.line.place, one.line.canary, _sounds(frames, one)) for one in said if one.line.canary]
    logs = (folder / "sensor.log").read_text() + (folder / "publisher.log").read_text()
    core = next(folder.glob("core*"), None)
    yield Trace(folder, canaries, before, during, after, core, publisher, logs, messages, acts)
    shutil.rmtree(folder)  # a core dump is large


def _moments(said: Sequence[Said]) -> list[float]:
    """Before anything is said; as the agent's first canary has just been said; a minute after the visit's end."""
    agents = next(one for one in said if one.line.place == "agent" and one.line.canary)
    return [said[0].start_s - 0.5, agents.end_s + 0.1, said[-1].end_s + END_SILENCE_S + A_MINUTE_S]


class Device:
    """Sensor and publisher in a folder that is their whole world: state, home and temporary files."""

    def __init__(self, folder: Path, server: BrokerServer) -> None:
        assert any(library.is_file() for library in LIBRARIES), (
            "run device/set-up tests: it compiles what wipes freed memory"
        )
        self.folder = folder
        for name in ("state", "outbox", "receipts", "inbox", "home", "tmp", "run"):
            (folder / name).mkdir()
        server.allow(SITE, DEVICE)
        broker = server.settings(DEVICE)
        self._settings = folder / "counterpoint.toml"
        self._settings.write_text(
            SETTINGS.format(
                site=SITE,
                end_silence_s=END_SILENCE_S,
                port=broker.port,
                ca_file=broker.ca_file,
                certificate_file=broker.certificate_file,
                key_file=broker.key_file,
                folder=folder,
            )
        )
        model = find_model(speech_models()["vosk-small-en"], Settings())
        self._settings.write_text(self._settings.read_text() + f'[words]\nmodel = "{model}"\n')
        self._environment = wiping(os.environ) | {
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "XDG_RUNTIME_DIR": str(folder / "run"),
        }

    def __enter__(self) -> Self:
        self.publisher = self._start("publisher.log", "-m", "counterpoint", "publish")
        return self

    def __exit__(self, *_: object) -> None:
        self.publisher.kill()
        self.publisher.wait()

    def hear(self, recording: Path, stops_s: Sequence[float]) -> list[Memory]:
        """Run the sensor over the recording; return its memory at each stop, and dump its core at the last."""
        stops = ",".join(map(str, stops_s))
        sensor = self._start("sensor.log", str(HERE / "sensor_in_steps.py"), str(recording), stops, "run")
        try:
            memories = [_memory_at_stop(sensor) for _ in stops_s[:-1]]
            memories.append(_memory_at_stop(sensor, self.folder / "core"))
            assert sensor.wait(300) == 0
        finally:
            sensor.kill()
            sensor.wait()
        return memories

    def kept_acts(self) -> list[str]:
        """Acts of the one visit in the ledger."""
        ((row,),) = sqlite3.connect(self.folder / "state/ledger.db").execute("SELECT row FROM visits").fetchall()
        acts: list[str] = json.loads(row)["acts"]
        return acts

    def let_the_hour_pass(self) -> None:
        """More visits and an hour later a window goes out, through the sensor's own spool."""
        told = "visits 5\nhours 2\ntick 0\n"
        command = [sys.executable, str(HERE / "sensor_like.py"), str(self._settings), "2026-11-23 09:10"]
        paths = os.pathsep.join(str(path) for path in (HERE.parent, HERE))
        subprocess.run(
            command,
            input=told,
            text=True,
            check=True,
            capture_output=True,
            env={**self._environment, "PYTHONPATH": paths + os.pathsep + os.environ.get("PYTHONPATH", "")},
        )

    def _start(self, log: str, *words: str) -> subprocess.Popen[bytes]:
        with (self.folder / log).open("ab") as said:
            return subprocess.Popen(
                [sys.executable, *words, "--settings", str(self._settings)],
                env=self._environment,
                cwd=self.folder / "run",
                stdout=said,
                stderr=said,
            )


def _memory_at_stop(process: subprocess.Popen[bytes], core: Path | None = None) -> Memory:
    """Wait until it has stopped itself, read its memory, dump its core where there is gdb's gcore, let it go on."""
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), f"the process ended: {status}"
    memory = read_memory(process.pid)
    if core is not None and shutil.which("gcore"):
        subprocess.run(["gcore", "-o", str(core), str(process.pid)], check=True, capture_output=True)
    process.send_signal(signal.SIGCONT)
    return memory


def _sounds(frames: Frames, said: Said) -> tuple[bytes, ...]:
    """Its loudest slices as they were recorded, as they are in blocks, as the agent's beam, and as Vosk gets that."""
    beam = _agent_beam(frames[: round((said.end_s + 1) * SAMPLE_RATE_HZ)])
    first = round(said.start_s * SAMPLE_RATE_HZ)
    loudness = frames[first : round(said.end_s * SAMPLE_RATE_HZ), 1].astype(np.float64) ** 2
    loud = np.argsort(loudness[: len(loudness) // SLICE * SLICE].reshape(-1, SLICE).sum(axis=1))[-4 * SLICES :: 4]
    found: list[bytes] = []
    for start in first + SLICE * loud:
        piece = slice(start, start + SLICE)
        whole = np.clip(beam[piece] * 32767, -32767, 32767).astype(np.int16)
        blocks = frames[piece, 1].astype(np.float32) / np.float32(32768)
        found += [
            one.tobytes()
            for one in (frames[piece], frames[piece, 1], blocks, beam[piece], whole, whole.astype(np.float32))
        ]
    return tuple(found)


def _rows(words: str) -> bytes:
    """The words as the act model is given them: the numbers of its vocabulary and of their endings."""
    return rows_of(words_of(words), load_act_model()._vocabulary)[1:-1].tobytes()


def _agent_beam(frames: Frames) -> Samples:
    """What the recogniser is given, sample for sample."""
    zones = Zones(BUILT_IN["respeaker-usb-v2"], Calibration(0.0, 180.0), frames.shape[1])
    beams = []
    for first in range(0, len(frames) - BLOCK_SAMPLES, BLOCK_SAMPLES):
        block = frames[first : first + BLOCK_SAMPLES].T.astype(np.float32) / np.float32(32768)
        beams.append(zones.step(Block(block, first)).agent_beam.copy())
    return np.concatenate(beams[1:])


def test_the_agents_words_are_recognised_and_the_customers_are_not(trace: Trace) -> None:
    assert "open_question" in trace.acts
    assert not {"promise", "call_back"} & set(trace.acts), "what only the customer and the queue said"


def test_the_search_finds_words_and_sound_where_they_are_kept(tmp_path: Path) -> None:
    _, said = visit(tmp_path, 1.0)
    agents = next(one for one in said if one.line.place == "agent" and one.line.canary)
    soundfile.write(tmp_path / "line.wav", agents.dry, SAMPLE_RATE_HZ, subtype="FLOAT")
    keeper = subprocess.Popen(
        [sys.executable, str(HERE / "heard_canary.py"), str(tmp_path / "line.wav")], stdout=subprocess.PIPE
    )
    try:
        before, after = _memory_at_stop(keeper), _memory_at_stop(keeper)
    finally:
        keeper.kill()
        keeper.communicate()
    changed = after.changed_since(before)
    loud = agents.dry[len(agents.dry) // 2 :][:SLICE]
    places = before.within(changed)
    assert changed.count(agents.line.canary.encode()) > 0
    assert changed.count(loud.tobytes()) > 0
    assert changed.count(_rows(agents.line.canary)) > 0
    for word in agents.line.canary.split():
        assert changed.count(word.encode()) > places.count(word.encode())


def test_during_the_visit_the_sensor_holds_the_sound_that_it_works_on(trace: Trace) -> None:
    changed = trace.during.changed_since(trace.before)
    agents = next(canary for canary in trace.canaries if canary.place == "agent")
    assert any(changed.count(sound) for sound in agents.sounds)


def test_a_minute_after_the_visit_no_word_and_no_sound_is_in_memory(trace: Trace) -> None:
    changed = trace.after.changed_since(trace.before)
    left = [
        (canary.place, canary.words)
        for canary in trace.canaries
        if any(changed.count(form) for form in (*in_writing(canary.words), _rows(canary.words)))
        or any(changed.count(sound) for sound in canary.sounds)
    ]
    assert left == []
    before = trace.before.within(changed)
    words = {word.encode() for canary in trace.canaries for word in canary.words.split()}
    assert [word for word in words if changed.count(word) > before.count(word)] == []


def test_a_core_dump_holds_none(trace: Trace) -> None:
    if trace.core is None:
        pytest.skip("gdb is not installed; what a core dump holds, the memory of the process, was searched")
    wanted = {form for canary in trace.canaries for form in (*in_writing(canary.words)[:2], canary.sounds[3])}
    with trace.core.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as core:
        assert core.find(b"crimson") >= 0, "the model's own list of words"
        assert [form for form in wanted if core.find(form) >= 0] == []


def test_the_publisher_has_never_heard_of_them(trace: Trace) -> None:
    assert [c.words for c in trace.canaries if any(map(trace.publisher.count, in_writing(c.words)))] == []


def test_no_file_log_or_message_holds_them(trace: Trace) -> None:
    found = [path for path in trace.folder.rglob("*") if path.is_file() and path != trace.core]
    files = {str(path): path.read_bytes() for path in found}
    assert {"ledger.db", "sensor.log", "publisher.log", "mosquitto.db"} <= {Path(name).name for name in files}
    held = {**files, "what was said": trace.said.encode(), **{f"message {n}": m for n, m in enumerate(trace.messages)}}
    wanted = [form for c in trace.canaries for form in (*in_writing(c.words), *c.sounds)]
    wanted += [word.encode() for canary in trace.canaries for word in canary.words.split()]
    assert [name for name, held_there in held.items() if any(one in held_there for one in wanted)] == []
