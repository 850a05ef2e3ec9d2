"""How long a large domain takes to become a schema, and what that schema weighs. No stack is needed."""

from __future__ import annotations

import gc
import resource
import time
from decimal import Decimal
from typing import Any

from benchmarks.figures import Figure
from hazelgate import By, Catalog, Event, Id, Instant, Value, View
from hazelgate.gateway.graphql.executable_schema import generic_schema, graphql_schema
from hazelgate.sourcing.declaring.registry import EventRegistration, FoldRegistration, Registration, ViewRegistration

EVENT_TYPES, VIEWS = 200, 100
_FIELDS: dict[str, Any] = {
    "name": str,
    "reference": Id,
    "count": int,
    "amount": Decimal,
    "happened_at": Instant,
    "is_open": bool,
    "note": str | None,
    "tags": tuple[str, ...],
}


def _struct(name: str, base: type, fields: dict[str, Any]) -> Any:
    return type(base)(name, (base,), {"__annotations__": fields, "__module__": __name__})


def _registrations() -> list[Registration]:
    """Views of ten fields and a nested value, and two event types for each."""
    made: list[Registration] = []
    for number in range(VIEWS):
        key = f"thing{number}_id"
        fields = {key: Id, **_FIELDS, "part": _struct(f"Part{number}", Value, _FIELDS)}
        view = _struct(f"Thing{number}", View, fields)
        indexes = {"name": By("name"), "happenedAt": By("happened_at"), "reference": By("reference", "happened_at")}
        made.append(ViewRegistration(__name__, f"thing-{number}-view", view, key, indexes))
        for verb in range(EVENT_TYPES // VIEWS):
            name = f"Thing{number}Happened{verb}"
            event = _struct(name, Event, fields)
            made += [
                EventRegistration(__name__, name, f"Thing{number}", key, 1, event, creates=verb == 0),
                FoldRegistration(__name__, name, f"thing-{number}-view", event, key, lambda entry, event: entry),
            ]
    return made


def schema_of_a_large_domain() -> list[Figure]:
    """From what the decorators have written down to a schema that answers, three times; the best counts."""
    generic_schema()
    seconds, kept = [], []
    before = _resident_mebibytes()
    for _ in range(3):
        registrations = _registrations()  # classes of which nothing is known yet
        gc.collect()
        began = time.perf_counter()
        kept.append(graphql_schema(Catalog(registrations)))
        seconds.append(time.perf_counter() - began)
    each = (_resident_mebibytes() - before) / len(kept)
    types = len(kept[0].type_map)
    return [
        Figure(
            f"schema of {EVENT_TYPES} event types and {VIEWS} views",
            min(seconds),
            "s",
            at_most=1.0,
            beside=f"{types:,} types; catalog and schema, the best of three",
        ),
        Figure("memory of such a schema", each, "MiB", beside="resident memory of the process, of three schemas"),
    ]


def _resident_mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
