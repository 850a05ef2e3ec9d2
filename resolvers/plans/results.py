"""
From the plan of what a mutation answers to the function that builds the answer.

As in `writing.py` it is one expression of Python. Its values are objects of Python, whose types the schema says: the
usual value of a scalar is taken as it is, and any other is completed as graphql-core does it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLEnumType, GraphQLNonNull, GraphQLObjectType, GraphQLOutputType, GraphQLScalarType

from hazelgate.resolvers.meanings import AtOnce, Attribute, Held, Worked
from hazelgate.resolvers.plans.deviations import Deviation
from hazelgate.resolvers.plans.running import Run
from hazelgate.resolvers.plans.selections import AnsweredField, Constant, ResultField, ResultSelection
from hazelgate.resolvers.plans.source import Source
from hazelgate.resolvers.plans.writing import completer

Build = Callable[[Any, Any], dict[str, Any]]
"""
Builds the answer's value of an object, by it and what its functions take as info. The places of entries that are to be
read hold None.
"""
_TEXTS = frozenset({"ID", "String", "DateTime"})
"""Scalars that give out a text as it is."""


def built(build: Build, value: Any, run: Run) -> dict[str, Any]:
    """
    What a function builds of an object.

    Raises:
        Deviation: A value is not as its type says, or can't be had.
    """
    try:
        return build(value, run.info)
    except Deviation:
        raise
    except Exception as error:
        raise Deviation(repr(error)) from error


class ResultWriting:
    """A function for one selection."""

    def __init__(self) -> None:
        self._source = Source(missing=_missing, items=_items)

    def function(self, selection: ResultSelection) -> Build:
        """
        The function.

        Raises:
            Unplannable: It is beyond what Python can nest, or a value has a type without a plan.
        """
        build: Build = self._source.function(f"def build(x, info):\n    return {self._object(selection, 'x')}\n")
        return build

    def _object(self, selection: ResultSelection, owner: str) -> str:
        parts = []
        for each in selection.fields:
            match each:
                case Constant():
                    text = repr(each.value)
                case AnsweredField():
                    text = "None"
                case ResultField():
                    text = self._value(each.type, each.within, self._read(each, owner))
            parts.append(f"{each.name!r}: {text}")
        return "{" + ", ".join(parts) + "}"

    def _read(self, field: ResultField, owner: str) -> str:
        match field.read:
            case Held(name):
                return f"{owner}.data[{name!r}]"
            case Attribute(name):
                return f"{owner}.{name}"
            case Worked(function):
                return f"{self._source.name(function)}({owner})"
            case AtOnce(function):
                return f"{self._source.name(function)}({owner}, info)"

    def _value(self, made: GraphQLOutputType, within: ResultSelection | None, text: str) -> str:
        """The expression of a value."""
        if within is None:
            return self._leaf(made, text)
        inner: Any = made.of_type if isinstance(made, GraphQLNonNull) else made
        otherwise = "missing()" if isinstance(made, GraphQLNonNull) else "None"
        held, item = self._source.number(), self._source.number()
        if isinstance(inner, GraphQLObjectType):
            there = self._object(within, held)
        else:
            there = f"[{self._value(inner.of_type, within, item)} for {item} in items({held})]"
        return f"({otherwise} if ({held} := {text}) is None else {there})"

    def _leaf(self, made: GraphQLOutputType, text: str) -> str:
        complete = self._source.name(completer(made))
        inner: Any = made.of_type if isinstance(made, GraphQLNonNull) else made
        held = self._source.number()
        if isinstance(inner, GraphQLEnumType):
            return f"({self._source.name(_shown(inner))}.get({held} := {text}) or {complete}({held}))"
        if isinstance(inner, GraphQLScalarType) and inner.name in _TEXTS:
            return f"({held} if type({held} := {text}) is str else {complete}({held}))"
        return f"{complete}({text})"


def _shown(made: GraphQLEnumType) -> Mapping[Any, str]:
    """The API's names of an enum's values."""
    return {each.value: made.coerce_output_value(each.value) for each in made.values.values()}


def _missing() -> Any:
    raise Deviation("null where the API allows none")


def _items(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        raise Deviation("not a list")
    return value
