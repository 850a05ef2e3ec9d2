"""A catalog for machines: JSON Schema (2020-12) and AsyncAPI 3."""

from __future__ import annotations

from typing import Any

from hazelgate.operations.documents.catalog import CatalogPages, EventPage

Json = dict[str, Any]

_SCHEMAS = "#/components/schemas/"


def json_schemas(pages: CatalogPages) -> Json:
    """One document: the data of each event type under its name."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": _definitions(pages, "#/$defs/")}


def _definitions(pages: CatalogPages, place: str) -> Json:
    """The schema of each event type under its name, of each part of it under both names, as they lie in `place`."""
    definitions: Json = {}
    for page in pages.events:
        owner = f"{place}{page.spec.name}."
        for part, schema in page.schema.get("$defs", {}).items():
            definitions[f"{page.spec.name}.{part}"] = _referring(schema, owner)
        whole = _referring({each: schema for each, schema in page.schema.items() if each != "$defs"}, owner)
        definitions[page.spec.name] = {**whole, "description": page.spec.description, "examples": [page.example]}
    return definitions


def _referring(value: Any, owner: str) -> Any:
    """The same with references to the definitions where they lie here: behind the event that they are of."""
    if isinstance(value, list):
        return [_referring(each, owner) for each in value]
    if not isinstance(value, dict):
        return value
    found = {name: _referring(each, owner) for name, each in value.items()}
    reference = value.get("$ref")
    if isinstance(reference, str):
        found["$ref"] = reference.replace("#/$defs/", owner)
    return found


def asyncapi(pages: CatalogPages, title: str, version: str) -> Json:
    """The topics on which events are published, as an AsyncAPI 3 document."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": title, "version": version, "description": "Events of the cluster, one topic a type."},
        "defaultContentType": "application/json",
        "channels": {
            page.spec.name: {
                "address": page.topic,
                "description": page.spec.description,
                "messages": {page.spec.name: {"$ref": f"#/components/messages/{page.spec.name}"}},
            }
            for page in pages.events
        },
        "operations": {
            f"publish{page.spec.name}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{page.spec.name}"},
                "summary": page.spec.description,
            }
            for page in pages.events
        },
        "components": {
            "messages": {page.spec.name: _message(page) for page in pages.events},
            "schemas": _definitions(pages, _SCHEMAS),
        },
    }


def _message(page: EventPage) -> Json:
    spec = page.spec
    return {
        "name": spec.name,
        "title": spec.name,
        "summary": spec.description,
        "x-guards": [
            {"guard": guard, "reads": view, "serialized": how.is_serialized, "because": how.value}
            for guard, view, how in page.boundaries
        ],
        "payload": {
            "type": "object",
            "required": ["eventId", "eventType", "eventVersion", "aggregateId", "sequence", "data"],
            "properties": {
                "eventId": {"type": "string"},
                "eventType": {"const": spec.name},
                "eventVersion": {"const": spec.version},
                "aggregateType": {"const": spec.aggregate},
                "aggregateId": {"type": "string"},
                "sequence": {"type": "integer", "minimum": 1},
                "data": {"$ref": f"{_SCHEMAS}{spec.name}"},
            },
        },
    }
