"""From a derived mutation's input to an event, and from what becomes of it to the mutation's result."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from hazelgate.resolvers.context import Info
from hazelgate.resolvers.derived.entries import load_all
from hazelgate.resolvers.events.fields import stored_event
from hazelgate.resolvers.events.submitting import entity_id, given, submit
from hazelgate.resolvers.meanings import Submits
from hazelgate.schema.events.results import EventOptions, EventPayload, EventReceipt, error_result
from hazelgate.schema.scalars import serialize_decimal, serialize_instant
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.errors import HazelgateError
from hazelgate.sourcing.model.events import EventSpec
from hazelgate.sourcing.model.views import ViewSpec


class PayloadNode:
    """What a mutation answers when its event went through."""

    __slots__ = ("data", "event", "key_path", "type_name", "view")

    def __init__(self, view: ViewSpec, type_name: str, receipt: EventReceipt, event: Event, key_path: str) -> None:
        self.view = view
        self.type_name = type_name
        self.event = event
        self.key_path = key_path
        self.data: dict[str, Any] = {"receipt": receipt}


def event_of(info: Info, spec: EventSpec, data: Mapping[str, Any], options: EventOptions | None) -> Event:
    """
    The event that an input describes.

    Raises:
        InvalidEvent: The input does not fit; it names every field that doesn't.
    """
    plain = {name: _plain(value) for name, value in data.items()}
    if spec.creates:
        plain[spec.key_name] = entity_id(plain.get(spec.key_name), given(options), spec.aggregate.lower())
    return info.context.catalog.decode(spec.name, None, plain)


class Outcome(msgspec.Struct, frozen=True):
    """What has come of a mutation's event: a result, or the error that there is in place of one."""

    value: Any = None
    error: Exception | None = None

    def result(self) -> Any:
        """
        Raises:
            Exception: The error, where there is one.
        """
        if self.error is not None:
            raise self.error
        return self.value


async def submitted(info: Info, said: Submits, arguments: Mapping[str, Any], *, shows_entry: bool = False) -> Any:
    """
    Submit the event of a mutation's input; a payload, or why the event did not go through.

    Args:
        shows_entry: Whether the entry is known to be shown, so that it may come with the word on the event.

    Raises:
        PipelineUnavailable: The pipeline is away: no result of the event, but a fault of the whole.
        Forbidden: The caller may not submit it.
    """
    spec, options = said.event, arguments.get("options")
    try:
        event = event_of(info, spec, arguments["input"], options)
    except HazelgateError as error:
        return error_result(error, options.event_id if options and isinstance(options.event_id, str) else None)
    key = _at(event, spec.answers.key) if shows_entry and spec.answers is not None else None
    shown = None if key is None or said.view is None else (said.view.name, key)
    result = await submit(info, event, given(options), shown)
    if not isinstance(result, EventReceipt):
        return result
    if said.view is None or spec.answers is None:
        return EventPayload(receipt=result)
    return PayloadNode(said.view, said.payload, result, event, spec.answers.key)


async def answered(info: Info, payload: PayloadNode) -> Any:
    """The entry that the mutation answers with; None where nothing tells its key (yet)."""
    key = await answered_key(info, payload)
    if key is None:
        return None
    [entry] = await load_all(info, payload.view, [key])
    return entry


async def answered_key(info: Info, payload: PayloadNode) -> str | None:
    """The key of that entry."""
    key = _at(payload.event, payload.key_path)
    return await _stored_key(info, payload) if key is None else key  # a guard fills it in: the stored event has it


async def _stored_key(info: Info, payload: PayloadNode) -> str | None:
    receipt: EventReceipt = payload.data["receipt"]
    stored = await stored_event(info, receipt.event_id)
    if stored is None:
        return None
    record = stored.record
    return _at(info.context.catalog.decode(record.event_type, record.event_version, record.data), payload.key_path)


def _at(value: Any, path: str) -> str | None:
    """The text to which a dotted path of Python's names leads; None where something on the way is none."""
    for name in path.split("."):
        value = getattr(value, name, None)
    return value if isinstance(value, str) else None


_AS_THEY_ARE = frozenset({str, int, bool, float, type(None)})


def _plain(value: Any) -> Any:
    """A value as an event's JSON has it."""
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return serialize_decimal(value)
    if isinstance(value, datetime):
        return serialize_instant(value)
    return value.isoformat() if isinstance(value, date) else value
