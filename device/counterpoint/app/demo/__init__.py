"""The main job on a bundled conversation: real line, ledger, publisher and broker; only the people are made.

conversation ─▶ pipeline ─▶ view        (live, in the terminal)
                   │   └──▶ score       (scripted event: found or not, how fast)
                   └──▶ windows ─▶ publisher's process ─▶ private Mosquitto ─▶ receiver ─▶ view
"""

from counterpoint.app.demo.run import demo

__all__ = ["demo"]
