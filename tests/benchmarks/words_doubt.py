"""How surely another language turns words off, and English in noise does not; run it, it is no test.

    PYTHONPATH=tests python tests/benchmarks/words_doubt.py [--speech FOLDER] [--noise FILE ...]

Languages are spoken by espeak-ng (robots: they tell nothing about people), English by flite, or from FOLDER: FLAC lines
at 16 kHz. A visit is `VISIT_S` of one voice, an utterance a line, as the gate would give them.
One rule: a visit counts as off as soon as `Doubt` says so, with the shipped settings.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import soundfile
import soxr

from benchmarks.words import CHUNK, SENTENCES, VOICES
from counterpoint.edge.model_manifest import vosk_folder
from counterpoint.edge.recogniser import VoskRecogniser
from counterpoint.settings import Settings, WordsSettings
from counterpoint.values import SAMPLE_RATE_HZ
from counterpoint.words import Doubt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from counterpoint.values import Samples

VISIT_S: Final = 24.0
SNRS_DB: Final = (15.0, 8.0, 3.0)
OTHERS: Final[Mapping[str, Sequence[str]]] = {
    "de": (
        "Guten Morgen, was kann ich heute für Sie tun?",
        "Das Paket sollte am Montag kommen, und nun ist es Donnerstag.",
        "Haben Sie die Rechnung dabei, oder soll ich sie heraussuchen?",
        "Ich rufe Sie heute Nachmittag an, dann müssen Sie nicht warten.",
        "Habe ich richtig verstanden, dass zweimal abgebucht wurde?",
        "Das Büro im zweiten Stock ist bis fünf Uhr geöffnet.",
    ),
    "fr": (
        "Bonjour, qu'est-ce que je peux faire pour vous?",
        "Le colis devait arriver lundi et nous sommes déjà jeudi.",
        "Est-ce que vous avez la facture avec vous?",
        "Je vous rappelle cet après-midi, comme ça vous n'attendez pas.",
        "Si j'ai bien compris, on vous a fait payer deux fois.",
        "Le bureau au deuxième étage est ouvert jusqu'à cinq heures.",
    ),
    "es": (
        "Buenos días, ¿en qué puedo ayudarle?",
        "El paquete tenía que llegar el lunes y ya es jueves.",
        "¿Tiene usted la factura o quiere que la busque?",
        "Le llamo esta tarde y así no tiene que esperar.",
        "Si le he entendido bien, le han cobrado dos veces.",
        "La oficina del segundo piso está abierta hasta las cinco.",
    ),
    "it": (
        "Buongiorno, come posso aiutarla?",
        "Il pacco doveva arrivare lunedì e oggi è già giovedì.",
        "Ha la fattura con sé, o vuole che la cerchi io?",
        "La richiamo nel pomeriggio, così non deve aspettare.",
        "Se ho capito bene, le hanno fatto pagare due volte.",
        "L'ufficio al secondo piano è aperto fino alle cinque.",
    ),
    "pl": (
        "Dzień dobry, w czym mogę pomóc?",
        "Paczka miała przyjść w poniedziałek, a dziś jest czwartek.",
        "Czy ma pan ze sobą rachunek, czy mam go poszukać?",
        "Zadzwonię po południu, żeby nie musiał pan czekać.",
        "Jeśli dobrze rozumiem, pobrano opłatę dwa razy.",
        "Biuro na drugim piętrze jest czynne do piątej.",
    ),
}


def main() -> None:
    """Print one row a language, then English as it is and in noise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speech", type=Path, help="folder of English lines VOICE-NUMBER.flac")
    parser.add_argument("--noise", type=Path, nargs="*", default=[])
    given = parser.parse_args()
    recogniser = VoskRecogniser(vosk_folder(Settings()))
    print("speech                    visits off    first after    mean confidence")
    with tempfile.TemporaryDirectory() as folder:
        for language, lines in OTHERS.items():
            voices = [
                [_say(["espeak-ng", "-v", voice, "-w"], line, Path(folder)) for line in lines]
                for voice in (language, f"{language}+f3")
            ]
            print(_row(recogniser, f"{language} (espeak-ng)", voices), flush=True)
        robot = [[_say(["espeak-ng", "-v", "en-us", "-w"], line, Path(folder)) for line in SENTENCES]]
        print(_row(recogniser, "English (espeak-ng)", robot), flush=True)
        english = (
            _spoken(given.speech)
            if given.speech
            else [
                [_say(["flite", "-voice", voice, "-o"], line, Path(folder)) for line in SENTENCES] for voice in VOICES
            ]
        )
    print(_row(recogniser, "English", english), flush=True)
    for file in given.noise:
        noise = soundfile.read(file, dtype="float32", always_2d=True)[0].mean(axis=1)
        for snr_db in SNRS_DB:
            rows = [[_in_noise(line, noise, snr_db) for line in voice] for voice in english]
            print(_row(recogniser, f"English, {file.stem} {snr_db:g} dB", rows), flush=True)


def _row(recogniser: VoskRecogniser, name: str, voices: Sequence[Sequence[Samples]]) -> str:
    off, after_s, sure, seconds, visits = 0, [], 0.0, 0.0, 0
    for voice in voices:
        for visit in _visits(voice):
            doubt, heard_s, visits = Doubt(WordsSettings()), 0.0, visits + 1
            for line in visit:
                for part in [line[at : at + CHUNK] for at in range(0, len(line), CHUNK)]:
                    recogniser.accept(part)
                utterance = recogniser.finish()
                heard_s += len(line) / SAMPLE_RATE_HZ
                if utterance is None:
                    continue
                doubt.hear(utterance, len(line) / SAMPLE_RATE_HZ)
                sure += utterance.confidence * utterance.spoken_s
                seconds += utterance.spoken_s
                if doubt.words_off:
                    off += 1
                    after_s.append(heard_s)
                    break
            recogniser.forget()
    first = f"{np.median(after_s):8.0f} s" if after_s else "         -"
    return f"{name:<28}{off:3} of {visits:3} {first} {sure / max(1e-9, seconds):15.2f}"


def _visits(lines: Sequence[Samples]) -> list[list[Samples]]:
    """Lines one after the other, cut into visits; what is left over is none."""
    visits: list[list[Samples]] = [[]]
    for line in lines:
        visits[-1].append(line)
        if sum(map(len, visits[-1])) >= VISIT_S * SAMPLE_RATE_HZ:
            visits.append([])
    return visits[:-1] or visits


def _say(command: list[str], text: str, folder: Path) -> Samples:
    file = folder / "line.wav"
    words = [*command, str(file), *(["-t"] if command[0] == "flite" else []), text]
    subprocess.run(words, check=True, capture_output=True)
    audio, rate = soundfile.read(file, dtype="float32")
    return np.pad(np.asarray(soxr.resample(audio, rate, SAMPLE_RATE_HZ), dtype=np.float32), 4800)


def _spoken(folder: Path) -> list[list[Samples]]:
    voices: dict[str, list[Samples]] = {}
    for file in sorted(folder.glob("*.flac")):
        line = soundfile.read(file, dtype="float32")[0]
        voices.setdefault(file.stem.rsplit("-", 1)[0], []).append(np.pad(line, 4800))
    return list(voices.values())


def _in_noise(line: Samples, noise: Samples, snr_db: float) -> Samples:
    first = len(line) * 7 % max(1, len(noise) - len(line))
    under = np.resize(noise[first:], len(line))
    gain = np.sqrt(np.mean(line**2) / (np.mean(under**2) + 1e-12)) * 10 ** (-snr_db / 20)
    return np.asarray(line + gain * under, dtype=np.float32)


if __name__ == "__main__":
    main()
