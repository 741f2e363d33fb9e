"""Sound without a sound card: real ALSA devices made of files, and a private PulseAudio whose sinks are microphones.

One rule: everything lives in the test's own folder, and nothing of the machine's own sound set-up is touched.
ALSA reads `ALSA_CONFIG_PATH` anew at every PortAudio start, so setting it in this process is enough.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

    Frames = NDArray[np.int16]

HAS_PULSEAUDIO: Final = shutil.which("pulseaudio") is not None and shutil.which("paplay") is not None
RATE_HZ: Final = 16_000
# PulseAudio's ALSA plugin asks for these maps; with aux0, aux1, ... every channel is silence, without an error.
CHANNEL_MAPS: Final = {
    1: "mono",
    2: "front-left,front-right",
    4: "front-left,front-right,rear-left,rear-right",
    6: "front-left,front-right,rear-left,rear-right,front-center,lfe",
}
SET_PIPE_SIZE: Final = 1031  # F_SETPIPE_SZ
PIPE_BYTES: Final = 16_384
FEED_S: Final = 0.01


def write_alsa(folder: Path, devices: Mapping[str, str]) -> Path:
    """Write an ALSA configuration with these devices (name to text) and return its path for ALSA_CONFIG_PATH.

    The system's own configuration is included: without it PortAudio aborts the process.
    """
    path = folder / "alsa.conf"
    texts = (f"pcm.{name} {{ {text} }}\n" for name, text in devices.items())
    path.write_text("</usr/share/alsa/alsa.conf>\n" + "".join(texts))
    return path


def file_device(path: Path) -> str:
    """An ALSA device that plays `path` (raw s16le) into the microphone: as fast as it is read, over and over."""
    return f'type file; slave.pcm {{ type null }}; file "/dev/null"; infile "{path}"; format "raw"'


def narrow_device(channels: int) -> str:
    """An ALSA device with exactly so many channels, all silent."""
    bindings = " ".join(f"bindings.{at} {{ slave a; channel {at} }}" for at in range(channels))
    return f'type multi; slaves.a {{ pcm "null"; channels {channels} }}; {bindings}'


class Feeder:
    """Feeds a FIFO in the room's time, so that an ALSA file device is paced like a sound card."""

    def __init__(self, path: Path, frames: Frames, rate_hz: int = RATE_HZ) -> None:
        os.mkfifo(path)
        self._pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        fcntl.fcntl(self._pipe, SET_PIPE_SIZE, PIPE_BYTES)
        self._frames = frames
        self._rate_hz = rate_hz
        self._stopping = Event()
        self._mute_until_s = 0.0
        self._thread = Thread(target=self._feed, name="feeder", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()
        os.close(self._pipe)

    def lose(self, seconds: float) -> None:
        """Let what the room says in the next seconds never arrive."""
        self._mute_until_s = time.monotonic() + seconds

    def _feed(self) -> None:
        step = int(FEED_S * self._rate_hz)
        start_s, at = time.monotonic(), 0
        while not self._stopping.wait(max(0.0, start_s + at / self._rate_hz - time.monotonic())):
            first = at % (len(self._frames) - step)
            at += step
            if time.monotonic() >= self._mute_until_s:
                with suppress(BlockingIOError):  # nobody reads: the room goes on
                    os.write(self._pipe, self._frames[first : first + step].tobytes())


class SoundServer:
    """A private PulseAudio; each sink's monitor is a microphone, as an ALSA device of the sink's name."""

    def __init__(self, folder: Path, sinks: Mapping[str, int], rate_hz: int = RATE_HZ) -> None:
        self._folder = folder
        self._sinks = sinks
        self._rate_hz = rate_hz
        self._players: list[subprocess.Popen[bytes]] = []
        for name in ("runtime", "runtime/pulse", "home"):
            (folder / name).mkdir(mode=0o700)
        self.address = f"unix:{folder}/native"
        self.environment = {
            "ALSA_CONFIG_PATH": str(self._write_alsa()),
            "XDG_RUNTIME_DIR": str(folder / "runtime"),
            "PULSE_RUNTIME_PATH": str(folder / "runtime/pulse"),
            "HOME": str(folder / "home"),
        }

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start the daemon and wait until it listens."""
        (self._folder / "native").unlink(missing_ok=True)
        words = ["pulseaudio", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit=1", "-n", "--disable-shm=1"]
        with (self._folder / "pulseaudio.log").open("a") as log:
            self._daemon = subprocess.Popen(
                [*words, "-F", str(self._write_script())], env={**os.environ, **self.environment}, stderr=log
            )
        give_up_s = time.monotonic() + 10
        while not (self._folder / "native").exists():
            if time.monotonic() > give_up_s or self._daemon.poll() is not None:
                raise RuntimeError("pulseaudio did not start: " + (self._folder / "pulseaudio.log").read_text()[-500:])
            time.sleep(0.02)

    def kill(self) -> None:
        """Pull the plug: the daemon dies at once, with its players."""
        for process in (self._daemon, *self._players):
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
        self._players.clear()

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Stop the daemon in its tracks: it neither delivers nor answers."""
        self._daemon.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._daemon.send_signal(signal.SIGCONT)

    def play(self, sink: str, frames: Frames) -> None:
        """Begin to play frames, shape (frames, channels), into a sink."""
        channels = frames.shape[1]
        raw = self._folder / f"{sink}-{len(self._players)}.raw"
        raw.write_bytes(frames.astype("<i2").tobytes())
        form = ["--raw", "--format=s16le", f"--rate={self._rate_hz}", f"--channels={channels}"]
        words = ["paplay", f"--server={self.address}", f"--device={sink}", f"--channel-map={CHANNEL_MAPS[channels]}"]
        player = subprocess.Popen(
            [*words, *form, str(raw)], env={**os.environ, **self.environment}, stderr=subprocess.DEVNULL
        )
        self._players.append(player)

    def _write_alsa(self) -> Path:
        return write_alsa(
            self._folder,
            {name: f'type pulse; server "{self.address}"; device "{name}.monitor"' for name in self._sinks},
        )

    def _write_script(self) -> Path:
        script = self._folder / "pulse.pa"
        lines = [f"load-module module-native-protocol-unix auth-anonymous=1 socket={self._folder}/native"]
        lines += [
            f"load-module module-null-sink sink_name={name} format=s16le rate={self._rate_hz} channels={channels} "
            f"channel_map={CHANNEL_MAPS[channels]}"
            for name, channels in self._sinks.items()
        ]
        script.write_text("\n".join(lines) + "\n")
        return script
