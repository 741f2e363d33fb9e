"""The public counter benchmark: one command, one table; see models/benchmark.md.

Run: PYTHONPATH=device:. python -m models.benchmark --data DIR --peers DIR --out DIR

One rule: this file only says what is done after what.
"""

from __future__ import annotations

import argparse
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from models.benchmark import plan
from models.benchmark.card import fill
from models.benchmark.conditions import ALL as CONDITIONS
from models.benchmark.day import day_figures
from models.benchmark.jobs import SIMULATORS, Bench, Keys, Order, keys_of, work
from models.benchmark.judged import Judged
from models.benchmark.kept import plain_number, read_belief, read_truth
from models.benchmark.plots import draw
from models.benchmark.real_array import side_errors
from models.benchmark.results import OURS, OfSimulator, Results, add_days, add_main, add_peers, add_stress
from models.benchmark.step_cost import step_cost_us
from models.benchmark.systems import NAMES, PEERS, make_system
from models.benchmark.tables import all_tables
from models.benchmark.uncertainty import write_uncertainty

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

MODELS: Final = Path(__file__).parents[1]
JSON_FILE: Final = "benchmark.json"


class Run:
    """A run's scenes, made as they are asked for."""

    def __init__(self, bench: Bench, wishes: plan.Wishes, workers: int) -> None:
        self.bench = bench
        self.wishes = wishes
        self._keys: Keys = keys_of(bench, wishes.simulators, wishes.systems)
        self._workers = workers

    def heard(self, orders: Sequence[Order], system: str, label: str) -> list[Judged]:
        """Scenes as a system heard them; those that some ordered system has not heard yet are made first."""
        work(self.bench, self._keys, orders, self._workers, label)
        found = []
        for order in orders:
            if system in order.systems:
                truth = read_truth(self._keys.truth_file(self.bench, order))
                found.append(Judged(truth, read_belief(self._keys.belief_file(self.bench, order, system))))
        return found

    def main_orders(self, simulator: str) -> list[Order]:
        """As many rounds of the four conditions as it takes to meet 2,200 backchannels."""
        minutes = self.wishes.minutes or plan.ROUND_MINUTES
        while True:
            orders = plan.main_orders(self.wishes, simulator, minutes)
            work(self.bench, self._keys, orders, self._workers, f"{simulator}, four conditions")
            if self.wishes.minutes or minutes >= plan.MOST_MINUTES or not orders:
                return orders
            truths = [read_truth(self._keys.truth_file(self.bench, order)) for order in orders]
            met = sum(one.kind == "backchannel" for truth in truths for one in truth.second_voices)
            if met >= plan.ENOUGH:
                return orders
            minutes += plan.ROUND_MINUTES


def judge(run: Run, simulator: str) -> tuple[OfSimulator, list[Judged], list[Judged]]:
    """All figures of one simulator, and our dense scenes and days themselves."""
    found = OfSimulator()
    orders = run.main_orders(simulator)
    dense = run.heard(orders, OURS, simulator)
    if dense:
        add_main(found, dense)
        shared = [one for one in orders if one.systems == run.wishes.systems]
        add_peers(found, {system: run.heard(shared, system, simulator) for system in run.wishes.systems})
    add_stress(found, run.heard(plan.stress_orders(run.wishes, simulator), OURS, f"{simulator}, stress"))
    days = run.heard(plan.day_orders(run.wishes, simulator), OURS, f"{simulator}, days")
    if dense and days:
        add_days(found, dense, days)
    return found, dense, days


def report(out: Path, results: Results, *, publish: bool) -> None:
    """Print the tables; write them, the figures and the plots, beside the model as well where that is asked."""
    tables = all_tables(results)
    print("\n\n".join(table.text() for table in tables))
    figures = msgspec.json.format(msgspec.json.encode(results, enc_hook=plain_number), indent=1) + b"\n"
    (out / JSON_FILE).write_bytes(figures)
    (out / "tables.md").write_text("\n\n".join(f"## {one.title}\n\n{one.markdown()}" for one in tables) + "\n")
    draw(results, out / "plots")
    if publish:
        (MODELS / "talk_over.json").write_bytes(figures)
        draw(results, MODELS / "plots")
        fill(MODELS / "talk_over.md", tables)


def main() -> int:
    """Judge, print, write."""
    words = _parser().parse_args()
    if missing := _missing(words.data, words.model):
        print(f"benchmark: {missing}", file=sys.stderr)
        return 2
    wishes = plan.Wishes(
        simulators=words.simulators,
        conditions=words.conditions,
        systems=tuple(dict.fromkeys((OURS, *words.systems))),
        minutes=words.minutes,
        stress_minutes=words.stress_minutes,
        peer_minutes=words.peer_minutes,
        day_hours=words.day_hours,
    )
    words.out.mkdir(parents=True, exist_ok=True)
    bench = Bench(words.data, words.peers or Path(), words.model, words.out, words.seed)
    try:
        run = Run(bench, wishes, words.workers)
        model = words.model.read_bytes()
        results = Results(words.seed, sha256(model).hexdigest()[:12], model_bytes=len(model))
        dense: list[Judged] = []
        days: list[Judged] = []
        for simulator in wishes.simulators:
            results.simulators[simulator], mine, its_days = judge(run, simulator)
            dense, days = dense + mine, days + its_days
        if (words.data / "array").is_dir():
            results.real_array = side_errors(words.data, make_system(OURS, words.model, bench.peers))
        results.step_us = step_cost_us(model)
    except ValueError as problem:
        print(f"benchmark: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"benchmark: stopped; the same command goes on from {words.out / 'kept'}", file=sys.stderr)
        return 130
    if dense and days:
        results.both_days = day_figures(dense, days)
        write_uncertainty(dense, results.both_days, (words.out, MODELS) if words.publish else (words.out,))
    report(words.out, results, publish=words.publish)
    return 0


def _missing(data: Path, model: Path) -> str | None:
    """What is not there, in a line."""
    if not data.is_dir():
        return f"there is no folder {data}: --data names the one with speech, noise and timings"
    if not model.is_file():
        return f"there is no file {model}: --model names an ONNX model"
    return None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="models.benchmark", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with speech, noise, timings and array")
    parser.add_argument("--peers", type=Path, help="folder with the peers' ONNX files; without it, choose --systems")
    parser.add_argument("--out", type=Path, required=True, help="results, and what is kept of every scene heard")
    parser.add_argument("--model", type=Path, default=MODELS / "talk_over.onnx")
    parser.add_argument(
        "--publish",
        action="store_true",
        help="also fill the card, plots, talk_over.json and uncertainty.json of models/",
    )
    parser.add_argument("--minutes", type=int, help="of each main condition; default: until 2,200 backchannels")
    parser.add_argument("--stress-minutes", type=int, default=plan.STRESS_MINUTES)
    parser.add_argument("--peer-minutes", type=int, default=12, help="of each main condition, heard by the peers too")
    parser.add_argument("--day-hours", type=float, default=20.0, help="hours of days, a simulator")
    parser.add_argument("--conditions", type=_some_of(CONDITIONS), default=tuple(CONDITIONS))
    parser.add_argument("--simulators", type=_some_of(SIMULATORS), default=SIMULATORS)
    parser.add_argument(
        "--systems", type=_some_of(NAMES), default=NAMES, help=f"{OURS} always; peers: {', '.join(PEERS)}"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=11)
    return parser


def _some_of(known: Collection[str]) -> Callable[[str], tuple[str, ...]]:
    """Reads names with commas between them; a name that is not known is refused."""

    def listed(words: str) -> tuple[str, ...]:
        names = tuple(word.strip() for word in words.split(",") if word.strip())
        if unknown := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
        return names

    return listed


if __name__ == "__main__":
    sys.exit(main())
