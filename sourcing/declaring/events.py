"""`@event` gives a class its place in the catalog."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from hazelgate.sourcing.declaring.access import Grant
from hazelgate.sourcing.declaring.registry import EventRegistration, default
from hazelgate.sourcing.declaring.values import Event, View
from hazelgate.sourcing.errors import CatalogError

E = TypeVar("E", bound=Event)


def event(
    name: str,
    *,
    aggregate: str,
    key: str,
    version: int = 1,
    mutation: str | None = "",
    creates: bool = False,
    answers: type[View] | None = None,
    answer_key: str | None = None,
    deprecated: str | None = None,
    access: Sequence[Grant] = (),
    readers: Sequence[Grant] = (),
    unique: Sequence[str] | Mapping[str, str] = (),
    frees: Sequence[str] = (),
) -> Callable[[type[E]], type[E]]:
    """
    Register a class as an event type.

    Args:
        name: The name that is stored. Keep it when you rename the class.
        aggregate: The type of the aggregate whose history the event belongs to, as `"Order"`.
        key: The field that holds the aggregate's id.
        version: The version of the data's schema. Raise it when the fields change, and say how with `@upcast`.
        mutation: The name of its mutation in the API, as `openTicket`; left out, the event's name. None: it has none.
        creates: It is the first event of its aggregate: who submits it may leave the id out, and gets a new one.
        answers: The view whose entry its mutation answers with; left out, the one that has the aggregate's id as key.
        answer_key: The event's field that holds that entry's key; left out, the aggregate's id.
        deprecated: Why its mutation is not to be used any more.
        access: The roles that may submit it, where a gateway knows identities. Left out, none.
        readers: The roles that may read it once it is stored: in histories, in the log and its streams. Left out,
            operators alone.
        unique: Fields whose values no two aggregates of this type may hold: `["email"]`. Another aggregate's event is
            refused with the code NOT_UNIQUE. Event types of one aggregate share a field by its name. A mapping gives
            the name: `{"new_email": "email"}`. An event whose field is None says no value. Where the field can be left
            out, too (`UNSET`), None gives the value up.
        frees: Names of such fields: the aggregate gives its value up. An event that says another value does so, too.

    Returns:
        A decorator that returns the class as it is.

    Raises:
        CatalogError: The class is not derived from `Event`. `Catalog.load` raises it for every other mistake.
    """

    def register(cls: type[E]) -> type[E]:
        if not issubclass(cls, Event):
            raise CatalogError(f"{cls.__qualname__} is registered as event {name!r}; derive it from Event")
        default.add(
            EventRegistration(
                cls.__module__,
                name,
                aggregate,
                key,
                version,
                cls,
                mutation,
                creates,
                answers,
                answer_key,
                deprecated,
                tuple(access),
                tuple(readers),
                _unique(name, unique),
                _names(name, "frees", frees),
            )
        )
        return cls

    return register


def _unique(event_name: str, declared: Sequence[str] | Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    if isinstance(declared, Mapping):
        return tuple(declared.items())
    return tuple((field, field) for field in _names(event_name, "unique", declared))


def _names(event_name: str, argument: str, declared: Iterable[str]) -> tuple[str, ...]:
    if isinstance(declared, str):
        raise CatalogError(f'event {event_name!r} has a text as `{argument}`; give a list: {argument}=["{declared}"]')
    return tuple(dict.fromkeys(declared))
