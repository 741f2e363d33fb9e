"""The contract as files: JSON Schemas and two AsyncAPI 3 documents, made from the values and channels that are used.

One rule: the committed files equal what this makes (a test says so); tests/write_contract.py writes them anew.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import msgspec

from counterpoint.messages.channels import CONTENT_TYPE, READ, SCHEMA_PROPERTY, SENT, STATE, WILL_DELAY_S, Channel
from counterpoint.messages.commands import Command, Order
from counterpoint.messages.telling import QOS, SUMMARY_ROOT, TOLD, SummaryChannel
from counterpoint.messages.topics import CODE, ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

Tree = str | int | bool | list["Tree"] | dict[str, "Tree"]
ASYNCAPI: Final = "asyncapi.yaml"
FLEET_ASYNCAPI: Final = "asyncapi-fleet.yaml"
VERSION: Final = "3.0.0"


def contract_files() -> Mapping[str, str]:
    """Return the text of every file of the contract by its name."""
    documents = {ASYNCAPI: asyncapi(), FLEET_ASYNCAPI: fleet_asyncapi()}
    texts = {name: "\n".join(_yaml(document)) + "\n" for name, document in documents.items()}
    return {**texts, **{_file(channel): _schema(channel) for channel in (*SENT, *READ, *TOLD)}}


def _file(channel: Channel | SummaryChannel) -> str:
    return f"{channel.schema.removeprefix('counterpoint.')}.json"


def _schema(channel: Channel | SummaryChannel) -> str:
    schema = msgspec.json.schema(channel.kind)
    if channel.kind is Command:  # what is sealed in it has its schema beside it
        schema["$defs"] |= msgspec.json.schema(Order)["$defs"]
    named = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": channel.schema, **schema}
    return json.dumps(named, indent=2) + "\n"


def asyncapi() -> dict[str, Tree]:
    """Return the AsyncAPI 3 document as nested tables."""
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "Counterpoint device",
            "version": "1",
            "description": "What a device sends and reads over MQTT 5. Made from the code: see contract.py.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {channel.leaf: _channel(channel) for channel in (*SENT, *READ)},
        "operations": {
            **{f"send_{channel.leaf}": _operation(channel) for channel in SENT},
            **{f"receive_{channel.leaf}": {**_operation(channel), "action": "receive"} for channel in READ},
        },
        "components": {"messages": {channel.leaf: _message(channel) for channel in (*SENT, *READ)}},
    }


def fleet_asyncapi() -> dict[str, Tree]:
    """Return the AsyncAPI 3 document of what the fleet's server retains for others, as nested tables."""
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "Counterpoint fleet",
            "version": "1",
            "description": "What the fleet's server retains over MQTT 5. Made from the code: see contract.py.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {channel.name: _summary_channel(channel) for channel in TOLD},
        "operations": {
            f"send_{channel.name}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{channel.name}"},
                "bindings": {"mqtt": {"qos": QOS, "retain": True}},
            }
            for channel in TOLD
        },
        "components": {"messages": {channel.name: _message(channel) for channel in TOLD}},
    }


def _summary_channel(channel: SummaryChannel) -> dict[str, Tree]:
    return {
        "address": f"{SUMMARY_ROOT}/{{site}}/{channel.level}",
        "description": f"{channel.about} An empty payload clears one that was deleted.",
        "parameters": {
            "site": {"description": f"An opaque code: {CODE.pattern}; 'all' is every site together"},
            "week": {"description": "The first ISO 8601 week, in lower case, as in 2026-w14"},
        },
        "messages": {channel.name: {"$ref": f"#/components/messages/{channel.name}"}},
    }


def _channel(channel: Channel) -> dict[str, Tree]:
    code: Tree = {"description": f"An opaque code: {CODE.pattern}"}
    return {
        "address": f"{ROOT}/{{site}}/{{device}}/{channel.leaf}",
        "description": channel.about,
        "parameters": {"site": code, "device": code},
        "messages": {channel.leaf: {"$ref": f"#/components/messages/{channel.leaf}"}},
    }


def _operation(channel: Channel) -> dict[str, Tree]:
    binding: dict[str, Tree] = {"qos": channel.qos, "retain": channel.retain}
    if channel.expires:
        until = "The command's not_after" if channel in READ else "Two health periods, in seconds"
        binding["messageExpiryInterval"] = {"type": "integer", "description": until}
    if channel is STATE:
        binding["x-lastWill"] = {"state": "lost", "delay_s": WILL_DELAY_S}
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{channel.leaf}"},
        "bindings": {"mqtt": binding},
    }


def _message(channel: Channel | SummaryChannel) -> dict[str, Tree]:
    return {
        "name": channel.schema,
        "contentType": CONTENT_TYPE,
        "headers": {"type": "object", "properties": {SCHEMA_PROPERTY: {"const": channel.schema}}},
        "payload": {"$ref": f"./{_file(channel)}"},
    }


def _yaml(tree: dict[str, Tree], indent: str = "") -> list[str]:
    """Write nested tables as YAML; a leaf is written as JSON, which is YAML too."""
    lines: list[str] = []
    for name, value in tree.items():
        if isinstance(value, dict) and value:
            lines += [f"{indent}{json.dumps(name) if name.startswith('$') else name}:", *_yaml(value, indent + "  ")]
        else:
            lines.append(f"{indent}{json.dumps(name) if name.startswith('$') else name}: {json.dumps(value)}")
    return lines
