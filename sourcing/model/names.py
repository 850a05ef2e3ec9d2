"""The rules by which names in the API are made of names in Python, and what a name there may be."""

from __future__ import annotations

import re

from hazelgate.sourcing.errors import CatalogError

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
_RESERVED = frozenset({"Query", "Mutation", "Subscription", "String", "Int", "Float", "Boolean", "ID"})
_WORD_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def lower_first(name: str) -> str:
    """`OrderCreated` as `orderCreated`, `SKUChanged` as `skuChanged`."""
    first, *rest = _WORD_BORDER.split(name)
    return first.lower() + "".join(rest)


def upper_first(name: str) -> str:
    """`createOrder` as `CreateOrder`."""
    return name[:1].upper() + name[1:]


def constant(name: str) -> str:
    """`placedAt` and `placed_at` as `PLACED_AT`."""
    return _WORD_BORDER.sub("_", name).upper()


def plural(name: str) -> str:
    """`order` as `orders`, `summary` as `summaries`, `box` as `boxes`."""
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return f"{name}es" if re.search(r"(s|x|z|ch|sh)$", name) else f"{name}s"


def require_name(name: str, owner: str) -> str:
    """
    The name, where GraphQL can have it.

    Raises:
        CatalogError: It can't, or it is reserved.
    """
    if _NAME.fullmatch(name) is None:
        raise CatalogError(
            f"{owner} is named {name!r}; in GraphQL a name is letters, digits and _, and begins with no digit"
        )
    if name.startswith("__"):
        raise CatalogError(f"{owner} is named {name!r}; names that begin with __ are GraphQL's own")
    return name


def require_type_name(name: str, owner: str) -> str:
    """
    The same for the name of a type.

    Raises:
        CatalogError: As in `require_name`, or GraphQL has a type of that name.
    """
    if name in _RESERVED:
        raise CatalogError(f"{owner} is named {name!r}, which GraphQL keeps for itself; give it another `type_name`")
    return require_name(name, owner)
