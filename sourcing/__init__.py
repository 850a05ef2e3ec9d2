"""
The event-sourcing core: events, guards, projections, the catalog, the pure projector, and `handle_event`, the way in.

It knows nothing of the shop or of GraphQL, and imports no other folder of the project.
"""

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
