"""What the types and root fields of a view are called."""

from __future__ import annotations

from dataclasses import dataclass

from hazelgate.sourcing.model.names import plural, upper_first
from hazelgate.sourcing.model.views import ViewSpec


@dataclass(frozen=True)
class ViewNames:
    """The names that a view has in the API, all made of `one`, `many` and the type's own."""

    view: ViewSpec

    @property
    def _stem(self) -> str:
        return upper_first(self.view.one)

    @property
    def type(self) -> str:
        return self.view.type_name

    @property
    def connection(self) -> str:
        return f"{self.view.type_name}Connection"

    @property
    def edge(self) -> str:
        return f"{self.view.type_name}Edge"

    @property
    def filter(self) -> str:
        return f"{self._stem}Filter"

    @property
    def sort(self) -> str:
        return f"{self._stem}Sort"

    @property
    def sort_field(self) -> str:
        return f"{self._stem}SortField"

    @property
    def aggregate(self) -> str:
        return f"{self._stem}Aggregate"

    @property
    def group_field(self) -> str:
        return f"{self._stem}GroupField"

    @property
    def sums(self) -> str:
        return f"{self._stem}Sums"

    @property
    def minima(self) -> str:
        return f"{self._stem}Minima"

    @property
    def maxima(self) -> str:
        return f"{self._stem}Maxima"

    @property
    def change(self) -> str:
        return f"{self._stem}Change"

    @property
    def stream(self) -> str:
        return f"{self._stem}Stream"

    @property
    def change_entry(self) -> str:
        """The entry beside its key: a view of agents by `agent` has a change with `agent` and `entry`."""
        return "entry" if self.view.one == self.view.key_name else self.view.one

    @property
    def payload(self) -> str:
        return f"{self._stem}Payload"

    @property
    def result(self) -> str:
        return f"{self._stem}Result"

    @property
    def one_field(self) -> str:
        return self.view.one

    @property
    def by_id_field(self) -> str:
        return f"{self.view.many}ById"

    @property
    def by_id_argument(self) -> str:
        return plural(self.view.key_name)

    @property
    def many_field(self) -> str:
        return self.view.many

    @property
    def aggregate_field(self) -> str:
        return f"{self.view.many}Aggregate"

    @property
    def changed_field(self) -> str:
        return f"{self.view.one}Changed"
