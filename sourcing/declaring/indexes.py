"""Indexes of a view, declared by the fields that they sort."""

from __future__ import annotations

from hazelgate.sourcing.declaring.access import RowRule


class By:
    """
    An index over fields of a view's entries: `By("customer.customer_id", "-placed_at")`.

    Args:
        paths: The fields in order, dotted through nested values, each `-` for descending. The entry's key follows by
            itself. An index costs on every write: declare those that queries page through or filter by.
    """

    __slots__ = ("paths",)

    def __init__(self, *paths: str) -> None:
        self.paths = paths

    def __repr__(self) -> str:
        return f"By({', '.join(map(repr, self.paths))})"

    def __eq__(self, other: object) -> RowRule:  # type: ignore[override]  # it states a rule, and compares nothing
        """The rule that the field has this value, for `allow(rows=…)`."""
        if len(self.paths) != 1:
            raise TypeError(f"{self!r} names {len(self.paths)} fields; a rule compares one")
        return RowRule(self.paths[0], other)

    __hash__ = None  # type: ignore[assignment]  # what does not compare has no hash
