"""
Which reads of guards hold until the event is stored: a guard's consistency boundary.

A read of an entry that the event's own type may change holds by itself. Other reads see an entry as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

from hazelgate.sourcing.declaring.registry import FoldRegistration, GuardRegistration
from hazelgate.sourcing.declaring.values import Event, Read
from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.model.events import EventSpec
from hazelgate.sourcing.model.views import ViewSpec


class Boundary(Enum):
    """How long a read holds, and why."""

    LANE = "its lane: the aggregate's own events alone feed the entry, and one member runs them in order"
    FEEDS = "claimed: the event feeds the view, and so do events of other aggregates"
    ASKED = "claimed: the read says `serialized=True`"
    SNAPSHOT = "not held: the event does not feed the view"
    WAIVED = "not held: the read says `snapshot=True`"

    @property
    def is_claimed(self) -> bool:
        """Whether the entry is claimed before the event is stored."""
        return self in (Boundary.FEEDS, Boundary.ASKED)

    @property
    def is_serialized(self) -> bool:
        """Whether no other event can change the entry between the guard and the store."""
        return self.is_claimed or self is Boundary.LANE


class Boundaries:
    """The boundaries of all guards of a domain."""

    def __init__(
        self, specs: Mapping[str, EventSpec], views: Mapping[str, ViewSpec], folds: Iterable[FoldRegistration]
    ) -> None:
        self._by_class: dict[type[Event], EventSpec] = {spec.cls: spec for spec in specs.values()}
        self._names = {view.cls: view.name for view in views.values()}
        self._folds: dict[str, list[FoldRegistration]] = {}
        for fold in folds:
            self._folds.setdefault(fold.view, []).append(fold)

    def of(self, guard: GuardRegistration, read: Read) -> Boundary:
        """
        How long what a guard reads holds.

        Raises:
            CatalogError: The read asks for both.
        """
        if read.serialized and read.snapshot:
            raise CatalogError(
                f"guard {guard.name} reads {read.view.__name__} with `serialized` and `snapshot`; take one of them"
            )
        if read.snapshot:
            return Boundary.WAIVED
        spec = self._by_class[guard.cls]
        folds = self._folds.get(self._names[read.view], [])
        feeds = any(fold.cls is guard.cls for fold in folds)
        if not feeds and not read.serialized:
            return Boundary.SNAPSHOT
        if read.path == spec.key and all(self._is_own(fold, spec.aggregate) for fold in folds):
            return Boundary.LANE
        return Boundary.FEEDS if feeds else Boundary.ASKED

    def _is_own(self, fold: FoldRegistration, aggregate: str) -> bool:
        """Whether the fold puts an aggregate's events into the entry under the aggregate's own id, and no others."""
        fed_by = self._by_class[fold.cls]
        return fed_by.aggregate == aggregate and fold.key == fed_by.key
