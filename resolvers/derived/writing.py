"""From a derived mutation's input to an event, and from what becomes of it to the mutation's result."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hazelgate.resolvers.context import Info
from hazelgate.resolvers.derived.entries import load_all
from hazelgate.resolvers.events.fields import stored_event
from hazelgate.resolvers.events.submitting import entity_id, given, submit
from hazelgate.schema.events.results import AnyEventError, EventOptions, EventReceipt, error_result
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


async def submit_input(
    info: Info, spec: EventSpec, data: Mapping[str, Any], options: EventOptions | None
) -> tuple[EventReceipt, Event] | AnyEventError:
    """Submit the event of an input; its receipt and itself, or why it did not go through."""
    try:
        event = event_of(info, spec, data, options)
    except HazelgateError as error:
        return error_result(error, options.event_id if options and isinstance(options.event_id, str) else None)
    result = await submit(info, event, given(options))
    return (result, event) if isinstance(result, EventReceipt) else result


async def answered(info: Info, payload: PayloadNode) -> Any:
    """The entry that the mutation answers with; None where nothing tells its key (yet)."""
    key = _at(payload.event, payload.key_path)
    if key is None:  # a guard fills it in: the stored event has it
        key = await _stored_key(info, payload)
    if key is None:
        return None
    [entry] = await load_all(info, payload.view, [key])
    return entry


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


def _plain(value: Any) -> Any:
    """A value as an event's JSON has it."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return serialize_decimal(value)
    if isinstance(value, datetime):
        return serialize_instant(value)
    return value.isoformat() if isinstance(value, date) else value
