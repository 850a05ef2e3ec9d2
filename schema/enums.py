"""Enums of other rooms as types of the schema, with a description of each value."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry


def described_enum(cls: type[Enum], description: str, values: Mapping[Any, str], *, name: str | None = None) -> None:
    """
    Make an enum that is declared elsewhere a type of the schema.

    Args:
        values: What each member means.
        name: Of the type, where it is not the class's.

    Raises:
        TypeError: A member is not described.
    """
    missing = [member.name for member in cls if member not in values]
    if missing:
        raise TypeError(f"{cls.__name__}.{missing[0]} has no description; add it")
    strawberry.enum(cls, name=name, description=description)
    definition: Any = cls.__dict__["__strawberry_definition__"]
    texts = {member.name: text for member, text in values.items()}
    for value in definition.values:
        value.description = texts[value.name]
