"""
The base classes of what a domain is made of: `Event`, `View`, and `Value` for parts of them.

All are frozen values with camelCase JSON. A field says what it takes in its type: `Annotated[int, Meta(ge=1)]` for
what msgspec knows, `Annotated[Decimal, Check(is_money, "…")]` for the rest. All problems are reported together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, dataclass_transform

import msgspec

replace = msgspec.structs.replace
"""A copy of a frozen value with some fields changed: `replace(order, status=OrderStatus.CONFIRMED)`."""


@dataclass(frozen=True)
class Read:
    """
    A declared read: entries of `view` whose keys stand in the event at `path`.

    `serialized` holds the entries until the event is stored, `snapshot` does not; without either the event types that
    feed the view decide. What the catalog derives reads by a function of the event, in place of a path. With `after` it
    is one of the event and of what the guard's read of that name has found, and it gives a list of keys.
    """

    view: type[View]
    path: str | Callable[..., Any]
    serialized: bool = False
    snapshot: bool = False
    after: str = ""


@dataclass(frozen=True)
class Check:
    """
    A constraint on a field, put into its `Annotated` type.

    Args:
        holds: Says whether a value will do. It must not raise for any value of the type.
        message: The text for the client when it does not hold: "must be …".
    """

    holds: Callable[[Any], bool]
    message: str


class _ByName(msgspec.StructMeta):
    """
    Fields are given by name in subclasses too, so that they stand in any order, with or without a default.

    `class OrderLine(Value, api_name="OrderItem")` gives a class another name in the API.
    """

    def __new__(
        mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], *, api_name: str = "", **config: Any
    ) -> type:
        made = super().__new__(mcls, name, bases, namespace, **{"kw_only": True, **config})
        made.__api_name__ = api_name or name  # type: ignore[attr-defined]  # read by what derives an API
        return made


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Event(msgspec.Struct, metaclass=_ByName, frozen=True, rename="camel", forbid_unknown_fields=True):
    """
    Something that has happened: the base class of event types. Name it in the past tense.

    Fields are given by name, and are camelCase in JSON. Data with a field that the class does not have is refused. Once
    events are stored, raise the version when you change the fields, and write an `@upcast`.
    """


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Value(msgspec.Struct, metaclass=_ByName, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A part of an event, as one line of an order. It is frozen, and refuses unknown fields, as an `Event` does."""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class View(msgspec.Struct, metaclass=_ByName, frozen=True, rename="camel"):
    """
    One entry of a view, or a part of one: the base class of what projections fold events into and queries answer.

    It is frozen: a projection returns a new one, most often by `replace`. Fields that a stored entry has and the class
    does not are ignored.
    """

    @classmethod
    def by(cls, path: str, *, serialized: bool = False, snapshot: bool = False) -> Read:
        """
        Declare that a guard reads entries of this view.

        Where the guard's event feeds the view, what the guard has read holds: no other event changes the entry until
        the guard's event is stored. Other entries are read as they are at that moment, which costs nothing.

        Args:
            path: The event's field that holds the entry's key. `"customer_id"` reads one entry, or None where there is
                none. `"items.product_id"` goes through a list: it reads a mapping of those that there are, by key.
            serialized: The entries hold, too, where the event does not feed the view. Two such events of one entry are
                stored one after the other.
            snapshot: The entries don't hold, even where the event feeds the view. Take it for a guard that only looks
                something up there.

        Returns:
            A read, as `guard(…, reads={…})` takes it.
        """
        return Read(cls, path, serialized, snapshot)
