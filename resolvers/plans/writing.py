"""
From the plan of a selection to the function that builds the answer.

The function is one expression of Python, written once and compiled: a dictionary of attributes, in the answer's order.
No name of a client stands in it but as a text: keys of dictionaries are literals, everything else is numbered here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLScalarType,
    Undefined,
)
from graphql.pyutils import is_awaitable

from hazelgate.resolvers.plans.deviations import Deviation, Unplannable
from hazelgate.resolvers.plans.reading import IN_META, META, Read, Reads
from hazelgate.resolvers.plans.selections import (
    ComputedField,
    Constant,
    EnumShape,
    HistoryLink,
    IdField,
    IndexLink,
    KeyLink,
    Link,
    ListShape,
    ObjectShape,
    RevisionField,
    ScalarShape,
    Selection,
    Shape,
    StoredField,
)
from hazelgate.resolvers.plans.source import Source
from hazelgate.schema.nodes import GlobalId
from hazelgate.sourcing.model.views import ViewSpec

Holder = tuple[int, dict[str, Any], str, Sequence[str]]
"""A link to be followed: its number, the dictionary that gets what it leads to, under which name, and the keys."""
Build = Callable[[Any, Any, list[Holder]], Any]
"""Builds the answer's value from what was decoded, the entry's raw JSON, and a list that takes the links to follow."""


@dataclass
class Writing:
    """
    A function for one selection.

    Args:
        view: The view of the entries; None: they are no entries, and all of them are there.
        reads: What it decodes.
        links: What it leaves to be followed.
    """

    view: ViewSpec | None
    reads: Reads = field(default_factory=Reads)
    links: list[Link] = field(default_factory=list)
    _source: Source = field(default_factory=lambda: Source(present=_present, hold=_hold, leads=_leads))
    _computes: bool = False

    def function(self, selection: Selection) -> tuple[Build, str]:
        """
        The function, and its source.

        Raises:
            Unplannable: It is beyond what Python can nest.
        """
        body = self._object(selection, self.reads, "x")
        value = "    value = decode_view(raw)\n" if self._computes else ""
        source = f"def build(x, raw, links):\n{value}    return {body}\n"
        build: Build = self._source.function(source)
        if self.view is not None and not self.reads.any_required:
            # An entry that is absent has no fields. Its key tells it from one whose selected fields are all null.
            self._key(self.reads)
        return build, source

    # ------------------------------------------------------------ objects

    def _object(self, selection: Selection, reads: Reads, owner: str) -> str:
        parts, held = [], []
        for each in selection.fields:
            match each:
                case Constant():
                    text = repr(each.value)
                case StoredField():
                    read = reads.of(each.source)
                    text = self._value(each.shape, read, f"{owner}.{read.attribute}")
                case IdField():
                    text = f"{self._source.name(_node_id(each.view))}({owner}.{self._key(reads)})"
                case RevisionField():
                    meta = reads.of(META)
                    meta.present()
                    for name in IN_META.values():
                        meta.values().of(name).present()
                    text = self._object(each.selection, meta.values(), f"{owner}.{meta.attribute}")
                case ComputedField():
                    self._computes = True
                    self._source.call("decode_view", each.view.decode)
                    text = f"{self._source.name(_computed(each))}(value)"
                case KeyLink() | IndexLink() | HistoryLink():
                    text = "None"
                    held.append(f"({len(self.links)}, {each.name!r}, {self._keys(each, reads, owner)})")
                    self.links.append(each)
            parts.append(f"{each.name!r}: {text}")
        made = "{" + ", ".join(parts) + "}"
        return f"hold(links, {made}, {', '.join(held)})" if held else made

    def _key(self, reads: Reads) -> str:
        assert self.view is not None, "what is no entry has no key"
        key = reads.of(self.view.key_name)
        key.text()
        key.required = True
        return key.attribute

    def _keys(self, link: Link, reads: Reads, owner: str) -> str:
        if isinstance(link, IndexLink | HistoryLink):
            return f"({owner}.{self._key(reads)},)"
        return f"leads({owner}, {reads.along(link.path)!r})"

    # ------------------------------------------------------------ values

    def _value(self, shape: Shape, read: Read, text: str) -> str:
        """The expression of a value; the text itself where it is given out as it is read."""
        read.required |= not shape.optional
        match shape:
            case ScalarShape():
                read.scalar(shape)
                return f"present({text})" if shape.name == "JSON" and not shape.optional else text
            case EnumShape():
                read.scalar(shape)
                if shape.is_stored_as_shown:
                    return text
                return self._unless_null(shape, text, lambda held: f"{self._source.name(dict(shape.names))}[{held}]")
            case ListShape():
                item = self._source.number()
                inner = self._value(shape.item, read.items(), item)
                if inner == item:
                    return text
                return self._unless_null(shape, text, lambda held: f"[{inner} for {item} in {held}]")
            case ObjectShape():
                values = read.values()
                return self._unless_null(shape, text, lambda held: self._object(shape.selection, values, held))

    def _unless_null(self, shape: Shape, text: str, made: Callable[[str], str]) -> str:
        if not shape.optional:
            return made(text)
        held = self._source.number()
        return f"(None if ({held} := {text}) is None else {made(held)})"


def copied(selection: Selection) -> Reads | None:
    """
    What is decoded of an entry where that can be encoded as it is, with the fields in the answer's order.

    None where a field is renamed, mapped or worked out; where it holds JSON, of which what can't be encoded is the
    executor's to tell; or where an absent entry could be decoded, too.
    """
    reads = Reads()
    return reads if _copies(selection, reads) and reads.any_required else None


def _copies(selection: Selection, reads: Reads) -> bool:
    for each in selection.fields:
        read = reads.of(each.name)
        match each:
            case Constant("__typename", value):
                read.constant(value)
            case StoredField(name, source, shape) if name == source:
                if not _copies_value(shape, read):
                    return False
            case _:
                return False
    return True


def _copies_value(shape: Shape, read: Read) -> bool:
    read.required = not shape.optional
    match shape:
        case ScalarShape():
            read.scalar(shape)
            return shape.name != "JSON"
        case EnumShape():
            read.scalar(shape)
            return shape.is_stored_as_shown
        case ListShape(item):
            return _copies_value(item, read.items())
        case ObjectShape(selection):
            return _copies(selection, read.values())


def _present(value: Any) -> Any:
    if value is None:
        raise Deviation("null where the API allows none")
    return value


def _hold(links: list[Holder], made: dict[str, Any], *held: tuple[int, str, Sequence[str]]) -> dict[str, Any]:
    for number, name, keys in held:
        links.append((number, made, name, keys))
    return made


def _leads(value: Any, attributes: Sequence[str]) -> list[str]:
    return list(_along(value, attributes))


def _along(value: Any, attributes: Sequence[str]) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _along(item, attributes)
    elif value is not None:
        if attributes:
            yield from _along(getattr(value, attributes[0]), attributes[1:])
        else:
            yield value


def _node_id(view: ViewSpec) -> Callable[[str], str]:
    def node_id(key: str) -> str:
        return GlobalId(view.type_name, key).encode()

    return node_id


# ---------------------------------------------------------------- computed fields


def _computed(each: ComputedField) -> Callable[[Any], Any]:
    complete, function = completer(each.type), each.spec.function

    def computed(value: Any) -> Any:
        return complete(function(value))

    return computed


def completer(made: GraphQLOutputType) -> Callable[[Any], Any]:
    """
    What makes a value of Python one of the answer, as graphql-core completes it.

    Raises:
        Unplannable: The type is neither a scalar, nor an enum, nor a list of them.
    """
    if isinstance(made, GraphQLNonNull):
        inner = completer(made.of_type)
        return lambda value: _present(inner(value))
    if isinstance(made, GraphQLList):
        item = completer(made.of_type)

        def several(value: Any) -> Any:
            if value is None:
                return None
            if not isinstance(value, list | tuple):
                raise Deviation("not a list")
            return [item(each) for each in value]

        return several
    if not isinstance(made, GraphQLScalarType | GraphQLEnumType):
        raise Unplannable(f"a computed {made}")
    coerce = made.coerce_output_value

    def one(value: Any) -> Any:
        if value is None or value is Undefined:
            return None
        if isinstance(value, Exception) or is_awaitable(value):
            raise Deviation("no value")
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise Deviation("a scalar without a value")
        return coerced

    return one
