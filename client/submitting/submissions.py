"""Submissions and receipts, as a caller of `handle_event` gives and gets them, and the envelopes in between."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import msgspec

from hazelgate.sourcing import ids
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import EMPTY_OBJECT, Completion, CompletionStatus, Envelope, WaitFor, decode_envelope
from hazelgate.sourcing.errors import FieldProblem, InvalidEvent
from hazelgate.sourcing.structure.decoding import Decoder

MAX_TIMEOUT_SECONDS = 60.0

_encode = msgspec.json.Encoder().encode
_checked = Decoder(Envelope, decode_envelope)
_STORED = WaitFor.STORED  # named for each event


class SubmitOptions(msgspec.Struct, frozen=True, kw_only=True):
    """
    How an event is submitted, and how far it has to be before the caller goes on.

    `event_id` makes a retry safe: the same id and payload gives the first result. `expected_sequence` is the
    aggregate's sequence that the caller last saw, 0 for a new one.
    """

    event_id: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    expected_sequence: int | None = None
    wait_for: WaitFor = WaitFor.PROJECTED
    timeout_seconds: float = 5.0
    saga_id: str | None = None
    saga_type: str | None = None
    step_number: int | None = None
    metadata: Mapping[str, Any] | None = None

    @property
    def goes_along(self) -> bool:
        """Whether anything of it goes into the envelope, and so has to be looked at."""
        return not (
            self.event_id is None
            and self.correlation_id is None
            and self.causation_id is None
            and self.expected_sequence is None
            and self.saga_id is None
            and self.saga_type is None
            and self.step_number is None
            and self.metadata is None
        )


DEFAULT_OPTIONS = SubmitOptions()


class Submission(msgspec.Struct, frozen=True):
    """
    An event and how it is to be submitted.

    Args:
        is_decoded: Whether the catalog has decoded the event from JSON, so that it need not be checked again.
        show: The view and the key of the entry that is wanted with the completion, `<view>/<key>`. The completion of an
            event that changes it brings it, as a rule.
    """

    event: Event
    options: SubmitOptions = DEFAULT_OPTIONS
    is_decoded: bool = False
    show: str | None = None


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """The fate of an event, as far as the caller waited for it. For ACCEPTED, `sequence` and `completion` are None."""

    event_id: str
    correlation_id: str
    event_type: str
    aggregate_id: str
    sequence: int | None
    status: CompletionStatus
    completion: Completion | None


class Sealer:
    """
    Puts events into envelopes.

    Args:
        catalog: The domain's event types.
        source: What the events' `source` says: the service that submits them.
        reply_to: The gateway that hears how they fared.
    """

    def __init__(self, catalog: Catalog, *, source: str, reply_to: str) -> None:
        self._catalog = catalog
        self._source = source
        self._reply_to = reply_to
        self._submission_ids = map(f"{ids.new_id()[-12:]}-{{:012d}}".format, itertools.count(1))

    def seal(
        self,
        event: Event,
        options: SubmitOptions,
        timestamp: str,
        *,
        is_decoded: bool = False,
        show: str | None = None,
    ) -> tuple[Envelope, bytes]:
        """
        The event's envelope, and its JSON.

        Args:
            is_decoded, show: As `Submission` has them.

        Raises:
            InvalidEvent: The event or an option is not fit to be sent; it names each field.
            UnknownEventType: The event's class is not in the catalog.
        """
        spec = self._catalog.spec(event)
        aggregate_id = spec.aggregate_id(event)
        data = self._catalog.encode(event, is_decoded=is_decoded)
        event_id = options.event_id or ids.new_id()
        # More than 15 names in a call cost five times as much: Python puts them into a dictionary first.
        envelope = Envelope(
            event_id=event_id,
            event_type=spec.name,
            event_version=spec.version,
            aggregate_type=spec.aggregate,
            aggregate_id=aggregate_id,
            expected_sequence=options.expected_sequence,
            correlation_id=options.correlation_id or event_id,
            causation_id=options.causation_id,
            source=self._source,
            timestamp=timestamp,
            metadata=EMPTY_OBJECT if options.metadata is None else _metadata(options.metadata),
            reply_to=self._reply_to,
            submission_id=next(self._submission_ids),
            notify_stored=options.wait_for is _STORED,
            data=msgspec.Raw(data),
        )
        if options.saga_id is not None or options.saga_type is not None or options.step_number is not None:
            envelope = msgspec.structs.replace(
                envelope, saga_id=options.saga_id, saga_type=options.saga_type, step_number=options.step_number
            )
        if show is not None:
            envelope = msgspec.structs.replace(envelope, show=show)
        if not 0 < options.timeout_seconds <= MAX_TIMEOUT_SECONDS:
            raise InvalidEvent([FieldProblem(("timeoutMs",), f"must be from 1 to {MAX_TIMEOUT_SECONDS * 1000:,.0f}")])
        if options.goes_along or not ids.is_id(aggregate_id):
            return envelope, _encode_checked(envelope)
        return envelope, _encode(envelope)


def _metadata(metadata: Mapping[str, Any]) -> msgspec.Raw:
    try:
        return msgspec.Raw(_encode(dict(metadata)))
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidEvent([FieldProblem(("metadata",), f"must be JSON: {error}")]) from None


def _encode_checked(envelope: Envelope) -> bytes:
    try:
        encoded = _encode(envelope)
    except UnicodeEncodeError:
        raise InvalidEvent(
            FieldProblem((field.encode_name,), "must be valid Unicode; it has half of a surrogate pair")
            for field in msgspec.structs.fields(envelope)
            if _is_broken(getattr(envelope, field.name))
        ) from None
    _checked.decode(encoded)
    return encoded


def _is_broken(value: object) -> bool:
    return isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value)
