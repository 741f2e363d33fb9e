"""Counterpoint: hears who speaks at a service counter, lights a discreet cue, publishes anonymous statistics."""

import os

__version__ = "0.1.0"

# onnxruntime 1.32 for Linux keeps a device id and an event store under the home folder and sends events to its maker.
# It reads this once, as it is first imported: so it stands here, before any module of ours can import it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
