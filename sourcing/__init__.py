"""
The event-sourcing core: events, guards, projections, the catalog, the pure projector, and `handle_event`, the way in.

It knows nothing of the shop or of GraphQL, and imports no other folder of the project. What this page names is imported
when it is asked for: a process that only wants a part of the core, as the one that reads snapshots, starts in half the
time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sourcing.catalog import Catalog, EventSpec, ViewSpec
    from sourcing.envelope import Completion, CompletionStatus, Envelope, EventRecord, WaitFor
    from sourcing.errors import NotYet, Rejected
    from sourcing.events import Check, Event, Value, View, event, replace
    from sourcing.guards import guard
    from sourcing.ids import Id
    from sourcing.projections import projection
    from sourcing.upcasting import Json, upcast

__all__ = [
    "Catalog",
    "Check",
    "Completion",
    "CompletionStatus",
    "Envelope",
    "Event",
    "EventRecord",
    "EventSpec",
    "Id",
    "Json",
    "NotYet",
    "Rejected",
    "Value",
    "View",
    "ViewSpec",
    "WaitFor",
    "event",
    "guard",
    "projection",
    "replace",
    "upcast",
]

_MODULES = {
    "catalog": ("Catalog", "EventSpec", "ViewSpec"),
    "envelope": ("Completion", "CompletionStatus", "Envelope", "EventRecord", "WaitFor"),
    "errors": ("NotYet", "Rejected"),
    "events": ("Check", "Event", "Value", "View", "event", "replace"),
    "guards": ("guard",),
    "ids": ("Id",),
    "projections": ("projection",),
    "upcasting": ("Json", "upcast"),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
