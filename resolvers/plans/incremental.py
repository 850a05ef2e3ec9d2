"""
Operations whose answer comes in parts, by `@defer` and `@stream`.

graphql-core delivers the parts. Plans answer what is not split itself: a field with nothing deferred below it comes as
a whole, whether it stands in the first part or in a later one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import (
    REMOVE,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLDeferDirective,
    GraphQLStreamDirective,
    Node,
    SelectionSetNode,
    Visitor,
    visit,
)
from graphql.execution.incremental.incremental_executor import DeliveryGroupMap, IncrementalExecutor
from graphql.pyutils import Path

from hazelgate.resolvers.plans.executing import PlannedExecutor
from hazelgate.resolvers.plans.planning import Details

_NAMES = frozenset({GraphQLDeferDirective.name, GraphQLStreamDirective.name})


@dataclass(frozen=True, slots=True)
class IncrementalDocument:
    """A document with `@defer` or `@stream`."""

    ast: DocumentNode
    split: frozenset[int]
    """The ids of field nodes below which something is deferred or streamed."""
    streamed: frozenset[int]
    """The ids of field nodes whose own items are streamed."""


def without_parts(ast: DocumentNode) -> tuple[DocumentNode, IncrementalDocument | None]:
    """
    The document as it is for a client that takes no parts, and as it is for one that does.

    A client may be given everything in one answer: so the directives are taken out. Without any of them the document
    is left as it is, and there is no other.
    """
    whole: DocumentNode = visit(ast, _WithoutDirectives())
    return (ast, None) if whole is ast else (whole, _incremental(ast))


class _WithoutDirectives(Visitor):
    def enter_directive(self, node: DirectiveNode, *_: Any) -> Any:
        return REMOVE if node.name.value in _NAMES else None


def _incremental(ast: DocumentNode) -> IncrementalDocument:
    fragments = {each.name.value: each for each in ast.definitions if isinstance(each, FragmentDefinitionNode)}
    found = _Splits(fragments)
    for each in ast.definitions:
        selections = getattr(each, "selection_set", None)
        if selections is not None:
            found.has_any(selections)
    return IncrementalDocument(ast, frozenset(found.split), frozenset(found.streamed))


class _Splits:
    """Looks for the directives: on a field itself, and below it."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._of_fragment: dict[str, bool] = {}
        self.split: set[int] = set()
        self.streamed: set[int] = set()

    def has_any(self, selections: SelectionSetNode) -> bool:
        """Whether one of the directives is in a selection, at any depth."""
        found = [self._has(each) for each in selections.selections]  # all of them are looked at
        return any(found)

    def _has(self, node: Node) -> bool:
        own = any(each.name.value in _NAMES for each in getattr(node, "directives", None) or ())
        if isinstance(node, FragmentSpreadNode):
            return self._fragment_has(node.name.value) or own
        inner: SelectionSetNode | None = getattr(node, "selection_set", None)
        below = inner is not None and self.has_any(inner)
        if isinstance(node, FieldNode):
            if below:
                self.split.add(id(node))
            if own:
                self.streamed.add(id(node))
        return below or own

    def _fragment_has(self, name: str) -> bool:
        if name not in self._of_fragment:
            self._of_fragment[name] = False  # validation refuses a circle
            self._of_fragment[name] = self.has_any(self._fragments[name].selection_set)
        return self._of_fragment[name]


class IncrementalPlannedExecutor(PlannedExecutor[DeliveryGroupMap], IncrementalExecutor):
    """
    graphql-core's executor that delivers parts, with plans for what has one.

    Args:
        incremental: Its document, and what is split in it.
    """

    def __init__(self, *given: Any, incremental: IncrementalDocument, **named: Any) -> None:
        super().__init__(*given, **named)
        self._incremental = incremental
        self._first = self
        """Each later part has a shallow copy of this executor."""
        self.streamed_from: dict[tuple[str | int, ...], int] = {}
        """How many items of a streamed list came with the list itself, by its path."""

    def may_plan(self, details: Details) -> bool:
        """Whether all that is selected of a field comes together."""
        return self.may_project(details) and not any(id(each.node) in self._incremental.streamed for each in details)

    def may_project(self, details: Details) -> bool:
        """Whether all that is selected of one value comes together: nothing of it is a part of its own."""
        usage = details[0].defer_usage
        return all(each.defer_usage is usage and id(each.node) not in self._incremental.split for each in details)

    def mark_planned(self) -> None:
        """A part of the answer came from a plan."""
        self._first.has_used_plans = True

    def handle_stream(self, index: int, path: Path, *more: Any) -> bool:
        """The rest of a list comes later."""
        self.streamed_from[tuple(path.as_list())] = index
        return super().handle_stream(index, path, *more)
