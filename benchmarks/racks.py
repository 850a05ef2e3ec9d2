"""The domain of the benchmarks of memory: an event alone, one that opens an aggregate, and one that makes an entry."""

from __future__ import annotations

from hazelgate import Event, Id, View, event, projection


class Cell(View):
    """An entry; its text is so many characters as the event asks for."""

    cell_id: Id
    rack_id: Id
    text: str


@event("RackNoted", aggregate="Rack", key="rack_id")
class RackNoted(Event):
    """It is in the log, and in no view."""

    rack_id: Id
    text: str


@event("CellFilled", aggregate="Rack", key="rack_id")
class CellFilled(Event):
    """A small event, and an entry of its own that is as large as it says."""

    rack_id: Id
    cell_id: Id
    text: str
    length: int


cells = projection("cell-view", Cell, key="cell_id")


@cells.on(CellFilled, key="cell_id")
def filled(cell: Cell | None, event: CellFilled) -> Cell:
    """The cell, filled anew."""
    return Cell(cell_id=event.cell_id, rack_id=event.rack_id, text="x" * event.length)
