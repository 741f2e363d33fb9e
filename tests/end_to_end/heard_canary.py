"""A process that has heard a line and keeps it, for the control of the search: python heard_canary.py RECORDING.

It stops itself (SIGSTOP) before it hears and when it has heard, so that its memory can be read.
"""

from __future__ import annotations

import os
import signal
import sys

import numpy as np
import soundfile

from counterpoint.edge.model_files import load_act_model
from counterpoint.edge.model_manifest import vosk_folder
from counterpoint.edge.recogniser import VoskRecogniser
from counterpoint.settings import Settings
from counterpoint.words.tokens import rows_of, words_of

if __name__ == "__main__":
    recogniser = VoskRecogniser(vosk_folder(Settings()))
    vocabulary = load_act_model()._vocabulary
    os.kill(os.getpid(), signal.SIGSTOP)
    audio = soundfile.read(sys.argv[1], dtype="float32")[0]
    recogniser.accept(np.pad(audio, 4800))
    kept = recogniser.finish()
    text = kept.text if kept is not None else ""  # as the classifier is given it
    rows = rows_of(words_of(text), vocabulary)  # as the act model is
    os.kill(os.getpid(), signal.SIGSTOP)
