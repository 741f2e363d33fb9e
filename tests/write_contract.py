"""Writes the files of the MQTT contract anew, from the code that sends: `python tests/write_contract.py`."""

from __future__ import annotations

from pathlib import Path

import counterpoint.messages
from counterpoint.messages.contract import contract_files

FOLDER = Path(counterpoint.messages.__file__).parent


def write_contract(folder: Path) -> None:
    for name, text in contract_files().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_contract(FOLDER)
