"""A second small service, for tests of several pipelines: notes that are taken."""

from __future__ import annotations

from hazelgate import By, Event, Id, View, event, projection


@event("NoteTaken", aggregate="Note", key="note_id")
class NoteTaken(Event):
    """Something is worth keeping."""

    note_id: Id


@event("NoteLost", aggregate="LostNote", key="note_id")
class NoteLost(Event):
    """An event type that the pipelines of the tests don't name."""

    note_id: Id


class Note(View):
    """A note."""

    note_id: str


notes = projection("note-view", Note, key="note_id", indexes={"id": By("note_id")})


@notes.on(NoteTaken, key="note_id")
def taken(_: Note | None, event: NoteTaken) -> Note:
    return Note(note_id=event.note_id)
