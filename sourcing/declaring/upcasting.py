"""Old versions of an event's data are lifted to today's, step by step, as they are read. The store never changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from hazelgate.sourcing.declaring.registry import UpcastRegistration, default
from hazelgate.sourcing.declaring.values import Event
from hazelgate.sourcing.errors import CatalogError

Json = dict[str, Any]
"""An event's data as parsed JSON: camelCase names, decimals as strings."""

F = TypeVar("F", bound=Callable[[Json], Json])


def upcast(event: type[Event], *, from_version: int) -> Callable[[F], F]:
    """
    Register a function that makes data of one version into data of the next.

        @upcast(StockReserved, from_version=1)
        def quantity_has_its_full_name(data: Json) -> Json:
            return {"quantity" if name == "qty" else name: value for name, value in data.items()}

    The function takes the data as parsed JSON and returns a new dict. It leaves the given one as it is.

    Args:
        event: The event type, at a later version.
        from_version: The version that the function takes.

    Returns:
        A decorator that returns the function as it is.

    Raises:
        CatalogError: From `Catalog.load`: two functions take one version, a version between is missing, or the event
            is not at a later version.
    """

    def register(function: F) -> F:
        default.add(UpcastRegistration(function.__module__, event, from_version, function))
        return function

    return register


@dataclass(frozen=True)
class UpcastChain:
    """All the steps up to an event type's version of today."""

    version: int
    steps: Mapping[int, Callable[[Json], Json]]

    @classmethod
    def of(cls, name: str, version: int, registrations: list[UpcastRegistration]) -> UpcastChain:
        """
        Raises:
            CatalogError: Two functions for one step, a step at or above today's version, or a gap between steps.
        """
        steps: dict[int, Callable[[Json], Json]] = {}
        for registration in registrations:
            step = registration.from_version
            if step in steps:
                raise CatalogError(f"{name} has two upcasts from version {step}; keep one")
            if not 1 <= step < version:
                raise CatalogError(f"{name} is at version {version}, so an upcast from version {step} is never used")
            steps[step] = registration.function
        if steps and sorted(steps) != list(range(min(steps), version)):
            missing = sorted(set(range(min(steps), version)) - set(steps))
            raise CatalogError(f"{name} lacks an upcast from version {missing[0]}; add it, or drop the older ones")
        return cls(version, steps)

    @property
    def readable_versions(self) -> tuple[int, ...]:
        """Every version that can be read, today's included."""
        return (*sorted(self.steps), self.version)

    def lift(self, data: Json, version: int) -> Json:
        """`data` of `version` as today's version has it."""
        for step in range(version, self.version):
            data = self.steps[step](data)
        return data
