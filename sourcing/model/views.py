"""Views as the catalog has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from hazelgate.sourcing.declaring.access import Grant
from hazelgate.sourcing.declaring.values import View
from hazelgate.sourcing.envelope import EntryMeta
from hazelgate.sourcing.ids import prefix_of
from hazelgate.sourcing.model.fields import FieldSpec, FieldType, description_of, fields_of, shown_of
from hazelgate.sourcing.model.indexes import IndexSpec
from hazelgate.sourcing.sort_keys import of_tenant

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class ComputedSpec:
    """A field of the API that is worked out from an entry whenever it is asked for."""

    name: str
    function: Callable[[Any], Any]
    type: FieldType
    optional: bool
    description: str | None


@dataclass(frozen=True)
class LinkSpec:
    """
    A field of the API that leads to entries of another view.

    Args:
        owner: The class that has the field: the view's own, or that of a value in it.
        name: The field's name.
        target: The name of the view that it leads to.
        key: The path of Python's names from the owner to the target's key, or to a list of them; else None.
        many: Whether `key` leads to a list, or through one.
        index: In place of `key`: the target's index that begins with the key of the entry it leads from.
    """

    owner: type[msgspec.Struct]
    name: str
    target: str
    key: str | None
    many: bool
    index: str | None
    description: str | None


@dataclass(frozen=True)
class FedBySpec:
    """
    Which aggregates feed an entry: those that are keys of entries of another view.

    Args:
        view: The name of that view.
        index: Its index that begins with this view's key.
    """

    view: str
    index: str


@dataclass(frozen=True)
class ViewSpec:
    """
    One view. `key` is the Python name of the field that holds an entry's key.

    Args:
        one: The name of one entry in the API; `many`: of several.
        type_name: The name of its type.
        sort: The sort of lists where nobody says, by the name of its index, and whether it descends; None: by key.
        in_api: Whether an API shows it.
    """

    name: str
    cls: type[View]
    key: str
    indexes: Mapping[str, IndexSpec]
    one: str
    many: str
    type_name: str
    sort: tuple[str, bool] | None
    in_api: bool
    computed: tuple[ComputedSpec, ...]
    links: tuple[LinkSpec, ...]
    fed_by: FedBySpec | None
    access: tuple[Grant, ...]
    withheld: frozenset[str] = frozenset()
    """Fields that these readers don't see, by Python's names; `revision` and `history` among them."""
    is_derived: bool = False
    """Whether the catalog has made it of other declarations, as `unique=`."""

    @property
    def description(self) -> str:
        """What the class's docstring says first."""
        return description_of(self.cls) or ""

    @cached_property
    def fields(self) -> tuple[FieldSpec, ...]:
        """The fields that an API shows to these readers."""
        return tuple(each for each in shown_of(self.cls) if each.python_name not in self.withheld)

    @cached_property
    def key_name(self) -> str:
        """The key's field, in JSON's name."""
        return next(field.name for field in fields_of(self.cls) if field.python_name == self.key)

    @cached_property
    def sorts(self) -> tuple[IndexSpec, ...]:
        """The indexes that the API sorts by."""
        return tuple(index for index in self.indexes.values() if index.is_sort and not index.hidden)

    @cached_property
    def key_index(self) -> str:
        """The name of the index by key: every view has one."""
        return next(index.name for index in self.indexes.values() if index.parts[0].is_key)

    @cached_property
    def _decoders(self) -> tuple[msgspec.json.Decoder[Any], msgspec.json.Decoder[Any]]:
        class MetaOnly(msgspec.Struct):
            meta: EntryMeta = msgspec.field(name="_meta")

        return msgspec.json.Decoder(MetaOnly), msgspec.json.Decoder(self.cls)

    def decode_meta(self, raw: bytes) -> EntryMeta:
        """The `_meta` of an entry's JSON."""
        meta: EntryMeta = self._decoders[0].decode(raw).meta
        return meta

    def decode(self, raw: bytes | msgspec.Raw) -> View:
        """An entry's JSON as a view, without its `_meta`."""
        view: View = self._decoders[1].decode(raw)
        return view

    def encode(self, meta: EntryMeta, view: View | None) -> bytes:
        """An entry's JSON, `_meta` first."""
        fields = b"{}" if view is None else _encode(view)
        return b"".join((b'{"_meta":', _encode(meta), b"," if len(fields) > 2 else b"", fields[1:]))

    @cached_property
    def _sort_key_makers(self) -> tuple[tuple[str, Callable[[Any], str]], ...]:
        return tuple((name, index.sort_key) for name, index in self.indexes.items())

    def sort_keys(self, view: View, stored_key: str) -> dict[str, str]:
        """The keys that the view declares to be sorted by, of the entry with this stored key."""
        prefix = prefix_of(stored_key)
        if prefix:
            begin = of_tenant(prefix)
            return {name: begin + make(view) for name, make in self._sort_key_makers}
        return {name: make(view) for name, make in self._sort_key_makers}
