"""Entries of any domain's views by chance: most as their types say, some as no projection should write them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from enum import Enum
from random import Random
from typing import Any

import msgspec

from hazelgate import Catalog
from hazelgate.sourcing.envelope import AGGREGATE_HEADS, EVENT_STORE, EntryMeta, EventRecord
from hazelgate.sourcing.errors import HazelgateError
from hazelgate.sourcing.ids import cursor, head_key, store_key
from hazelgate.sourcing.model.events import EventSpec
from hazelgate.sourcing.model.fields import FieldType, ListOf, Scalar, fields_of
from hazelgate.sourcing.model.views import ViewSpec

KEYS = ("a", "b", "c", "d", "e")
"""Of entries that are there. Texts that may lead somewhere are among them, so that links do."""
NO_KEYS = ("nobody", "", "no id!")

_VALUES: Mapping[Scalar, tuple[Any, ...]] = {
    Scalar.ID: (*KEYS, "nobody"),
    Scalar.STRING: ("", "a", "b", 'é "quoted" \\ \n', "\U0001f600", "\u2028"),
    Scalar.INT: (0, 1, -1, 2**31 - 1, -(2**31)),
    Scalar.LONG: (0, -1, 2**40, 2**62),
    Scalar.FLOAT: (0.0, 0.5, -1.25, 1e15, 3),
    Scalar.BOOLEAN: (True, False),
    Scalar.DECIMAL: ("0", "1.50", "-12.345"),
    Scalar.DATE_TIME: ("2026-01-01T00:00:00.000000Z", "2026-11-23T17:45:00.123456Z"),
    Scalar.DATE: ("2026-01-01",),
    Scalar.JSON: ({"a": [1, None, {"b": "c"}]}, {}, {"a": 1.5}),
}
ODD: tuple[Any, ...] = (
    None,
    True,
    3,
    -7,
    2.5,
    2**31,
    2**53 + 1,
    2**63,
    2**70,
    "x",
    "red",
    "12",
    [],
    ["a", None],
    {},
    {"a": 1},
)
"""What an entry should not have where something else belongs, and now and then has."""


def entries_of(catalog: Catalog, chance: Random, *, odd: float) -> dict[str, dict[str, bytes]]:
    """
    Raw entries by view and key.

    Args:
        odd: Which share of them is not as its type says.
    """
    return {
        view.name: {key: _entry(view, key, chance, chance.random() < odd) for key in KEYS}
        for view in catalog.views.values()
    }


def log_of(catalog: Catalog, chance: Random) -> dict[str, dict[str, bytes]]:
    """Up to three events of each aggregate that is called as an entry is, and how many it has; by map and key."""
    records: dict[str, bytes] = {}
    heads: dict[str, bytes] = {}
    for kind in dict.fromkeys(spec.aggregate for spec in catalog.specs.values()):
        specs = [spec for spec in catalog.specs.values() if spec.aggregate == kind]
        for aggregate_id in chance.sample(KEYS, chance.choice((0, 1, 1, 2))):  # a long log is not searched
            made = [_data(chance.choice(specs), aggregate_id, catalog, chance) for _ in range(chance.choice((0, 1, 3)))]
            stored = [each for each in made if each is not None]
            for sequence, (spec, data) in enumerate(stored, 1):
                position = len(records) + 1
                record = EventRecord(
                    cursor=cursor(position, 0),
                    lane=0,
                    position=position,
                    event_id=f"e{position}",
                    event_type=spec.name,
                    event_version=spec.version,
                    aggregate_type=kind,
                    aggregate_id=aggregate_id,
                    sequence=sequence,
                    correlation_id="e",
                    causation_id=chance.choice((None, "c")),
                    step_number=chance.choice((None, 2)),
                    source="tests",
                    timestamp=_VALUES[Scalar.DATE_TIME][0],
                    received_at=_VALUES[Scalar.DATE_TIME][1],
                    data=msgspec.Raw(data),
                )
                records[store_key(kind, sequence, aggregate_id)] = msgspec.json.encode(record)
            if stored:
                heads[head_key(kind, aggregate_id)] = b'{"_meta":{"version":%d}}' % len(stored)
    return {EVENT_STORE: records, AGGREGATE_HEADS: heads}


def _data(spec: EventSpec, aggregate_id: str, catalog: Catalog, chance: Random) -> tuple[EventSpec, bytes] | None:
    """An event's data; None where they break a rule of the event."""
    data = msgspec.json.encode({**_object(spec.cls, chance), spec.key_name: aggregate_id})
    try:
        catalog.decode(spec.name, spec.version, data)
    except HazelgateError:
        return None
    return spec, data


def _entry(view: ViewSpec, key: str, chance: Random, odd: bool) -> bytes:
    data = {**_object(view.cls, chance), view.key_name: key}
    value = view.decode(msgspec.json.encode(data))
    meta = EntryMeta(
        version=chance.randint(1, 9),
        caused_by="e",
        updated_at="2026-01-01T00:00:00.000000Z",
        applied={},
        keys=view.sort_keys(value, key),
    )
    raw = view.encode(meta, value)
    if not odd:
        return raw
    entry = json.loads(raw)
    if chance.random() < 0.2:
        absent = msgspec.structs.replace(meta, absent=True)
        return view.encode(absent, None)
    for _ in range(chance.choice((1, 1, 2))):
        spoil(entry, chance)
    return json.dumps(entry, separators=(",", ":")).encode()


def spoil(entry: Any, chance: Random) -> None:
    """Change, or take away, one value somewhere in it; the sort keys stay, which an index needs."""
    places: list[tuple[Any, Any]] = []

    def look(value: Any) -> None:
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            if name not in ("keys", "applied", "_meta"):
                places.append((value, name))
            if isinstance(each, dict | list) and name != "keys":
                look(each)

    look(entry)
    holder, name = chance.choice(places)
    if isinstance(holder, dict) and chance.random() < 0.3:
        del holder[name]
    else:
        holder[name] = deepcopy(chance.choice(ODD))


def _object(cls: type[msgspec.Struct], chance: Random) -> dict[str, Any]:
    made = {}
    for field in fields_of(cls):
        if not field.required and chance.random() < 0.1:
            continue
        null = field.optional and chance.random() < 0.3
        made[field.name] = None if null else _value(field.type, chance)
    return made


def _value(held: FieldType, chance: Random) -> Any:
    if isinstance(held, Scalar):
        return chance.choice(_VALUES[held])
    if isinstance(held, ListOf):
        return [_value(held.item, chance) for _ in range(chance.choice((0, 1, 2, 3)))]
    if issubclass(held, Enum):
        return chance.choice([member.value for member in held])
    return _object(held, chance)
