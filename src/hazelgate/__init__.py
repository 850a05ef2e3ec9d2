"""
An event-sourced backend with a GraphQL front door: what a domain is written with, and how a program uses it.

A domain imports its names from here and from `hazelgate.testing`. A program that uses a cluster begins with `connect`.
The rooms of the repository (`sourcing/`, `client/`, `gateway/`, …) are its subpackages: this folder holds a link to
each. A name is imported when it is first asked for, so that a process which needs only a part starts in half the time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hazelgate.client.connecting.connection import Hazelgate, connect
    from hazelgate.client.connecting.streams import Change, StoredEvent, Stream
    from hazelgate.client.connecting.views import Page, ViewReads
    from hazelgate.client.following.changes import ChangeKind
    from hazelgate.client.following.inbox import Gap
    from hazelgate.client.submitting.submissions import Receipt, Submission, SubmitOptions
    from hazelgate.sourcing.catalog import Catalog, EventSpec, ViewSpec
    from hazelgate.sourcing.clock import Instant
    from hazelgate.sourcing.declaring.access import allow, claim
    from hazelgate.sourcing.declaring.events import event
    from hazelgate.sourcing.declaring.fields import UNSET, Deprecated, Doc, Filled, Hidden, Long, UnsetType
    from hazelgate.sourcing.declaring.guards import guard
    from hazelgate.sourcing.declaring.indexes import By
    from hazelgate.sourcing.declaring.projections import projection
    from hazelgate.sourcing.declaring.upcasting import Json, upcast
    from hazelgate.sourcing.declaring.values import Check, Event, Value, View, replace
    from hazelgate.sourcing.envelope import Completion, CompletionStatus, Envelope, EventRecord, WaitFor
    from hazelgate.sourcing.errors import (
        EventDeadLettered,
        EventError,
        EventIdConflict,
        EventRejected,
        EventTimedOut,
        Forbidden,
        HazelgateError,
        InvalidArgument,
        InvalidEvent,
        NotYet,
        PipelineOverloaded,
        PipelineUnavailable,
        Rejected,
        SequenceConflict,
    )
    from hazelgate.sourcing.identity import Identity
    from hazelgate.sourcing.ids import Id

__all__ = [
    "UNSET",
    "By",
    "Catalog",
    "Change",
    "ChangeKind",
    "Check",
    "Completion",
    "CompletionStatus",
    "Deprecated",
    "Doc",
    "Envelope",
    "Event",
    "EventDeadLettered",
    "EventError",
    "EventIdConflict",
    "EventRecord",
    "EventRejected",
    "EventSpec",
    "EventTimedOut",
    "Filled",
    "Forbidden",
    "Gap",
    "Hazelgate",
    "HazelgateError",
    "Hidden",
    "Id",
    "Identity",
    "Instant",
    "InvalidArgument",
    "InvalidEvent",
    "Json",
    "Long",
    "NotYet",
    "Page",
    "PipelineOverloaded",
    "PipelineUnavailable",
    "Receipt",
    "Rejected",
    "SequenceConflict",
    "StoredEvent",
    "Stream",
    "Submission",
    "SubmitOptions",
    "UnsetType",
    "Value",
    "View",
    "ViewReads",
    "ViewSpec",
    "WaitFor",
    "allow",
    "claim",
    "connect",
    "event",
    "guard",
    "projection",
    "replace",
    "upcast",
]

_MODULES = {
    "client.connecting.connection": ("Hazelgate", "connect"),
    "client.connecting.streams": ("Change", "StoredEvent", "Stream"),
    "client.connecting.views": ("Page", "ViewReads"),
    "client.following.changes": ("ChangeKind",),
    "client.following.inbox": ("Gap",),
    "client.submitting.submissions": ("Receipt", "Submission", "SubmitOptions"),
    "sourcing.catalog": ("Catalog", "EventSpec", "ViewSpec"),
    "sourcing.clock": ("Instant",),
    "sourcing.declaring.access": ("allow", "claim"),
    "sourcing.declaring.events": ("event",),
    "sourcing.declaring.fields": ("UNSET", "Deprecated", "Doc", "Filled", "Hidden", "Long", "UnsetType"),
    "sourcing.declaring.guards": ("guard",),
    "sourcing.declaring.indexes": ("By",),
    "sourcing.declaring.projections": ("projection",),
    "sourcing.declaring.upcasting": ("Json", "upcast"),
    "sourcing.declaring.values": ("Check", "Event", "Value", "View", "replace"),
    "sourcing.envelope": ("Completion", "CompletionStatus", "Envelope", "EventRecord", "WaitFor"),
    "sourcing.errors": (
        "EventDeadLettered",
        "EventError",
        "EventIdConflict",
        "EventRejected",
        "EventTimedOut",
        "Forbidden",
        "HazelgateError",
        "InvalidArgument",
        "InvalidEvent",
        "NotYet",
        "PipelineOverloaded",
        "PipelineUnavailable",
        "Rejected",
        "SequenceConflict",
    ),
    "sourcing.identity": ("Identity",),
    "sourcing.ids": ("Id",),
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
