"""The benchmark from scene to card, with a simulator made for it."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
from models.benchmark import jobs, plan
from models.benchmark.belief import Belief
from models.benchmark.card import fill
from models.benchmark.conditions import ALL, MAIN, OFFICE, Condition
from models.benchmark.day import day_figures, precision
from models.benchmark.intervals import Estimate
from models.benchmark.judged import Judged, curve_of, figures_of
from models.benchmark.kept import plain_number, truth_of
from models.benchmark.results import OfSimulator, Results, add_main
from models.benchmark.scores.talk_overs import FALSE_RATES
from models.benchmark.scores.visits import true_sessions
from models.benchmark.step_cost import step_cost_us
from models.benchmark.systems import NAMES
from models.benchmark.systems.counterpoint import Counterpoint
from models.benchmark.systems.energy import EnergyPerSide
from models.benchmark.systems.hashes import MODELS, checked
from models.benchmark.systems.sides import by_duration
from models.benchmark.tables import all_tables, main_table, shortcuts_table, targets_table
from models.benchmark.truth import AGENT, CUSTOMER, HeardScene
from models.benchmark.uncertainty import uncertainty, write_uncertainty

from counterpoint.values import FloorEvent, Uncertainty
from fake_rooms import FakeRooms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.benchmark.belief import System


def heard(system: System, conditions: Sequence[Condition] = (OFFICE,), scenes: int = 2) -> list[Judged]:
    made = [FakeRooms().scene(one, 20.0, (5, n)) for one in conditions for n in range(scenes)]
    return [Judged(truth_of(one), system.hear(one)) for one in made]


def test_the_energy_of_two_good_microphones_tells_sides_and_overlap() -> None:
    figures = figures_of(heard(EnergyPerSide()))
    assert figures["agent f1"].value > 0.9
    assert figures["overlap f1"].value > 0.9
    assert figures["talk-over recall"].value == 1.0
    assert figures["latency p50"].value == pytest.approx(0.52, abs=0.1)


def test_the_devices_own_line_gives_everything_that_is_judged() -> None:
    (judged,) = heard(Counterpoint(MODELS / "talk_over.onnx"), scenes=1)
    assert judged.belief.activity is not None
    assert judged.belief.activity.shape == judged.truth.active.shape
    assert "overlap f1" in figures_of([judged])


def test_the_half_second_rule_takes_the_side_that_came_second() -> None:
    activity = np.zeros((2, 500), dtype=np.float32)
    activity[CUSTOMER, 50:300] = 1
    activity[AGENT, 100:160] = 1
    activity[AGENT, 280:400] = 1
    belief = by_duration(activity)
    assert [one.side for one in belief.overlaps] == [AGENT, AGENT]
    assert [one.onset_s for one in belief.overlaps] == pytest.approx([2.0, 5.6])
    assert [event.by for event in belief.events] == ["agent"]
    assert belief.events[0].committed_s == pytest.approx(2.52)


def test_the_tables_hold_every_figure_and_go_into_the_card(tmp_path: Path) -> None:
    found = OfSimulator()
    add_main(found, heard(EnergyPerSide(), MAIN[:2]))
    results = Results(11, "model", {"rooms": found, "halls": found}, real_array={"clip": 0.01})
    assert msgspec.json.encode(results, enc_hook=plain_number)
    tables = {table.name: table for table in all_tables(results)}
    assert {"targets", "main", "arrays", "voices", "shortcuts"} <= set(tables)
    assert tables["shortcuts"].rows[-1][0] == "counterpoint"
    overlap = next(row for row in tables["main"].rows if row[:2] == ["overlap f1", "rooms"])
    assert re.fullmatch(r"0\.\d+ \[0\.\d+, [01]\.\d+\]", overlap[2])
    card = tmp_path / "card.md"
    card.write_text(
        "before\n<!-- figures main -->\nold\n<!-- end -->\n<!-- figures days -->\nkept\n<!-- end -->\nafter"
    )
    fill(card, list(tables.values()))
    assert "old" not in card.read_text()
    assert tables["main"].markdown() in card.read_text()
    assert "kept" in card.read_text()
    assert card.read_text().startswith("before\n")


def test_a_scene_is_made_once_and_an_interrupted_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Counted(FakeRooms):
        def scene(self, condition: Condition, seconds: float, seed: tuple[int, ...]) -> HeardScene:
            made.append(seed)
            return super().scene(condition, seconds, seed)

    monkeypatch.setattr(jobs, "_simulator", lambda _name, _data: Counted())
    bench = jobs.Bench(tmp_path, tmp_path, MODELS / "talk_over.onnx", tmp_path / "out", 11)
    keys = jobs.keys_of(bench, ["rooms"], ["energy per side"])
    order = jobs.Order("rooms", "office", 0, 20.0, ("energy per side",))
    left = keys.missing(bench, order)
    assert left == ("energy per side",)
    jobs.do(bench, keys, order, left)
    assert keys.missing(bench, order) is None
    jobs.work(bench, keys, [order], 2, "nothing is left")
    assert len(made) == 1


def test_another_model_is_heard_anew(tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes((MODELS / "talk_over.onnx").read_bytes() + b" ")
    assert Counterpoint(other).key != Counterpoint(MODELS / "talk_over.onnx").key


def test_a_peers_model_of_another_hash_is_refused_with_where_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "peer.onnx").write_bytes(b"no model")
    with pytest.raises(ValueError, match=r"is not the file of some-package==1\.0"):
        checked(tmp_path / "peer.onnx", "0" * 64, "some-package==1.0")


def test_peers_hear_the_first_minutes_and_we_hear_all() -> None:
    wishes = plan.Wishes(("rooms",), tuple(ALL), NAMES, 3, 2, 2, 2.0)
    orders = plan.main_orders(wishes, "rooms", 3)
    assert [len(one.systems) for one in orders if one.condition == "office"] == [6, 6, 1]
    assert len(plan.stress_orders(wishes, "rooms")) == 2 * 18
    assert sum(one.seconds for one in plan.day_orders(wishes, "rooms")) == 2 * 3600


def test_precision_follows_from_recall_and_false_cues() -> None:
    figures = precision(Estimate(0.6, 0.5, 0.7, 10), Estimate(0.4, 0.2, 0.6, 8))
    assert figures["cue precision at 2 an hour"].value == pytest.approx(1.2 / 1.6)
    assert figures["cue precision at 0.5 an hour"].low == pytest.approx(0.25 / 0.85)


def test_a_perfect_listener_leaves_the_device_no_doubt() -> None:
    scene = FakeRooms().scene(OFFICE, 120.0, (5, 1))
    perfect = Belief(scene.active.astype(np.float32), sessions=true_sessions(scene.active, scene.second_voices))
    judged = [Judged(truth_of(scene), perfect)]
    days = day_figures(judged, judged)
    assert (days["visits found"].value, days["visits invented, share"].value) == (1.0, 0.0)
    sure = uncertainty(judged, days)
    assert sure.source == "simulation"
    assert sure.talk_share_points < 0.5
    assert set(sure.event_recall) == {"talk_over", "interruption", "attempt", "transition", "backchannel"}
    assert msgspec.json.decode(msgspec.json.encode(sure), type=Uncertainty) == sure


def test_a_run_without_a_visit_tells_the_device_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged = heard(EnergyPerSide(), scenes=1)
    days = day_figures(judged, judged)
    with pytest.raises(ValueError, match="ask for more --day-hours"):
        uncertainty(judged, days)
    write_uncertainty(judged, days, [tmp_path])
    assert "uncertainty.json is not written" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_device_is_told_which_share_of_the_predictions_reported_is_true() -> None:
    scene = FakeRooms().scene(OFFICE, 120.0, (5, 1))
    at_s = next(one.onset_s for one in scene.second_voices if one.side == AGENT and one.takes_floor)
    events = tuple(FloorEvent(n + 1, "talk_over", "agent", at_s, at_s, at_s + 0.4 + n / 10, 0.9) for n in range(4))
    perfect = Belief(
        scene.active.astype(np.float32), events=events, sessions=true_sessions(scene.active, scene.second_voices)
    )
    judged = [Judged(truth_of(scene), perfect)]
    assert uncertainty(judged, day_figures(judged, judged)).event_precision["talk_over"] == 0.25


def test_what_is_counted_by_the_hour_is_judged_on_both_simulators_together() -> None:
    names = ("upper bound of false cues, after", "cue precision at 2 an hour")
    good = dict(zip(names, (Estimate(0.4, 0, 1, 1), Estimate(0.9, 0, 1, 1)), strict=True))
    poor = dict(zip(names, (Estimate(0.6, 0, 1, 1), Estimate(0.7, 0, 1, 1)), strict=True))
    each = {name: OfSimulator(days={"all": good}) for name in ("rooms", "halls")}
    rows = {
        row[0]: row[2:]
        for row in targets_table(Results(11, "model", each, both_days=poor, model_bytes=900_000, step_us=500.0)).rows
    }
    assert rows["target"] == ["rooms", "halls", "both", "met"]
    assert rows["false cues a counter-hour, upper bound"] == ["0.400", "0.400", "0.600", "no"]
    assert rows["cue precision at 2 true an hour"] == ["0.900", "0.900", "0.700", "no"]
    assert rows["cue recall"] == ["-", "-", "-", "-"]
    assert rows["model size, bytes"] == ["900000", "900000", "-", "yes"]
    assert rows["cost of a 20 ms step, microseconds"] == ["500", "500", "-", "no"]


def test_few_negatives_are_marked_and_the_mark_is_explained() -> None:
    rare, common = Estimate(0.9, 0.8, 1, 999), Estimate(0.9, 0.8, 1, 1000)
    figures = {"recall at 0.10 of backchannels": rare, "recall at 0.10 of overlapping backchannels": common}
    results = Results(11, "model", {"rooms": OfSimulator(main={"all": figures})})
    tables = {one.name: one for one in (targets_table(results), main_table(results.simulators))}
    assert [row[2] for row in tables["main"].rows[1:]] == ["0.900 [0.800, 1.00] n 999†", "0.900 [0.800, 1.00] n 1000"]
    assert "0.900 n 999†" in tables["targets"].text()
    assert tables["main"].markdown().endswith("\n\n† n: so many negatives, fewer than 1,000.")


def test_recall_is_given_against_overlapping_backchannels_too() -> None:
    scenes = heard(EnergyPerSide())
    found = OfSimulator()
    add_main(found, scenes)
    figure = found.main["all"]["recall at 0.10 of overlapping backchannels"]
    assert figure == curve_of(scenes).recall_at(FALSE_RATES["overlapping backchannels"], 0.10) or figure.n == 0
    (head, *_), *_ = [shortcuts_table({"rooms": found}).rows]
    assert "recall at 0.01 of overlapping backchannels" in head


def test_the_cost_of_a_step_is_measured() -> None:
    assert 1 < step_cost_us((MODELS / "talk_over.onnx").read_bytes(), blocks=20) < 20_000


@pytest.mark.parametrize(("data", "model"), [("none", "model.onnx"), (".", "none.onnx")])
def test_what_is_missing_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data: str, model: str
) -> None:
    pytest.importorskip("matplotlib", reason="the command draws plots: models/requirements.txt")
    command = import_module("models.benchmark.__main__")
    (tmp_path / "model.onnx").write_bytes(b"never read")
    words = ["--data", str(tmp_path / data), "--model", str(tmp_path / model), "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", ["benchmark", *words])
    assert command.main() == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_belief_needs_something_to_believe() -> None:
    with pytest.raises(ValueError, match="needs an activity or an overlap"):
        _ = Belief(None).said_both
