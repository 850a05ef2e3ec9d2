"""The plan of an operation: what each root field reads, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass

from hazelgate.resolvers.meanings import AnyNode, EntriesById, EntryPages, Figures, OneEntry, Submits
from hazelgate.resolvers.plans.arguments import Arguments
from hazelgate.resolvers.plans.selections import Constant, NodesSelection, PagesSelection, ResultsSelection, Selection


@dataclass(frozen=True)
class RootPlan:
    """One root field: what it reads or submits, with which arguments, and what is selected of it."""

    name: str
    does: OneEntry | EntriesById | EntryPages | Figures | AnyNode | Submits
    arguments: Arguments
    selection: Selection | PagesSelection | NodesSelection | ResultsSelection

    def __str__(self) -> str:
        match self.does:
            case AnyNode(many=many):
                what = "nodes" if many else "node"
            case Submits(event=event):
                what = f"event {event.name}"
            case OneEntry() | EntriesById() | EntryPages() | Figures():
                what = f"{_KINDS[type(self.does)]} of {self.does.view.type_name}"
        head = f"{self.name}: {what}{self.arguments}"
        return "\n".join([head, *(f"  {line}" for line in str(self.selection).splitlines())])


_KINDS = {OneEntry: "entry", EntriesById: "entries by id", EntryPages: "pages", Figures: "figures"}


@dataclass(frozen=True)
class Unplanned:
    """A root field that the executor answers, and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: executor, {self.reason}"


@dataclass(frozen=True)
class OperationPlan:
    """
    All root fields of an operation, in the answer's order.

    Two plans are equal where they read and select the same.
    """

    kind: str
    roots: tuple[RootPlan | Constant | Unplanned, ...]

    @property
    def is_whole(self) -> bool:
        """Whether the executor is not needed."""
        return not any(isinstance(each, Unplanned) for each in self.roots)

    @property
    def size(self) -> int:
        """How many fields it has in all."""
        return str(self).count("\n")

    def __str__(self) -> str:
        lines = [f"{each.name}: {each.value!r}" if isinstance(each, Constant) else str(each) for each in self.roots]
        return "\n".join([self.kind, *(f"  {line}" for text in lines for line in text.splitlines())])
