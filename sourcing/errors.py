"""
Everything that can go wrong, as one tree. The gateway maps it to GraphQL in one place.

    HazelgateError
    ├── EventError                  one event; knows its event_id
    │   ├── EventRejected           a guard or a check said no: problems
    │   ├── SequenceConflict        another event of the aggregate came first
    │   ├── EventIdConflict         the eventId was used before, with another payload
    │   ├── EventDeadLettered       stored, but a view could not be updated
    │   ├── EventTimedOut           not there in time, still on its way
    │   └── PipelineOverloaded      the pipeline takes no more just now
    ├── Rejected                    what a guard raises
    ├── NotYet                      what a projection raises where waiting may help
    ├── DeadLetterError             a dead letter could not be resolved
    │   ├── DeadLetterUnknown       there is none of that id (any more)
    │   ├── DeadLetterEditInvalid   the data given in place of the event's do not fit: problems
    │   └── DeadLetterBusy          it changed all the while; try again
    ├── InvalidEvent                data that does not fit its event type: problems
    ├── InvalidArgument             a filter, a page, a key that can't be served as it is: field
    ├── TooMuchRead                 one request reads more entries than it may
    ├── Unauthenticated             the caller says nothing of itself, or what does not hold
    │   └── TenantRequired          the caller is known, and not whose it is
    ├── Forbidden                   the caller has no right to it
    ├── UnknownEventType            no such type, or a version that nothing reads
    ├── CatalogError                a domain module that contradicts itself
    ├── PipelineUnavailable         the member or the projector is away
    ├── RevisionNotReached          a read that waited in vain for an event
    ├── RebuildRefused              a rebuild, rollback or comparison that can't begin
    ├── SnapshotRefused             a snapshot that can't be taken
    └── NotAvailableYet             in the contract, built by a later release
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec


class FieldProblem(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """
    What is wrong with one field.

    Args:
        path: In camelCase, list indexes as strings: `("items", "0", "quantity")`.
        message: For people to read.
        code: Stable and in capitals, to switch on.
        params: What the message names, so that a client can say it in its own words.
    """

    path: tuple[str, ...]
    message: str
    code: str = "INVALID"
    params: dict[str, Any] | None = None

    def __str__(self) -> str:
        return f"{'.'.join(self.path)}: {self.message}" if self.path else self.message


def camel(name: str) -> str:
    """`quantity_on_hand` is `quantityOnHand` in JSON."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def field_path(field: str | Sequence[str | int]) -> tuple[str, ...]:
    """A field as Python says it (`"items.0.product_id"` or its parts) as the path that clients know."""
    parts = field.split(".") if isinstance(field, str) else field
    return tuple(camel(str(part)) for part in parts if part != "")


def _sentence(problems: Sequence[FieldProblem]) -> str:
    return "; ".join(str(problem) for problem in problems)


class HazelgateError(Exception):
    """Something in Hazelgate went wrong."""

    code = "INTERNAL"

    def __init__(self, message: str | None = None) -> None:
        self.message = message or (self.__doc__ or "").strip()
        super().__init__(self.message)


class EventError(HazelgateError):
    """An event did not go through."""

    def __init__(self, message: str | None = None, *, event_id: str | None = None) -> None:
        super().__init__(message)
        self.event_id = event_id


class EventRejected(EventError):
    """A guard or a check said no. Nothing was stored."""

    code = "REJECTED"

    def __init__(
        self,
        problems: Iterable[FieldProblem] = (),
        *,
        event_id: str | None = None,
        message: str | None = None,
        code: str | None = None,
    ) -> None:
        self.problems = tuple(problems)
        super().__init__(message or _sentence(self.problems) or None, event_id=event_id)
        if code is not None:
            self.code = code


class SequenceConflict(EventError):
    """Another event of the aggregate came first. Nothing was stored: read the aggregate again and decide anew."""

    code = "SEQUENCE_CONFLICT"

    def __init__(self, expected_sequence: int, actual_sequence: int, *, event_id: str | None = None) -> None:
        super().__init__(
            f"expected the aggregate at sequence {expected_sequence}, it is at {actual_sequence}; "
            "read it again and decide anew",
            event_id=event_id,
        )
        self.expected_sequence = expected_sequence
        self.actual_sequence = actual_sequence


class EventIdConflict(EventError):
    """The eventId was used before, with another payload. Nothing was stored: give a new event a new id."""

    code = "EVENT_ID_CONFLICT"


class EventDeadLettered(EventError):
    """Stored; a view could not be updated yet. It waits in the dead-letter queue."""

    code = "DEAD_LETTERED"

    def __init__(self, dead_letter_id: str, message: str | None = None, *, event_id: str | None = None) -> None:
        super().__init__(message, event_id=event_id)
        self.dead_letter_id = dead_letter_id


class EventTimedOut(EventError):
    """Not there in time, still on its way: ask for its completion later, or send it again with the same eventId."""

    code = "TIMED_OUT"


class PipelineOverloaded(EventError):
    """The pipeline takes no more just now. Nothing was stored: try again after `retry_after_ms`."""

    code = "OVERLOADED"

    def __init__(self, retry_after_ms: int, message: str | None = None, *, event_id: str | None = None) -> None:
        super().__init__(message, event_id=event_id)
        self.retry_after_ms = retry_after_ms


class Rejected(HazelgateError):
    """
    A guard refuses an event. Raise it, and nothing is stored.

    Args:
        field: The field to blame, as Python names it: `"quantity"`, `"items.0.quantity"`, or the parts of the path.
        message: What is wrong, for the client to read.
        code: Stable and in capitals, for the client to switch on: `"OUT_OF_STOCK"`.
        params: What the message names, as JSON, so that the client can say it in its own words: `available=3`.
    """

    code = "REJECTED"

    def __init__(
        self, field: str | Sequence[str | int], message: str, *, code: str = "REJECTED", **params: Any
    ) -> None:
        named = {camel(name): value for name, value in params.items()}
        problem = FieldProblem(field_path(field), message, code, named or None)
        self.problems: tuple[FieldProblem, ...] = (problem,)
        super().__init__(_sentence(self.problems))

    @classmethod
    def all(cls, rejections: Iterable[Rejected]) -> Rejected:
        """
        Several refusals as one, so that the client can mend everything together.

        Args:
            rejections: At least one.

        Returns:
            The exception to raise: `raise Rejected.all(problems)`.
        """
        problems = tuple(problem for rejection in rejections for problem in rejection.problems)
        together = cls((), "rejected")
        together.problems = problems
        together.message = _sentence(problems)
        together.args = (together.message,)
        return together


class NotYet(HazelgateError):
    """
    A projection can't take an event yet: its entry lacks something that an event of another aggregate brings.

    Raise it from a projection. The event is retried after growing pauses. Later events of its aggregate wait behind it.
    After the last retry it stays in a dead letter.
    """

    code = "NOT_YET"


class DeadLetterError(HazelgateError):
    """A dead letter could not be resolved; it is as it was."""

    code = "DEAD_LETTER"

    def __init__(self, dead_letter_id: str, message: str) -> None:
        super().__init__(message)
        self.dead_letter_id = dead_letter_id


class DeadLetterUnknown(DeadLetterError):
    """There is no dead letter of that id."""

    code = "DEAD_LETTER_UNKNOWN"

    def __init__(self, dead_letter_id: str) -> None:
        super().__init__(
            dead_letter_id, f"there is no dead letter {dead_letter_id} (any more): list those that there are"
        )


class DeadLetterEditInvalid(DeadLetterError):
    """The data given in place of the event's do not fit it."""

    code = "INVALID_EVENT"

    def __init__(self, dead_letter_id: str, message: str, problems: Iterable[FieldProblem] = ()) -> None:
        super().__init__(dead_letter_id, message)
        self.problems = tuple(problems)


class DeadLetterBusy(DeadLetterError):
    """It could not be done just now; the letter is as it was, or as another operator left it."""

    code = "DEAD_LETTER_BUSY"


class InvalidEvent(HazelgateError):
    """The data does not fit its event type."""

    code = "INVALID_EVENT"

    def __init__(self, problems: Iterable[FieldProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(_sentence(self.problems) or None)


class Unauthenticated(HazelgateError):
    """The request says nothing of its caller: send `Authorization: Bearer …` with a token, or an API key."""

    code = "UNAUTHENTICATED"


class TenantRequired(Unauthenticated):
    """The caller's credentials name no tenant: send some that do."""

    code = "TENANT_REQUIRED"


class Forbidden(HazelgateError):
    """None of the caller's roles has a right to it: ask for less, or have a role granted."""

    code = "FORBIDDEN"


class TooMuchRead(HazelgateError):
    """
    One request reads more entries than it may: ask for smaller pages, or in several requests.

    Args:
        most: How many it may read.
    """

    code = "QUERY_TOO_COMPLEX"

    def __init__(self, most: int) -> None:
        super().__init__(f"one request reads at most {most:,} entries; ask for smaller pages, or in several requests")
        self.most = most


class InvalidArgument(HazelgateError):
    """
    An argument of a read can't be served as it is given: a filter, a sort, a page, a key.

    Args:
        message: What is wrong, and how to mend it.
        field: The argument, or the place in it, as the caller wrote it: `filter.placed_at.gte`.
    """

    code = "BAD_USER_INPUT"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field

    @classmethod
    def of(cls, field: str, message: str) -> InvalidArgument:
        """The error whose message begins with the field."""
        return cls(f"{field}: {message}", field=field)


class UnknownEventType(HazelgateError):
    """No event type of that name and version is in the catalog."""

    code = "UNKNOWN_EVENT_TYPE"


class CatalogError(HazelgateError):
    """A domain module contradicts itself. The message names what and how to mend it."""

    code = "CATALOG"


class PipelineUnavailable(HazelgateError):
    """No member can be reached, or its projector is away. Nothing was submitted: try again when /ready is true."""

    code = "PIPELINE_UNAVAILABLE"


class RevisionNotReached(HazelgateError):
    """The entry does not have the event that `minRevision` names, after 5 s."""

    code = "REVISION_NOT_REACHED"


class RebuildRefused(HazelgateError):
    """The rebuild can't begin, or can't be changed so."""

    code = "REBUILD_REFUSED"


class SnapshotRefused(HazelgateError):
    """The snapshot can't be taken."""

    code = "SNAPSHOT_REFUSED"


class NotAvailableYet(HazelgateError):
    """The schema has it already; this release does not do it yet."""

    code = "NOT_AVAILABLE_YET"
