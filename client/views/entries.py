"""Entries of views: the JSON that the projection made, parsed once."""

from __future__ import annotations

from typing import Any

import msgspec

from hazelgate.sourcing.declaring.values import View
from hazelgate.sourcing.errors import InvalidArgument
from hazelgate.sourcing.ids import ID_DESCRIPTION, is_id
from hazelgate.sourcing.model.views import ViewSpec

_parse = msgspec.json.Decoder(dict[str, Any]).decode


class Entry:
    """One entry. `data` has its fields by their names in the API, and `_meta` where it was read."""

    __slots__ = ("_value", "data", "raw", "view")

    def __init__(self, view: ViewSpec, raw: bytes | msgspec.Raw, data: dict[str, Any]) -> None:
        self.view = view
        self.raw = raw
        self.data = data
        self._value: View | None = None

    @classmethod
    def of(cls, view: ViewSpec, raw: bytes | msgspec.Raw | None) -> Entry | None:
        """
        The entry; None where there is none, where it was removed, or where its first event is in the dead-letter queue.
        """
        if raw is None:
            return None
        data = _parse(raw)
        return None if data["_meta"].get("absent") else cls(view, raw, data)

    @classmethod
    def made(cls, view: ViewSpec, value: View) -> Entry:
        """An entry that code has at hand, as it was read or changed. It has no `_meta`: the stored one has."""
        raw = msgspec.json.encode(value)
        node = cls(view, raw, _parse(raw))
        node._value = value
        return node

    @property
    def type_name(self) -> str:
        """The name of its type in the API."""
        return self.view.type_name

    @property
    def key(self) -> str:
        """The entry's key."""
        key: str = self.data[self.view.key_name]
        return key

    @property
    def value(self) -> View:
        """As the projection made it."""
        if self._value is None:
            self._value = self.view.decode(self.raw)
        return self._value


def require_key(key: str, argument: str) -> str:
    """
    The key, if it can be one.

    Raises:
        InvalidArgument: Nothing can have that key; asking the cluster for it would be a wrong key at best.
    """
    if not is_id(key):
        raise InvalidArgument.of(argument, f"not an id: {ID_DESCRIPTION}")
    return key
