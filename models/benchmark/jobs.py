"""One scene a job: made, heard by every system that is asked, and forgotten; one rule: what is kept is not made again.

```
Order (simulator, condition, number, seconds, systems) -> scene -> truth kept
                                                            `-> each system -> belief kept
```
"""

from __future__ import annotations

import os
import threading
import zlib
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context, parent_process
from typing import TYPE_CHECKING, Final

from models.benchmark.conditions import ALL
from models.benchmark.kept import keep_belief, keep_truth, truth_of
from models.benchmark.progress import Progress
from models.benchmark.systems import make_system
from models.benchmark.systems.hashes import BENCHMARK, MODELS, key_of, of_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from models.benchmark.belief import System
    from models.benchmark.truth import Simulator

THREAD_LIMITS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
SHARED: Final = tuple(
    BENCHMARK / name
    for name in ("conditions.py", "parts.py", "truth.py", "arrays.py", "kept.py", "scores/shortcuts.py")
)
"""What every kept truth depends on besides its simulator; the shortcuts' measurements are kept with it."""
SIMULATORS: Final = ("rooms", "halls")
COSTS: Final = {
    "counterpoint": 1.0,
    "true bearing": 1.0,
    "energy per side": 0.7,
    "silero per side": 1.0,
    "pyannote one microphone": 0.7,
    "pyannote per side": 2.9,
}
"""What a second of sound costs each, against the device's own line; for the time that is left only."""
SCENE_COST: Final = 0.6


@dataclass(frozen=True, slots=True)
class Bench:
    """What all jobs of a run share.

    Attributes:
        data: Folder with speech, noise and timings.
        peers: Folder with the peers' models.
        model: Our model.
        out: Where results are kept, in `kept/`.
        seed: Of every scene.
    """

    data: Path
    peers: Path
    model: Path
    out: Path
    seed: int


@dataclass(frozen=True, slots=True)
class Order:
    """One scene, and who is to hear it."""

    simulator: str
    condition: str
    number: int
    seconds: float
    systems: tuple[str, ...]

    @property
    def cost(self) -> float:
        """In seconds of sound heard by the device's own line."""
        return self.seconds * (SCENE_COST + sum(COSTS[name] for name in self.systems))

    def seed(self, bench: Bench) -> tuple[int, ...]:
        """What the scene is drawn from: the run's seed, the names, the number."""
        return bench.seed, zlib.crc32(f"{self.simulator} {self.condition}".encode()), self.number


@dataclass(frozen=True, slots=True)
class Keys:
    """Hashes of what results depend on, by simulator and by system."""

    simulators: dict[str, str]
    systems: dict[str, str]

    def truth_file(self, bench: Bench, order: Order) -> Path:
        """Where the truth of an order is kept."""
        folder = bench.out / "kept" / order.simulator / order.condition.replace(" ", "-")
        key = self.simulators[order.simulator]
        return folder / f"{bench.seed}-{order.number}-{order.seconds:g}s-{key}.npz"

    def belief_file(self, bench: Bench, order: Order, system: str) -> Path:
        """Where what a system believes of it is kept."""
        truth = self.truth_file(bench, order)
        return truth.with_name(f"{truth.stem}-{system.replace(' ', '-')}-{self.systems[system]}.npz")

    def missing(self, bench: Bench, order: Order) -> tuple[str, ...] | None:
        """The systems that have still to hear it; None when nothing is left to do."""
        left = tuple(name for name in order.systems if not self.belief_file(bench, order, name).exists())
        return left if left or not self.truth_file(bench, order).exists() else None


def keys_of(bench: Bench, simulators: Sequence[str], systems: Sequence[str]) -> Keys:
    """The hashes of a run.

    Raises:
        ValueError: A system is unknown, or a peer's model is missing or another one.
    """
    listing = of_bytes(f"{path} {size}".encode() for path, size in _listing(bench.data))
    return Keys(
        {name: of_bytes([listing.encode(), key_of(MODELS / name, *SHARED).encode()]) for name in simulators},
        {name: make_system(name, bench.model, bench.peers).key for name in systems},
    )


def work(bench: Bench, keys: Keys, orders: Sequence[Order], workers: int, label: str) -> None:
    """Make and hear all that is missing, on so many processes; show how long it will take.

    A run that is interrupted keeps every scene that was finished.
    """
    wanted = {order: left for order in orders if (left := keys.missing(bench, order)) is not None}
    if not wanted:
        return
    progress = Progress(label, sum(order.cost for order in wanted))
    for limit in THREAD_LIMITS:
        os.environ[limit] = "1"
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent) as pool:
        try:
            running = {pool.submit(do, bench, keys, order, left): order for order, left in wanted.items()}
            for done in as_completed(running):
                done.result()
                order = running[done]
                progress.add(order.cost, f"{order.simulator} {order.condition}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    progress.close()


def _end_with_parent() -> None:
    """A worker whose run was killed goes too: it would wait for orders for ever."""

    def watch() -> None:
        if (parent := parent_process()) is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def do(bench: Bench, keys: Keys, order: Order, systems: tuple[str, ...]) -> None:
    """Make one scene, let these systems hear it, keep truth and beliefs."""
    scene = _simulator(order.simulator, bench.data).scene(ALL[order.condition], order.seconds, order.seed(bench))
    keep_truth(keys.truth_file(bench, order), truth_of(scene))
    for name in systems:
        belief = _system(name, bench.model, bench.peers).hear(scene)
        keep_belief(keys.belief_file(bench, order, name), belief)


def _listing(folder: Path) -> list[tuple[str, int]]:
    """Name and size of every file of the data, behind links as well."""
    files = [
        os.path.join(place, name)  # noqa: PTH118 - Path's own walk does not go behind links
        for place, _, names in os.walk(folder, followlinks=True)
        for name in names
    ]
    return sorted((os.path.relpath(file, folder), os.stat(file).st_size) for file in files)  # noqa: PTH116 - as above


@cache
def _simulator(name: str, data: Path) -> Simulator:
    """One a process: it holds the voices in memory."""
    if name == "rooms":
        from models.rooms.simulator import Rooms  # noqa: PLC0415 - the voices are read where they are needed only

        return Rooms(data, "test")
    from models.halls.simulator import Halls  # noqa: PLC0415 - as above

    return Halls.of(data)


@cache
def _system(name: str, model: Path, peers: Path) -> System:
    return make_system(name, model, peers)
