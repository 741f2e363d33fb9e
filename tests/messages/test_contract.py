"""The committed contract is what the code makes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

import counterpoint.messages
from counterpoint.messages.channels import SENT
from counterpoint.messages.contract import asyncapi, contract_files, fleet_asyncapi
from counterpoint.messages.schemas import decode_window
from counterpoint.settings import PrivacyRules
from write_contract import write_contract

FOLDER = Path(counterpoint.messages.__file__).parent
PAGE = FOLDER.parents[1] / "docs" / "mqtt.md"


@pytest.mark.parametrize("name", sorted(contract_files()))
def test_the_committed_file_is_what_the_code_makes(name: str) -> None:
    assert (FOLDER / name).read_text() == contract_files()[name]


def test_no_schema_lies_there_that_is_not_used() -> None:
    assert {path.name for path in FOLDER.glob("*.json")} == {
        name for name in contract_files() if name.endswith(".json")
    }


def test_every_message_of_the_documents_has_its_schema() -> None:
    documents = [json.loads(json.dumps(document)) for document in (asyncapi(), fleet_asyncapi())]
    messages = [each for document in documents for each in document["components"]["messages"].values()]
    payloads = {each["payload"]["$ref"].removeprefix("./") for each in messages}
    assert payloads == {name for name in contract_files() if name.endswith(".json")}
    assert all(document["asyncapi"].startswith("3.") for document in documents)


def test_a_schema_refuses_properties_that_it_does_not_name() -> None:
    for name, text in contract_files().items():
        if name.endswith(".json"):
            assert all(part["additionalProperties"] is False for part in json.loads(text)["$defs"].values())


def test_it_can_be_written_anew(tmp_path: Path) -> None:
    write_contract(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(contract_files())


def test_the_page_for_readers_shows_a_window_as_it_is_sent() -> None:
    if not PAGE.exists():
        pytest.skip("the pages are in the repository, not in the installed package")
    text = PAGE.read_text()
    shown = text.split("```json\n")[1].split("```")[0]
    assert decode_window(shown.encode()).statistics is not None
    for channel in SENT:
        kept = "yes" if channel.retain else "no"
        assert f"| `{channel.leaf}` | {channel.qos} | {kept} |" in text


def test_the_page_for_readers_says_how_long_a_window_may_last() -> None:
    if not PAGE.exists():
        pytest.skip("the pages are in the repository, not in the installed package")
    text = PAGE.read_text()
    assert "`privacy.window" in text
    longer = set(get_args(get_type_hints(PrivacyRules)["window"])) - {PrivacyRules().window}
    assert all(f'"{choice}"' in text for choice in longer)
