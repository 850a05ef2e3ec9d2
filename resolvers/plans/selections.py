"""
The plan of a selection: which fields of an entry go where in the answer.

Plans are values. They print as a tree, and two are equal where they do the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import GraphQLOutputType

from hazelgate.resolvers.meanings import AtOnce, Attribute, Held, Worked
from hazelgate.resolvers.plans.arguments import Arguments
from hazelgate.sourcing.model.fields import FieldSpec
from hazelgate.sourcing.model.views import ComputedSpec, ViewSpec

# ---------------------------------------------------------------- shapes of values


@dataclass(frozen=True)
class ScalarShape:
    """A scalar of this name."""

    name: str
    optional: bool = False


@dataclass(frozen=True)
class EnumShape:
    """An enum: its values as entries have them, and as the API names them."""

    name: str
    names: tuple[tuple[Any, str], ...]
    optional: bool = False

    @property
    def is_stored_as_shown(self) -> bool:
        """Whether entries have the API's names."""
        return all(stored == shown for stored, shown in self.names)


@dataclass(frozen=True)
class ListShape:
    """A list."""

    item: Shape
    optional: bool = False


@dataclass(frozen=True)
class ObjectShape:
    """A nested value, of which this is selected."""

    selection: Selection
    optional: bool = False


Shape: TypeAlias = ScalarShape | EnumShape | ListShape | ObjectShape


def shape_text(shape: Shape) -> str:
    """As GraphQL writes the type."""
    match shape:
        case ListShape(item):
            text = f"[{shape_text(item)}]"
        case ObjectShape(selection):
            text = selection.type_name
        case ScalarShape() | EnumShape():
            text = shape.name
    return text if shape.optional else f"{text}!"


# ---------------------------------------------------------------- fields of entries and values


@dataclass(frozen=True)
class Constant:
    """The same in every answer: `__typename`."""

    name: str
    value: str


@dataclass(frozen=True)
class StoredField:
    """What an entry's JSON has under `source`."""

    name: str
    source: str
    shape: Shape


@dataclass(frozen=True)
class IdField:
    """The global id of an entry."""

    name: str
    view: ViewSpec


@dataclass(frozen=True)
class RevisionField:
    """Where an entry stands. All that a revision has must be there, whatever is selected of it."""

    name: str
    selection: Selection


@dataclass(frozen=True)
class ComputedField:
    """Worked out from an entry by a pure function of the domain."""

    name: str
    view: ViewSpec
    spec: ComputedSpec
    type: GraphQLOutputType = field(compare=False)


@dataclass(frozen=True)
class KeyLink:
    """Entries of another view, by the keys that stand at this path."""

    name: str
    target: ViewSpec
    path: tuple[FieldSpec, ...]
    many: bool
    selection: Selection


@dataclass(frozen=True)
class IndexLink:
    """Entries of another view in pages: those in which a field has this entry's key."""

    name: str
    view: ViewSpec
    target: ViewSpec
    path: tuple[str, ...]
    arguments: Arguments
    pages: PagesSelection


@dataclass(frozen=True)
class HistoryLink:
    """The events that formed an entry, in pages."""

    name: str
    view: ViewSpec
    arguments: Arguments
    selection: ResultSelection


Link: TypeAlias = KeyLink | IndexLink | HistoryLink
Field: TypeAlias = Constant | StoredField | IdField | RevisionField | ComputedField | KeyLink | IndexLink | HistoryLink


@dataclass(frozen=True)
class Selection:
    """What is selected of an entry or a value, in the answer's order."""

    type_name: str
    fields: tuple[Field, ...]

    def __str__(self) -> str:
        return "\n".join(_lines(self.fields, ""))


@dataclass(frozen=True)
class NodesSelection:
    """What is selected of nodes, by the view that they are of. Of the others the executor answers."""

    by_view: tuple[tuple[ViewSpec, Selection], ...]

    def __str__(self) -> str:
        lines: list[str] = []
        for view, selection in self.by_view:
            lines += [f"on {view.type_name}", *_lines(selection.fields, "  ")]
        return "\n".join(lines)


# ---------------------------------------------------------------- fields of what a mutation answers


@dataclass(frozen=True)
class ResultField:
    """
    What an object of Python holds, or what is worked out of it.

    Args:
        source: Where it comes from, as a plan prints it.
        read: How it is got.
        within: What is selected of it, where it is an object or a list of them.
    """

    name: str
    source: str
    read: Held | Attribute | Worked | AtOnce = field(compare=False)
    type: GraphQLOutputType = field(compare=False)
    within: ResultSelection | None = None


@dataclass(frozen=True)
class AnsweredField:
    """The entry that a mutation answers with."""

    name: str
    view: ViewSpec
    selection: Selection


@dataclass(frozen=True)
class ResultSelection:
    """What is selected of an object of Python of this type, in the answer's order."""

    type_name: str
    fields: tuple[Constant | ResultField | AnsweredField, ...]


@dataclass(frozen=True)
class ResultsSelection:
    """What is selected of what may come of an event, by type."""

    by_type: tuple[ResultSelection, ...]

    def __str__(self) -> str:
        lines: list[str] = []
        for each in self.by_type:
            lines += [f"on {each.type_name}", *_lines(each.fields, "  ")]
        return "\n".join(lines)


# ---------------------------------------------------------------- fields of pages


@dataclass(frozen=True)
class CursorPart:
    """Where an entry stands in its list."""

    name: str


@dataclass(frozen=True)
class NodePart:
    """The entry of an edge."""

    name: str
    selection: Selection


@dataclass(frozen=True)
class EdgesPart:
    """The entries of a page."""

    name: str
    fields: tuple[Constant | CursorPart | NodePart, ...]


@dataclass(frozen=True)
class WindowPart:
    """One figure of `pageInfo`, by its name in Python."""

    name: str
    attribute: str


@dataclass(frozen=True)
class PageInfoPart:
    """Whether the list goes on."""

    name: str
    fields: tuple[Constant | WindowPart, ...]


@dataclass(frozen=True)
class CountPart:
    """How many entries there are on all pages."""

    name: str


PagePart: TypeAlias = Constant | EdgesPart | PageInfoPart | CountPart


@dataclass(frozen=True)
class PagesSelection:
    """What is selected of a connection, in the answer's order."""

    parts: tuple[PagePart, ...]

    def __str__(self) -> str:
        return "\n".join(_lines(self.parts, ""))


# ---------------------------------------------------------------- as text


def _lines(fields: tuple[Any, ...], indent: str) -> Iterator[str]:
    for each in fields:
        yield f"{indent}{each.name}: {_about(each)}"
        yield from _lines(_within(each), indent + "  ")


def _about(each: Any) -> str:
    match each:
        case Constant():
            return repr(each.value)
        case StoredField():
            return f"{each.source} {shape_text(each.shape)}"
        case IdField():
            return f"id of {each.view.type_name}"
        case ResultField():
            return f"{each.source} {each.type}"
        case AnsweredField():
            return f"entry of {each.view.type_name}"
        case ComputedField():
            return f"computed {each.spec.name}"
        case KeyLink():
            path = ".".join(part.name for part in each.path)
            return f"{'entries' if each.many else 'entry'} of {each.target.type_name} by {path}"
        case IndexLink():
            return f"pages of {each.target.type_name} with {'.'.join(each.path)}{each.arguments}"
        case HistoryLink():
            return f"history of {each.view.type_name}{each.arguments}"
        case WindowPart():
            return each.attribute
        case CursorPart():
            return "cursor"
        case CountPart():
            return "count"
    return {RevisionField: "revision", EdgesPart: "edges", NodePart: "node", PageInfoPart: "page info"}[type(each)]


def _within(each: Any) -> tuple[Any, ...]:
    match each:
        case StoredField():
            shape = each.shape
            while isinstance(shape, ListShape):
                shape = shape.item
            return shape.selection.fields if isinstance(shape, ObjectShape) else ()
        case KeyLink() | NodePart() | RevisionField() | AnsweredField() | HistoryLink():
            return each.selection.fields
        case ResultField():
            return () if each.within is None else each.within.fields
        case IndexLink():
            return each.pages.parts
        case EdgesPart() | PageInfoPart():
            return each.fields
    return ()
