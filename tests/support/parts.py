"""Answers in parts: documents with `@defer` and `@stream` planted in them, and what a client makes of the parts."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_nullable_type,
    is_list_type,
    parse,
    print_ast,
    visit,
)

Json = dict[str, Any]
Path = tuple[str | int, ...]


def planted(text: str, schema: GraphQLSchema, chance: Random) -> str:
    """A document with `@defer` and `@stream` at many of the places where they may stand."""
    types = TypeInfo(schema)
    return print_ast(visit(parse(text), TypeInfoVisitor(types, _Planting(types, chance))))


class _Planting(Visitor):
    def __init__(self, types: TypeInfo, chance: Random) -> None:
        super().__init__()
        self._types = types
        self._chance = chance
        self._seed = chance.random()
        self._labels = 0

    def enter_inline_fragment(self, node: InlineFragmentNode, *_: Any) -> InlineFragmentNode | None:
        return self._with(node, self._defer()) if self._maybe(0.5) else None

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> FragmentSpreadNode | None:
        return self._with(node, self._defer()) if self._maybe(0.5) else None

    def enter_field(self, node: FieldNode, *_: Any) -> FieldNode | None:
        made = self._types.get_type()
        if made is None or not is_list_type(get_nullable_type(made)):
            return None
        # Fields of one name are streamed in the same way, or validation refuses to merge them.
        chance = Random(f"{self._seed} {(node.alias or node.name).value}")
        if chance.random() < 0.5:
            return None
        found: FieldNode = self._with(node, f"@stream(initialCount: {chance.randrange(4)})")
        return found

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode | None:
        if not self._maybe(0.3):
            return None
        before: list[SelectionNode] = []
        later: list[SelectionNode] = []
        for each in node.selections:
            (later if self._maybe(0.5) else before).append(each)
        if not later:
            return None
        fragment = InlineFragmentNode(
            selection_set=SelectionSetNode(selections=tuple(later)), directives=(_directive(self._defer()),)
        )
        return SelectionSetNode(selections=(*before, fragment))

    def _defer(self) -> str:
        given = []
        if self._maybe(0.3):
            self._labels += 1
            given.append(f'label: "L{self._labels}"')
        if self._maybe(0.2):
            given.append(f"if: {'true' if self._maybe(0.5) else 'false'}")
        return f"@defer({', '.join(given)})" if given else "@defer"

    def _maybe(self, share: float) -> bool:
        return self._chance.random() < share

    @staticmethod
    def _with(node: Any, directive: str) -> Any:
        return replace(node, directives=(*(node.directives or ()), _directive(directive)))


def _directive(text: str) -> DirectiveNode:
    operation = parse(f"{{ a {text} }}").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    assert operation.operation is OperationType.QUERY
    [directive] = operation.selection_set.selections[0].directives or ()
    return directive


def merged(parts: Iterable[Mapping[str, Any]]) -> Json:
    """What a client has in the end; either form of parts."""
    data: Any = None
    errors: list[Json] = []
    places: dict[str, Path] = {}
    for number, part in enumerate(parts):
        if number == 0:
            data = copy.deepcopy(part.get("data"))
        errors += part.get("errors", ())
        places |= {each["id"]: tuple(each["path"]) for each in part.get("pending", ())}
        for each in part.get("incremental", ()):
            errors += each.get("errors", ())
            place = tuple(each["path"]) if "path" in each else (*places[each["id"]], *each.get("subPath", ()))
            if each.get("items") is not None:
                items = _at(data, place[:-1] if "path" in each else place)
                assert "path" not in each or len(items) == place[-1], "items come in their order"
                items.extend(copy.deepcopy(each["items"]))
            elif each.get("data") is not None:
                _merge(_at(data, place), each["data"])
        for each in part.get("completed", ()):
            errors += each.get("errors", ())
    return {"data": data, "errors": errors}


def _at(data: Any, path: Path) -> Any:
    for each in path:
        data = data[each]
    return data


def _merge(target: Json, more: Json) -> None:
    for name, value in more.items():
        known = target.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            _merge(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            for one, other in zip(known, value, strict=True):
                _merge(one, other)
        else:
            target[name] = copy.deepcopy(value)


def shows_no_more(parts: Any, whole: Any) -> bool:
    """
    Whether all that has come in parts is so in the whole, too.

    An error makes null of less where something is deferred: the part around it does not come, or the list ends.
    """
    if whole is None:
        return True
    if isinstance(parts, dict) and isinstance(whole, dict):
        return all(name in whole and shows_no_more(each, whole[name]) for name, each in parts.items())
    if isinstance(parts, list) and isinstance(whole, list):
        return len(parts) <= len(whole) and all(map(shows_no_more, parts, whole))
    return bool(parts == whole)
