"""From a user's function to a field of Strawberry, which knows what its annotations mean."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from functools import reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import strawberry
from strawberry.types.field import StrawberryField

from hazelgate.api.context import Context, Request
from hazelgate.api.declaring import AddedField, Root
from hazelgate.sourcing.ids import Id

_ID_MARK = get_args(Id)[1]
_STREAMS = (AsyncIterator, AsyncIterable, AsyncGenerator)
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class ApiInfo(strawberry.Info):
    """What Strawberry hands to a field of a user."""

    @property
    def context(self) -> Context:
        """The context, made of the request."""
        return Context(self.request)

    @property
    def request(self) -> Request:
        """The request itself."""
        found: Request = self._raw_info.context
        return found


def field_of(added: AddedField) -> StrawberryField:
    """
    The field of a function.

    Raises:
        TypeError: Its parameters or annotations are not what they have to be.
        NameError: An annotation names nothing.
    """
    function = added.function
    hints = get_type_hints(function, include_extras=True)
    if "return" not in hints:
        raise TypeError("annotate it with what it returns")
    if added.owner is Root.SUBSCRIPTION and get_origin(hints["return"]) not in _STREAMS:
        raise TypeError("make it an async generator, and annotate it with AsyncIterator[…]")
    parameters = list(inspect.signature(function).parameters.values())
    entry = None if isinstance(added.owner, Root) else _take_entry(parameters, hints, added.owner)
    contexts = [each.name for each in parameters if hints.get(each.name) is Context]
    arguments = [_argument(each, hints) for each in parameters if each.name not in contexts]
    lasting = added.owner is Root.SUBSCRIPTION

    def resolve(root: Any, hazelgate_info: ApiInfo, **given: Any) -> Any:
        if entry is not None:
            given[entry] = root.value
        for name in contexts:
            given[name] = Context(hazelgate_info.request, lasting=lasting)
        return function(**given)

    here = inspect.Parameter.POSITIONAL_OR_KEYWORD
    taken = [
        inspect.Parameter("root", here),
        inspect.Parameter("hazelgate_info", here, annotation=ApiInfo),
        *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in arguments),
    ]
    resolve.__signature__ = inspect.Signature(taken, return_annotation=_shown(hints["return"]))  # type: ignore[attr-defined]
    resolve.__name__, resolve.__module__ = function.__name__, function.__module__
    declare = strawberry.subscription if lasting else strawberry.field
    made: StrawberryField = declare(resolver=resolve, description=_description(function))
    made.python_name = function.__name__
    return made


def _take_entry(parameters: list[inspect.Parameter], hints: dict[str, Any], view: type) -> str:
    first = parameters.pop(0) if parameters else None
    if first is None or hints.get(first.name) is not view:
        raise TypeError(f"its first parameter is the entry; annotate it with {view.__qualname__}")
    return first.name


def _argument(parameter: inspect.Parameter, hints: dict[str, Any]) -> inspect.Parameter:
    if parameter.kind not in _NAMED:
        raise TypeError(f"parameter {parameter.name} can't be given by name")
    if parameter.name not in hints:
        raise TypeError(f"annotate the parameter {parameter.name}")
    return parameter.replace(annotation=_shown(hints[parameter.name]))


def _shown(hint: Any) -> Any:
    """The annotation with GraphQL's ID in place of ours."""
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Annotated:
        held, *marks = inside
        if _ID_MARK in marks:
            held, marks = strawberry.ID, [each for each in marks if each is not _ID_MARK]
        return Annotated[(_shown(held), *marks)] if marks else _shown(held)
    if not inside:
        return hint
    if origin in (Union, UnionType):
        return reduce(or_, map(_shown, inside))
    if hasattr(origin, "__class_getitem__"):
        return origin[tuple(map(_shown, inside))]
    return hint


def _description(function: Any) -> str | None:
    text = inspect.getdoc(function)
    return " ".join(text.split("\n\n")[0].split()) if text else None
