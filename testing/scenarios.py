"""
Tests of a domain as sentences: given what was, when an event is submitted, then a view looks so, or it is refused.

    given(product(on_hand=5)).when(StockReserved(..., quantity=6)).then_rejected("quantity")
    given(product(on_hand=5)).when(StockReserved(..., quantity=2)).then(product(on_hand=5, reserved=2), times=2)

The events go through the real projector, in memory. After each `then`, the stored events are folded once more from the
start. A projection that makes another entry of them then fails the test.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from hazelgate.sourcing.catalog import Catalog, ViewSpec, default
from hazelgate.sourcing.declaring.values import Event, View
from hazelgate.sourcing.envelope import EMPTY_OBJECT, Completion, CompletionStatus, EntryMeta, Envelope, EventRecord
from hazelgate.sourcing.errors import field_path
from hazelgate.sourcing.identity import METADATA, Identity
from hazelgate.sourcing.ids import new_id
from hazelgate.testing.memory.pipeline import MemoryPipeline

AT = "2026-01-01T00:00:00.000000Z"
"""When events are submitted, unless a test says otherwise."""


def given(*past: Event | View, catalog: Catalog | None = None) -> Given:
    """
    Begin a test with its past.

    Args:
        past: Events that were stored, in their order, and view entries as they stand. Nothing, for an empty store.
        catalog: The domain. If left out, everything that is registered in the package of the submitted event.

    Returns:
        The past: call `when` on it.
    """
    return Given(past, catalog)


class Given:
    """The past of a test: `given` makes it."""

    def __init__(self, past: Sequence[Event | View], catalog: Catalog | None) -> None:
        self._past = past
        self._catalog = catalog

    def when(
        self, *events: Event, at: str = AT, expected_sequence: int | None = None, identity: Identity | None = None
    ) -> When:
        """
        Submit events.

        Args:
            events: The events, in order.
            at: The instant of their submission.
            expected_sequence: The sequence that the submitter of the last one believes its aggregate to be at.
            identity: The submitter, as guards see it; None: a program.

        Returns:
            The submissions: call one of the `then` methods on it.

        Raises:
            ValueError: No event is given.
        """
        if not events:
            raise ValueError("nothing happens: give `when` at least one event")
        catalog = self._catalog or catalog_of(type(events[-1]).__module__)
        return When(catalog, self._past, events, at, expected_sequence, identity)


class When:
    """The submissions of a test. Nothing happens before one of the `then` methods is called."""

    def __init__(
        self,
        catalog: Catalog,
        past: Sequence[Event | View],
        events: Sequence[Event],
        at: str,
        expected_sequence: int | None,
        identity: Identity | None = None,
    ) -> None:
        self._identity = identity
        self._catalog = catalog
        self._past = past
        self._events = events
        self._at = at
        self._expected_sequence = expected_sequence

    def then(self, *views: View, times: int = 1) -> None:
        """
        Claim that every event is accepted, and that these entries look so afterwards.

        Args:
            views: The entries that are compared. Each names its key itself.
            times: How often each submission is delivered. However often, it counts once.

        Raises:
            AssertionError: An event is refused, an entry differs, or the stored events make another entry when they are
                folded once more.
        """
        pipeline, completions = self._run(times)
        for completion in completions:
            if completion.status is not CompletionStatus.SUCCESS:
                raise AssertionError(
                    f"{completion.event_type} is {completion.status}: {_reason(completion)}"
                ) from _fault(pipeline)
        for expected in views:
            spec = self._spec_of(expected)
            actual = _entry(pipeline, spec, getattr(expected, spec.key))
            if _exactly(actual) != _exactly(expected):
                raise AssertionError(f"{spec.name} has another entry\n  expected: {expected}\n  actual:   {actual}")
        self._check_replay(pipeline)

    def then_stored(self, *events: Event, times: int = 1) -> None:
        """
        Claim that these events are stored for what was submitted, as their guards have completed them.

        Args:
            events: All of them, in their order.
            times: How often each submission is delivered. However often, it is stored once.

        Raises:
            AssertionError: Other events are stored.
        """
        pipeline, completions = self._run(times)
        stored = [
            self._catalog.decode(record.event_type, record.event_version, record.data)
            for record in pipeline.records[len([each for each in self._past if isinstance(each, Event)]) :]
        ]
        if _exactly(stored) != _exactly(events):
            refused = [each for each in completions if each.status is CompletionStatus.REJECTED]
            reason = "".join(f"\n  {each.event_type} is refused: {_reason(each)}" for each in refused)
            raise AssertionError(
                f"other events are stored\n  expected: {list(events)}\n  actual:   {stored}{reason}"
            ) from _fault(pipeline)

    def then_rejected(self, *fields: str, code: str | None = None) -> None:
        """
        Claim that the last event is refused, and that nothing of it is stored.

        Args:
            fields: All fields that are blamed: `"quantity"`, `"items.0.product_id"`.
            code: The code of the refusal, where no field is to blame: `"SEQUENCE_CONFLICT"`.

        Raises:
            AssertionError: The event is accepted, or refused for another reason.
        """
        pipeline, completions = self._run(1)
        completion = completions[-1]
        if completion.status is not CompletionStatus.REJECTED or completion.error is None:
            raise AssertionError(
                f"{completion.event_type} is {completion.status}, expected it to be rejected"
            ) from _fault(pipeline)
        blamed = {problem.path for problem in completion.error.problems}
        expected = {field_path(field) for field in fields}
        if blamed != expected or code not in (None, completion.error.code):
            raise AssertionError(
                f"rejected for another reason ({_reason(completion)})\n  expected: {sorted(expected)} {code or ''}\n"
                f"  actual:   {sorted(blamed)} {completion.error.code}"
            ) from _fault(pipeline)

    def _run(self, times: int) -> tuple[MemoryPipeline, list[Completion]]:
        pipeline = self._start()
        for each in self._past:
            if isinstance(each, Event):
                given = pipeline.deliver([self._envelope(each, AT)])
                if not given:
                    raise AssertionError(
                        f"given {type(each).__name__} is held: a projection raised NotYet for it; give first"
                        " what it waits for"
                    )
                (completion,) = given
                if completion.status is not CompletionStatus.SUCCESS:
                    raise AssertionError(
                        f"given {completion.event_type} is {completion.status}: {_reason(completion)}"
                    ) from _fault(pipeline)
        *others, last = self._events
        envelopes = [self._envelope(each, self._at) for each in others]
        envelopes.append(self._envelope(last, self._at, self._expected_sequence))
        completions: list[Completion] = []
        for _ in range(times):
            completions = [completion for envelope in envelopes for completion in pipeline.deliver([envelope])]
        return pipeline, completions

    def _start(self) -> MemoryPipeline:
        pipeline = MemoryPipeline(self._catalog)
        for each in self._past:
            if isinstance(each, View):
                spec = self._spec_of(each)
                keys = spec.sort_keys(each, getattr(each, spec.key))
                meta = EntryMeta(version=1, caused_by="given", updated_at=AT, applied={}, keys=keys)
                pipeline.map(spec.name)[getattr(each, spec.key)] = spec.encode(meta, each)
        return pipeline

    def _check_replay(self, pipeline: MemoryPipeline) -> None:
        again = self._start()
        again.replay(pipeline.records)
        for spec in self._catalog.views.values():
            for key in pipeline.map(spec.name):
                first, second = _entry(pipeline, spec, key), _entry(again, spec, key)
                if _exactly(first) != _exactly(second):
                    raise AssertionError(
                        f"{spec.name} is not the fold of its events: the same events give another entry\n"
                        f"  first:  {first}\n  second: {second}"
                    )

    def _spec_of(self, view: View) -> ViewSpec:
        for spec in self._catalog.views.values():
            if spec.cls is type(view):
                return spec
        raise AssertionError(f"{type(view).__name__} is no view of this domain; make it one with projection()")

    def _envelope(self, event: Event, at: str, expected_sequence: int | None = None) -> bytes:
        made = envelope_of(self._catalog, event, at=at, expected_sequence=expected_sequence, identity=self._identity)
        return msgspec.json.encode(made)


def envelope_of(
    catalog: Catalog,
    event: Event,
    *,
    event_id: str | None = None,
    at: str = AT,
    expected_sequence: int | None = None,
    identity: Identity | None = None,
) -> Envelope:
    """An event as a gateway submits it, unchecked: what is wrong with it is for the projector to say."""
    spec = catalog.spec(event)
    event_id = event_id or new_id()
    return Envelope(
        event_id=event_id,
        event_type=spec.name,
        event_version=spec.version,
        aggregate_type=spec.aggregate,
        aggregate_id=spec.aggregate_id(event),
        expected_sequence=expected_sequence,
        correlation_id=event_id,
        source="test",
        timestamp=at,
        metadata=EMPTY_OBJECT if identity is None else msgspec.Raw(msgspec.json.encode({METADATA: identity})),
        reply_to="test",
        submission_id=event_id,
        data=msgspec.Raw(msgspec.json.encode(event)),
    )


def catalog_of(module: str) -> Catalog:
    """The domain that a module belongs to: what is registered in its package, or in itself where it has none."""
    return _catalog(module.rpartition(".")[0] or module, len(default.registrations))


@lru_cache(maxsize=8)
def _catalog(package: str, _: int) -> Catalog:
    return Catalog(default.made_in(package))


def _entry(pipeline: MemoryPipeline, spec: ViewSpec, key: str) -> View | None:
    raw = pipeline.map(spec.name).get(key)
    return None if raw is None or spec.decode_meta(raw).absent else spec.decode(raw)


def _exactly(value: object) -> bytes:
    """The form in which values are compared: JSON, which tells 1.5 from 1.50."""
    return msgspec.json.encode(value)


def _reason(completion: Completion) -> str:
    return completion.error.message if completion.error is not None else "no reason given"


def _fault(pipeline: MemoryPipeline) -> BaseException | None:
    """What a function of the domain has raised last: a failing test shows where."""
    return pipeline.faults[-1] if pipeline.faults else None


__all__ = ["AT", "EventRecord", "Given", "When", "catalog_of", "envelope_of", "given"]
