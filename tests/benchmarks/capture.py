"""Minutes of paced capture through a real PulseAudio: frames, frames lost, and the gaps between reads.

    python tests/benchmarks/capture.py                                      ten minutes, the microphone alone
    python tests/benchmarks/capture.py --minutes 2 --load 2                 beside two busy processes
    python tests/benchmarks/capture.py --play conversation.wav --with "counterpoint run --device {device}"

With `--with`, the command runs in the room of the private sound server (ALSA_CONFIG_PATH and the rest are set; the
device is called `counter`), beside the benchmark's own microphone. {device} stands for the device's name, {minutes}
for the time it has. It is ended with SIGTERM when the time is over; its exit code and last line are printed.

One rule: it prints what it measured, and exits with 1 when a frame was lost that the benchmark did not take away.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "device"), str(ROOT / "tests")]

import numpy as np  # noqa: E402 (the paths above make this a program that runs from anywhere)
import soundfile  # noqa: E402

from counterpoint.edge.microphone import Microphone  # noqa: E402
from counterpoint.hearing.geometry import ArrayGeometry  # noqa: E402
from counterpoint.values import BLOCK_S, BLOCK_SAMPLES, SAMPLE_RATE_HZ  # noqa: E402
from sound_server import HAS_PULSEAUDIO, SoundServer  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sound_server import Frames

DEVICE: Final = "counter"
ENDING_S: Final = 15  # for the command to close what it has open
ENDED_WELL: Final = (0, -15)  # by itself, or by our SIGTERM


@dataclass(frozen=True, slots=True)
class Capture:
    """What a run of the microphone gave; gaps between blocks, own processor time and lateness in seconds."""

    blocks: int
    lost_samples: int
    reopened: int
    gaps_s: list[float]
    cpu_s: float
    late_s: float


def main() -> int:
    """Run the benchmark and print its table."""
    options = read_options()
    if not HAS_PULSEAUDIO:
        sys.stderr.write("this benchmark needs PulseAudio: apt-get install pulseaudio pulseaudio-utils\n")
        return 2
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="counterpoint-")))
        server = stack.enter_context(SoundServer(folder, {DEVICE: options.channels}))
        os.environ.update(server.environment)
        stack.enter_context(load(options.load))
        server.play(DEVICE, sound(options.play, options.channels, options.minutes))
        command = stack.enter_context(beside(options.beside, options.minutes))
        capture = listen(options.channels, options.minutes)
    show(capture, options)
    return 1 if capture.lost_samples or (command and command.returncode not in ENDED_WELL) else 0


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--channels", type=int, default=4, choices=(1, 2, 4, 6))
    parser.add_argument("--load", type=int, default=0, metavar="N", help="busy processes beside the capture")
    parser.add_argument("--play", type=Path, help="what is heard, 16 kHz, repeated (default: noise)")
    parser.add_argument("--with", dest="beside", metavar="COMMAND", help="a command that listens too")
    return parser.parse_args()


def sound(path: Path | None, channels: int, minutes: float) -> Frames:
    """Frames for the whole run, (frames, channels): the file repeated, or noise."""
    need = round((minutes + 0.5) * 60 * SAMPLE_RATE_HZ)
    if path is None:
        once = np.random.default_rng(0).integers(-3000, 3000, (10 * SAMPLE_RATE_HZ, channels), dtype=np.int16)
    else:
        once, rate_hz = soundfile.read(path, dtype="int16", always_2d=True)
        if (rate_hz, once.shape[1]) != (SAMPLE_RATE_HZ, channels):
            sys.exit(f"{path} has {once.shape[1]} channels at {rate_hz} Hz: give {channels} at {SAMPLE_RATE_HZ} Hz")
    frames: Frames = np.resize(once, (need, channels))
    return frames


def listen(channels: int, minutes: float) -> Capture:
    """Take blocks from the microphone for so long on the sample clock."""
    array = ArrayGeometry(
        "benchmark", tuple((0.01 * at, 0.0, 0.0) for at in range(channels)), tuple(range(channels)), channels
    )
    gaps_s: list[float] = []
    start_cpu_s = time.process_time()
    with Microphone(array, DEVICE) as microphone:
        first_s = last_s = 0.0
        for block in microphone.blocks():
            now_s = time.monotonic()
            if last_s:
                gaps_s.append(now_s - last_s)
            first_s, last_s = first_s or now_s, now_s
            if block.start_s >= minutes * 60:
                break
        late_s = last_s - first_s - len(gaps_s) * BLOCK_S
        cpu_s = time.process_time() - start_cpu_s
        return Capture(len(gaps_s) + 1, microphone.lost_samples, microphone.reopened, gaps_s, cpu_s, late_s)


def show(capture: Capture, options: argparse.Namespace) -> None:
    """Print the table."""
    gaps_ms = np.array(capture.gaps_s) * 1000
    rows = (
        ("minutes", f"{capture.blocks * BLOCK_S / 60:.2f}"),
        ("channels", f"{options.channels}"),
        ("busy processes beside", f"{options.load}"),
        ("command beside", options.beside or "none"),
        ("blocks of 20 ms", f"{capture.blocks}"),
        ("samples a channel", f"{capture.blocks * BLOCK_SAMPLES}"),
        ("samples lost", f"{capture.lost_samples}"),
        ("reopened", f"{capture.reopened}"),
        ("gap, median", f"{np.median(gaps_ms):.1f} ms"),
        ("gap, 99th percentile", f"{np.percentile(gaps_ms, 99):.1f} ms"),
        ("gap, longest", f"{gaps_ms.max():.1f} ms"),
        ("room ahead of the sample clock", f"{capture.late_s * 1000:+.1f} ms"),
        ("processor", f"{100 * capture.cpu_s / (capture.blocks * BLOCK_S):.2f} % of a core"),
    )
    for name, value in rows:
        print(f"{name:32} {value}")


@contextmanager
def load(processes: int) -> Iterator[None]:
    """Keep so many processes busy."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


@contextmanager
def beside(command: str | None, minutes: float) -> Iterator[subprocess.Popen[str] | None]:
    """Run a command in the sound server's room; end it politely and print its last line."""
    if command is None:
        yield None
        return
    words = shlex.split(command.format(device=DEVICE, minutes=minutes))
    with tempfile.TemporaryFile("w+") as written:
        process = subprocess.Popen(words, stdout=written, stderr=subprocess.STDOUT, text=True)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(ENDING_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        written.seek(0)
        lines = written.read().splitlines()
    print(f"{'the command ended with':32} {process.returncode}: {lines[-1] if lines else '(it printed nothing)'}")


if __name__ == "__main__":
    sys.exit(main())
