"""What a client is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from hazelgate.gateway.errors import Faults, internal_error
from hazelgate.schema.events.streams import Place
from hazelgate.subscriptions.live import Round

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """
    A response.

    `executed` is false where nothing ran: bad syntax, an invalid document, variables that don't fit. `faults` are its
    unexpected errors, of which the body says nothing but their id. The body is for `orjson` alone: parts of it may be
    encoded already.
    """

    body: Json
    executed: bool
    faults: Faults | None = None
    place: Place | None = None
    """Of a subscription's result: where it stands."""
    round: Round | None = None
    """Of a live query's result: the run that has brought it."""

    @property
    def codes(self) -> list[str]:
        """The codes of its errors, each once."""
        return sorted({error["extensions"]["code"] for error in self.errors})

    @property
    def errors(self) -> list[Json]:
        """All of its errors. Those of a later part stand within what it brings."""
        later = (*self.body.get("incremental", ()), *self.body.get("completed", ()))
        return [error for each in (self.body, *later) for error in each.get("errors", ())]

    def encode(self) -> bytes:
        return orjson.dumps(self.body)


def refusal(*errors: Json, faults: Faults | None = None) -> Answer:
    """The answer to a request of which nothing ran."""
    return Answer({"errors": list(errors)}, False, faults if faults is not None and faults.errors else None)


def fault(error: BaseException) -> Answer:
    """The answer where an error came that nobody expected."""
    faults = Faults()
    return refusal(internal_error(error, faults), faults=faults)
