"""
Answers in parts: as a client that has asked for them reads them.

Two forms are in use. In the newer one a part names by an id what it belongs to: graphql-core has that one, and
https://github.com/graphql/graphql-spec/pull/1110 describes it. Most clients read the older one, in which a part has a
path of its own: https://github.com/graphql/graphql-spec/tree/48cf7263a71a683fab03d45d309fd42d8d9a6659/spec.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from graphql import (
    GraphQLError,
    IncrementalDeferResult,
    IncrementalStreamResult,
    InitialIncrementalExecutionResult,
    SubsequentIncrementalExecutionResult,
)
from graphql.execution import PendingResult

from hazelgate.gateway.errors import Faults, field_error
from hazelgate.gateway.graphql.answers import Answer, Json

_BY_PATH_NAME, _BY_ID_NAME = "deferSpec", "incrementalSpec"


class Spec(StrEnum):
    """How parts are written."""

    BY_PATH = "20220824"
    BY_ID = "v0.2"

    @property
    def parameter(self) -> str:
        """As a media type has it."""
        return f"{_BY_PATH_NAME if self is Spec.BY_PATH else _BY_ID_NAME}={self.value}"


def spec_in(extensions: Mapping[str, Any] | None) -> Spec | None:
    """
    How a client reads parts where no media type tells it: on a websocket, and as server-sent events.

    None where it asks for a form that is not known: then everything comes in one answer.
    """
    asked = extensions or {}
    for name, known in ((_BY_ID_NAME, Spec.BY_ID), (_BY_PATH_NAME, Spec.BY_PATH)):
        if name in asked:
            return known if asked[name] == known else None
    return Spec.BY_PATH


def last_of(answer: Answer) -> Answer:
    """A whole answer as the only part."""
    return replace(answer, body={**answer.body, "hasNext": False})


class AnswerParts:
    """
    Writes the parts of one answer.

    Args:
        streamed_from: How many items of a streamed list came with the list, by its path.
    """

    def __init__(self, spec: Spec, streamed_from: Mapping[tuple[str | int, ...], int]) -> None:
        self._spec = spec
        self._streamed_from = streamed_from
        self._pending: dict[str, PendingResult] = {}
        self._items: dict[str, int] = {}
        """How many items of a streamed list were sent, by its id."""
        self._faults = Faults()

    def first(self, result: InitialIncrementalExecutionResult) -> Answer:
        """The first part."""
        self._faults = Faults()
        body: Json = {"data": result.data} | self._with_errors(result.errors)
        self._announce(result.pending, body)
        return self._answer(body | {"hasNext": True})

    def next(self, result: SubsequentIncrementalExecutionResult) -> Answer:
        """Another part."""
        self._faults = Faults()
        body: Json = {}
        self._announce(result.pending or (), body)
        incremental = [self._incremental(each) for each in result.incremental or ()]
        completed: list[Json] = []
        for each in result.completed or ():
            if self._spec is Spec.BY_ID:
                completed.append({"id": each.id} | self._with_errors(each.errors))
            elif each.errors:
                incremental.append(self._given_up(each.id, each.errors))
            self._forget(each.id)
        if incremental:
            body["incremental"] = incremental
        if completed:
            body["completed"] = completed
        return self._answer(body | {"hasNext": result.has_next})

    def cut(self, reason: Answer) -> Answer:
        """The last part, where the rest does not come."""
        errors = reason.body["errors"]
        body: Json = {"hasNext": False}
        if self._spec is Spec.BY_ID:
            body["completed"] = [{"id": each, "errors": errors} for each in self._pending]
        else:
            body["incremental"] = [self._lost(each) | {"errors": errors} for each in self._pending]
        return Answer(body if self._pending else {"errors": errors, **body}, True, reason.faults)

    def _announce(self, pending: Iterable[PendingResult], body: Json) -> None:
        for each in pending:
            self._pending[each.id] = each
            start = self._streamed_from.get(tuple(each.path))
            if start is not None:
                self._items[each.id] = start
            if self._spec is Spec.BY_ID:
                label = {} if each.label is None else {"label": each.label}
                body.setdefault("pending", []).append({"id": each.id, "path": each.path, **label})

    def _incremental(self, part: IncrementalDeferResult | IncrementalStreamResult) -> Json:
        told: Json = {"items": part.items} if isinstance(part, IncrementalStreamResult) else {"data": part.data}
        place = self._place(part.id, part.sub_path)
        if isinstance(part, IncrementalStreamResult):
            self._items[part.id] += len(part.items)
        return told | place | self._with_errors(part.errors)

    def _place(self, name: str, below: list[str | int] | None = None) -> Json:
        """Where a part belongs."""
        if self._spec is Spec.BY_ID:
            return {"id": name, "subPath": below} if below else {"id": name}
        pending = self._pending[name]
        path = [*pending.path, *(below or ())]
        if name in self._items:
            path.append(self._items[name])
        return {"path": path} if pending.label is None else {"path": path, "label": pending.label}

    def _lost(self, name: str) -> Json:
        """A part that does not come, in the older form."""
        return {"items" if name in self._items else "data": None} | self._place(name)

    def _given_up(self, name: str, errors: Iterable[GraphQLError]) -> Json:
        return self._lost(name) | {"errors": self._errors(errors)}

    def _forget(self, name: str) -> None:
        del self._pending[name]
        self._items.pop(name, None)

    def _with_errors(self, errors: Iterable[GraphQLError] | None) -> Json:
        return {"errors": self._errors(errors)} if errors else {}

    def _errors(self, errors: Iterable[GraphQLError]) -> list[Json]:
        return [field_error(each, self._faults) for each in errors]

    def _answer(self, body: Json) -> Answer:
        return Answer(body, True, self._faults if self._faults.errors else None)
