"""The source of a plan's function: its names, its numbers, and the function that becomes of it."""

from __future__ import annotations

from typing import Any

from hazelgate.resolvers.plans.deviations import Unplannable


class Source:
    """
    What one function is written with. No name of a client stands in it but as a text.

    Args:
        names: What it calls by these names.
    """

    def __init__(self, **names: Any) -> None:
        self._names = names
        self._count = 0

    def number(self) -> str:
        """A variable that nothing else is called by."""
        self._count += 1
        return f"v{self._count}"

    def name(self, value: Any) -> str:
        """What a value is called by."""
        name = f"n{len(self._names)}"
        self._names[name] = value
        return name

    def call(self, name: str, value: Any) -> None:
        """Call a value by this name."""
        self._names[name] = value

    def function(self, source: str) -> Any:
        """
        The function `build` of this source.

        Raises:
            Unplannable: It is beyond what Python can nest.
        """
        try:
            exec(compile(source, "<plan>", "exec"), self._names)
        except (SyntaxError, RecursionError, MemoryError):
            raise Unplannable("nested too deeply") from None
        return self._names["build"]
