"""
Rules about rights, held against what they are about.

A mistake is one line that names class and role.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from hazelgate.sourcing.declaring.access import Grant, RowRule
from hazelgate.sourcing.errors import CatalogError, camel
from hazelgate.sourcing.model.events import EventSpec
from hazelgate.sourcing.model.fields import ListOf, field_at, fields_of
from hazelgate.sourcing.model.views import ViewSpec

NAMEABLE = ("revision", "history")
"""Fields of every entry that a rule may name besides the view's own."""


def check_access(views: Mapping[str, ViewSpec], events: Mapping[str, EventSpec]) -> None:
    """
    Hold rules against views and events.

    Raises:
        CatalogError: A rule names no field, or has what does not belong there.
    """
    for view in views.values():
        for grant in view.access:
            where = _about(grant, "access", view.cls)
            if grant.when is not None:
                raise CatalogError(f"{where} has `when`, which is for events; say by `rows` which entries it is about")
            more = [
                *(camel_of(each.name) for each in view.computed),
                *(camel_of(each.name) for each in view.links),
                *NAMEABLE,
            ]
            _check_fields(grant, where, view.cls, more)
            _check_rows(grant, where, view.cls)
    for event in events.values():
        for grant in event.access:
            where = _about(grant, "access", event.cls)
            if grant.rows is not None or grant.fields is not None:
                raise CatalogError(f"{where} has `rows` or `fields`, which are for `readers=`; use `when`")
            if grant.when is not None and not _takes_two(grant.when):
                raise CatalogError(f"{where} has a `when` that does not take two parameters: the event, the identity")
        for grant in event.readers:
            where = _about(grant, "readers", event.cls)
            if grant.when is not None:
                raise CatalogError(f"{where} has `when`, which is for `access=`; say by `rows` which may be read")
            _check_fields(grant, where, event.cls, [])
            _check_rows(grant, where, event.cls)


def camel_of(name: str) -> str:
    """A name of the API, as rules are compared with it: `item_count` and `itemCount` are one."""
    return camel(name)


def _about(grant: Any, kind: str, cls: type) -> str:
    if not isinstance(grant, Grant):
        raise CatalogError(f"{kind} of {cls.__name__} has {grant!r}; write allow(…)")
    if not grant.role or not isinstance(grant.role, str):
        raise CatalogError(f"{kind} of {cls.__name__} allows the role {grant.role!r}; a role is a text")
    return f"{kind} of {cls.__name__} for {grant.role!r}"


def _check_fields(grant: Grant, where: str, cls: type[msgspec.Struct], more: Iterable[str]) -> None:
    if grant.fields is None:
        return
    known = {field.python_name for field in fields_of(cls)}
    others = set(more)
    for name in grant.fields:
        if "." in name:
            raise CatalogError(f"{where} names {name!r}; a rule names whole fields of {cls.__name__}, and none in them")
        if name not in known and camel(name) not in others:
            raise CatalogError(f"{where} names {name!r}; {cls.__name__} has no such field")


def _check_rows(grant: Grant, where: str, cls: type[msgspec.Struct]) -> None:
    rows = grant.rows
    if rows is None:
        return
    if isinstance(rows, RowRule):
        fields = field_at(cls, rows.path.removeprefix("-"), where)
        if any(isinstance(field.type, ListOf) for field in fields):
            raise CatalogError(
                f"{where} compares {rows.path!r}, which leads through a list; write a filter: "
                '{"items": {"some": {…}}}'
            )
    elif not rows or not hasattr(rows, "items"):
        raise CatalogError(f'{where} has the rows {rows!r}; write By("field") == claim("sub"), or a filter')


def _takes_two(function: object) -> bool:
    if not callable(function):
        return False
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        return False
    return True
