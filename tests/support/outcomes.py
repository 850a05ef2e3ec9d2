"""A way in for events that stores none: what comes of each is a matter of chance, and the same each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any, cast
from unittest.mock import patch

import msgspec

from hazelgate import Catalog
from hazelgate.client.submitting.handler import EventHandler, Receipt, Submission, SubmitOptions
from hazelgate.resolvers.events import submitting
from hazelgate.schema.events import results
from hazelgate.sourcing import errors
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.envelope import Completion, CompletionStatus, WaitFor
from hazelgate.testing.memory import MemoryCluster
from tests.support.worlds import KEYS, entries_of

INSTANTS = [f"2026-01-01T00:00:00.00{number}000Z" for number in range(9)]


class Outcomes:
    """
    What comes of events, by chance.

    An event changes entries of every view, so that a read before it shows something else than a read behind it.

    Args:
        odd: The share of entries that an event writes and that are not as their type says; half of that of receipts.
        fails: The share of events that do not go through.
    """

    def __init__(self, catalog: Catalog, cluster: MemoryCluster, chance: Random, *, odd: float, fails: float) -> None:
        self._catalog = catalog
        self._cluster = cluster
        self._seed = chance.random()
        self._odd = odd
        self._fails = fails
        self._before: Mapping[str, Mapping[str, bytes]] = {}
        self.submitted: list[Submission] = []
        """Since the last `again`."""
        self.receipt: dict[str, Any] = {}
        """What each receipt has in place of what it should have."""

    @property
    def events(self) -> list[tuple[Event, SubmitOptions]]:
        """What was submitted, and how. Which entry is wanted with the word on it is the plans' alone."""
        return [(each.event, each.options) for each in self.submitted]

    @contextmanager
    def again(self) -> Iterator[None]:
        """As if nothing had been submitted; ids and the clock begin anew."""
        for name, entries in self._before.items():
            held = self._cluster.engine.map(name)
            held.clear()
            held.update(entries)
        self._before = {}
        self.submitted = []
        numbers = iter(range(10**6))
        with (
            patch.object(submitting, "new_id", lambda: f"new-{next(numbers)}"),
            patch.object(results, "now", lambda: INSTANTS[0]),
        ):
            yield

    @property
    def handler(self) -> EventHandler:
        """This, where an event handler is wanted."""
        return cast(EventHandler, self)

    async def handle_events(self, submissions: Sequence[Submission]) -> list[Receipt | errors.EventError]:
        """As `EventHandler.handle_events`."""
        chance = Random(f"{self._seed}/{len(self.submitted)}")
        if not self._before:
            self._before = {name: dict(self._cluster.engine.map(name)) for name in self._catalog.views}
        self.submitted += submissions
        if chance.random() < self._fails * 0.2:
            raise chance.choice([errors.PipelineUnavailable("away"), errors.Forbidden(), RuntimeError("a fault")])
        return [self._outcome(each, chance) for each in submissions]

    def _outcome(self, submission: Submission, chance: Random) -> Receipt | errors.EventError:
        if chance.random() < self._fails:
            return chance.choice(_FAILURES)()
        for name, entries in entries_of(self._catalog, chance, odd=self._odd).items():
            key = chance.choice(KEYS)
            self._cluster.engine.map(name)[key] = entries[key]
        event, options = submission.event, submission.options
        spec = self._catalog.spec(event)
        event_id = options.event_id or "e"
        receipt = Receipt(
            event_id, options.correlation_id or event_id, spec.name, spec.aggregate_id(event), None, _ACCEPTED, None
        )
        if options.wait_for is not WaitFor.ACCEPTED:
            completion = self._completion(receipt, spec.aggregate, chance)
            if submission.show is not None and completion.sequence != 1:  # now and then none comes
                view, _, key = submission.show.partition("/")
                entry = self._cluster.engine.map(view).get(key, b"")
                completion = msgspec.structs.replace(completion, entry=msgspec.Raw(entry))
            receipt = msgspec.structs.replace(
                receipt, sequence=completion.sequence, status=completion.status, completion=completion
            )
        if chance.random() < self._odd * 2:
            receipt = msgspec.structs.replace(receipt, **chance.choice(_ODD_RECEIPTS))
        return msgspec.structs.replace(receipt, **self.receipt)

    def _completion(self, receipt: Receipt, aggregate: str, chance: Random) -> Completion:
        known = chance.randint(1, 5)
        names = ("received_at", "persisted_at", "view_updated_at", "published_at", "completed_at")
        stages: dict[str, Any] = dict(zip(names, INSTANTS[1 : known + 1], strict=False))
        return Completion(
            event_id=receipt.event_id,
            event_type=receipt.event_type,
            aggregate_type=aggregate,
            aggregate_id=receipt.aggregate_id,
            correlation_id=receipt.correlation_id,
            submission_id="",
            status=chance.choice([CompletionStatus.SUCCESS, CompletionStatus.STORED]),
            sequence=chance.choice([1, 2, 2**31 - 1, None]),
            timestamp=INSTANTS[0],
            **stages,
        )


_ACCEPTED = CompletionStatus.ACCEPTED
_ODD_RECEIPTS: list[dict[str, Any]] = [
    {"sequence": 2**31},
    {"aggregate_id": None},
    {"status": "LOST"},
    {"event_type": 7},
    {"sequence": 1.5},
    {"correlation_id": {}},
]
_PROBLEMS = [
    errors.FieldProblem(("input", "items", "0"), "is wrong"),
    errors.FieldProblem((), "is wrong, too", "ODD", {"most": 3, "held": [None, 1.5]}),
]
_FAILURES: list[Callable[[], errors.EventError]] = [
    lambda: errors.EventRejected(_PROBLEMS, event_id="e"),
    lambda: errors.EventRejected([], event_id="e", code="OTHER"),
    lambda: errors.SequenceConflict(1, 2, event_id="e"),
    lambda: errors.SequenceConflict(2**40, 2, event_id="e"),
    lambda: errors.EventIdConflict(event_id="e"),
    lambda: errors.EventDeadLettered("d", "a view", event_id="e"),
    lambda: errors.EventTimedOut(event_id="e"),
    lambda: errors.PipelineOverloaded(50, event_id="e"),
]
