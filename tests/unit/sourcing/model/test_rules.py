"""A mistake in a declaration is one line that names class and field, at load."""

from __future__ import annotations

import pytest

from hazelgate.sourcing.errors import CatalogError
from tests.support.declared import declared

BEGIN = """
class Note(View):
    note_id: Id
    text: str
    tags: tuple[str, ...] = ()
    secret: Hidden[int] = 0

@event("NoteTaken", aggregate="Note", key="note_id")
class NoteTaken(Event):
    note_id: Id
    text: str

"""
NOTES = """
notes = projection("note-view", Note, key="note_id")
"""
BOX = """
class Box(View):
    box_id: Id
    note_id: Id
    note_ids: tuple[Id, ...] = ()
    size: int = 0
"""
KEPT = """
class NoteKept(Event):
    note_id: Id
"""
BOXES = """
boxes = projection("box-view", Box, key="box_id")
"""

MISTAKES = {
    "a view without a key": (
        'projection("note-view", Note, key="id")',
        "Note has no field 'id'; `key` names the one with the entry's key",
    ),
    "a hidden key": (
        BOX.replace("box_id: Id", "box_id: Hidden[Id]") + BOXES,
        "Box.box_id is Hidden[…] and the key, which every entry shows; show it",
    ),
    "a name that GraphQL can't have": (
        'projection("note-view", Note, key="note_id", one="my-note")',
        "one entry of Note is named 'my-note'; in GraphQL a name is letters, digits and _, and begins with no digit",
    ),
    "a field that GraphQL can't name": (
        'class Box(View):\n    box_id: Id\n    größe: int\nprojection("box-view", Box, key="box_id")',
        "Box.größe is named 'größe'; in GraphQL a name is letters",
    ),
    "a plural that GraphQL can't have": (
        'projection("note-view", Note, key="note_id", many="2notes")',
        "several entries of Note is named '2notes'",
    ),
    "a reserved name": (
        'projection("note-view", Note, key="note_id", one="__note")',
        "one entry of Note is named '__note'; names that begin with __ are GraphQL's own",
    ),
    "a reserved type": (
        'class Query(View):\n    query_id: Id\nprojection("query-view", Query, key="query_id", one="question")',
        "the type of Query is named 'Query', which GraphQL keeps for itself; give it another `type_name`",
    ),
    "a reserved type of a value": (
        (
            "class Mutation(Value):\n    text: str\n"
            'class Box(View):\n    box_id: Id\n    part: Mutation\nprojection("box-view", Box, key="box_id")'
        ),
        "the type of Mutation is named 'Mutation'",
    ),
    "a plural equal to one": (
        'projection("note-view", Note, key="note_id", one="sheep", many="sheep")',
        "the view 'note-view' calls one and several of Note 'sheep'; set `many`",
    ),
    "one as a field beside it": (
        'projection("note-view", Note, key="note_id", one="change")',
        "one entry of Note is named 'change', as a field that stands beside it in the API; set `one`",
    ),
    "a key as an argument beside it": (
        'class Box(View):\n    filter: Id\nprojection("box-view", Box, key="filter")',
        "Box.filter is the key and named 'filter', as an argument that stands beside it in the API",
    ),
    "a field that every entry has": (
        'class Box(View):\n    box_id: Id\n    revision: int\nprojection("box-view", Box, key="box_id")',
        "Box.revision is named 'revision' in the API, where every entry has a field of that name",
    ),
    "a key named id": (
        'class Box(View):\n    id: Id\nprojection("box-view", Box, key="id")',
        "Box.id is named 'id' in the API, where every entry has a field of that name",
    ),
    "two sorts of one name": (
        'projection("note-view", Note, key="note_id", indexes={"byText": By("text"), "by_text": By("-text")})',
        "the indexes 'byText' and 'by_text' of Note are both the sort BY_TEXT; give one another name",
    ),
    "a sort that GraphQL can't name": (
        'projection("note-view", Note, key="note_id", indexes={"by text": By("text")})',
        "the index 'by text' of Note is named 'BY TEXT'",
    ),
    "an index over a list": (
        'projection("note-view", Note, key="note_id", indexes={"tags": By("tags")})',
        "index 'tags' of the view 'note-view' goes through the list 'tags' of Note",
    ),
    "an index over no field": (
        'projection("note-view", Note, key="note_id", indexes={"name": By("name")})',
        "index 'name' of the view 'note-view' names 'name'; Note has no field 'name'",
    ),
    "an index of a lambda": (
        'projection("note-view", Note, key="note_id", indexes={"text": lambda note: note.text})',
        "declare it by the fields that it sorts",
    ),
    "an empty index": (
        'projection("note-view", Note, key="note_id", indexes={"none": By()})',
        "index 'none' of the view 'note-view' names no field",
    ),
    "an index over what has no order": (
        (
            "class Box(View):\n    box_id: Id\n    more: dict[str, int]\n"
            'projection("box-view", Box, key="box_id", indexes={"more": By("more")})'
        ),
        "index 'more' of the view 'box-view' sorts by 'more' of Box, which has no order",
    ),
    "a text that descends behind what ascends": (
        BOX + 'projection("box-view", Box, key="box_id", indexes={"x": By("size", "-note_id")})',
        "has the text 'note_id' descend behind what ascends; let all descend, or none",
    ),
    "a sort by no index": (
        'projection("note-view", Note, key="note_id", sort="-text")',
        "the view 'note-view' is sorted by 'text', which is no index over one field; these are: id",
    ),
    "a field of a type that no API shows": (
        'class Box(View):\n    box_id: Id\n    raw: bytes\nprojection("box-view", Box, key="box_id")',
        "Box.raw is <class 'bytes'>, which no API can show; mark it Hidden[…] or give it another type",
    ),
    "an enum value that GraphQL keeps": (
        (
            'Answer = StrEnum("Answer", ["true", "maybe"])\n'
            'class Box(View):\n    box_id: Id\n    answer: Answer\nprojection("box-view", Box, key="box_id")'
        ),
        "Answer.true has a name that GraphQL keeps for itself",
    ),
    "a value that shows nothing": (
        (
            "class Part(Value):\n    text: Hidden[str]\n"
            'class Box(View):\n    box_id: Id\n    part: Part\nprojection("box-view", Box, key="box_id")'
        ),
        "Part has no field that an API shows; mark the fields that hold it Hidden[…]",
    ),
    "a link to no view": (
        NOTES + "from hazelgate.sourcing.declaring.projections import Projection\n"
        'notes.link("box", Projection("box-view", Note), key="text")',
        "the link 'box' of Note leads to 'box-view', which is no registered view",
    ),
    "a link to a view in no API": (
        BOX + NOTES + BOXES.replace('"box_id")', '"box_id", api=False)') + 'notes.link("box", boxes, key="text")',
        "the link 'box' of Note leads to Box, which is in no API",
    ),
    "a link by no index": (
        BOX + NOTES + BOXES + 'notes.link("boxes", boxes, by="note_id")',
        "the link 'boxes' of Note goes by 'note_id'; no index of Box begins with it: declare By('note_id')",
    ),
    "a link by key and index": (
        BOX + NOTES + BOXES + 'notes.link("boxes", boxes, by="note_id", key="text")',
        "the link 'boxes' of Note has both `key` and `by`; give one",
    ),
    "a link by nothing": (
        BOX + NOTES + BOXES + 'notes.link("boxes", boxes)',
        "the link 'boxes' of Note has neither `key` and `by`; give one",
    ),
    "a link by what is no id": (
        BOX + NOTES + BOXES + 'boxes.link("note", notes, key="size")',
        "the link 'note' of Box takes the key 'size' of Box, which holds no id",
    ),
    "a link named as a field": (
        BOX + NOTES + BOXES + 'boxes.link("size", notes, key="note_id")',
        "the link 'size' of Box has the name of a field; give it another name",
    ),
    "two links of one name": (
        BOX + NOTES + BOXES + 'boxes.link("note", notes, key="note_id")\nboxes.link("note", notes, key="note_ids")',
        "the link 'note' of Box and the link 'note' of Box are both named 'note'",
    ),
    "a computed field named as a link": (
        BOX + NOTES + BOXES + 'boxes.link("note", notes, key="note_id")\n'
        "@boxes.field\ndef note(box: Box) -> str:\n    return ''",
        "the computed field 'note' of Box and the link 'note' of Box are both named 'note'",
    ),
    "a computed field named as a field": (
        BOX + BOXES + "@boxes.field\ndef size(box: Box) -> int:\n    return 1",
        "the computed field 'size' of Box has the name of a field; give it another name",
    ),
    "a computed field that says nothing": (
        BOX + BOXES + "@boxes.field\ndef volume(box: Box):\n    return 1",
        "the computed field 'volume' of Box does not say what it returns; annotate it, as `-> int`",
    ),
    "a computed field with two parameters": (
        BOX + BOXES + "@boxes.field\ndef volume(box: Box, other: Box) -> int:\n    return 1",
        "the computed field 'volume' of Box takes other than one parameter; it takes the entry",
    ),
    "two equal mutations": (
        (
            '@event("NoteKept", aggregate="Note", key="note_id", mutation="noteTaken")\n'
            "class NoteKept(Event):\n    note_id: Id"
        ),
        "NoteTaken and NoteKept have one mutation, 'noteTaken'; give one another name",
    ),
    "a mutation that GraphQL can't name": (
        '@event("NoteKept", aggregate="Note", key="note_id", mutation="keep note")' + KEPT,
        "the mutation of NoteKept is named 'keep note'",
    ),
    "an event whose name makes no mutation": (
        '@event("note.kept", aggregate="Note", key="note_id")\nclass NoteKept(Event):\n    note_id: Id',
        "the mutation of NoteKept is named 'note.kept'",
    ),
    "a filled field without a default": (
        (
            '@event("NoteKept", aggregate="Note", key="note_id")\n'
            "class NoteKept(Event):\n    note_id: Id\n    text: Filled[str]"
        ),
        "NoteKept.text is Filled[…] and has no default, so that nobody could submit it; give it one, as `= None`",
    ),
    "a filled field in a value without a default": (
        (
            "class Line(Value):\n    size: int\n    text: Filled[str]\n"
            '@event("NoteKept", aggregate="Note", key="note_id")\n'
            "class NoteKept(Event):\n    note_id: Id\n    lines: tuple[Line, ...]"
        ),
        "Line.text is Filled[…] and has no default",
    ),
    "a hidden field without a default": (
        (
            '@event("NoteKept", aggregate="Note", key="note_id")\n'
            "class NoteKept(Event):\n    note_id: Id\n    text: Hidden[str]"
        ),
        "NoteKept.text is Hidden[…] and has no default",
    ),
    "a filled aggregate's id": (
        '@event("NoteKept", aggregate="Note", key="note_id")\nclass NoteKept(Event):\n    note_id: Filled[Id] = None',
        "NoteKept.note_id is the aggregate's id; no guard fills it in",
    ),
    "a value of which nothing can be given": (
        (
            "class Line(Value):\n    text: Filled[str] = None\n"
            '@event("NoteKept", aggregate="Note", key="note_id")\n'
            "class NoteKept(Event):\n    note_id: Id\n    line: Line"
        ),
        "Line has no field that a mutation's input could have",
    ),
    "a deprecated field that is required": (
        (
            '@event("NoteKept", aggregate="Note", key="note_id")\n'
            'class NoteKept(Event):\n    note_id: Id\n    text: Annotated[str, Deprecated("say nothing")]'
        ),
        "NoteKept.text is deprecated and required; give it a default, so that clients can leave it out",
    ),
    "an answer that is no view": (
        '@event("NoteKept", aggregate="Note", key="note_id", answers=Note)\nclass NoteKept(Event):\n    note_id: Id',
        "event 'NoteKept' answers with Note, which no projection() makes",
    ),
    "an answer's key that is no field": (
        NOTES + '@event("NoteKept", aggregate="Note", key="note_id", answers=Note, answer_key="id")\n'
        "class NoteKept(Event):\n    note_id: Id",
        "event 'NoteKept' names 'id'; NoteKept has no field 'id'",
    ),
    "an answer's key that is a list": (
        NOTES + '@event("NoteKept", aggregate="Note", key="note_id", answers=Note, answer_key="ids")\n'
        "class NoteKept(Event):\n    note_id: Id\n    ids: tuple[Id, ...]",
        "event 'NoteKept' has the `answer_key` 'ids', a list; a mutation answers with one entry",
    ),
    "an answer's key without an answer": (
        '@event("NoteKept", aggregate="Note", key="note_id", answer_key="note_id")' + KEPT,
        "event 'NoteKept' has an `answer_key` and no `answers`",
    ),
    "a guard's parameter that nobody gives": (
        "@guard(NoteTaken)\ndef is_new(event: NoteTaken, note: Note) -> None: ...",
        "is_new has the parameter 'note', which nobody gives; it takes the event, then its reads by name, and",
    ),
    "a guard without a parameter for its read": (
        NOTES + '@guard(NoteTaken, reads={"note": Note.by("note_id")})\ndef is_new(event: NoteTaken) -> None: ...',
        "is_new declares the read 'note' and has no parameter of that name",
    ),
    "a fold's parameter that nobody gives": (
        NOTES + '@notes.on(NoteTaken, key="note_id")\ndef taken(note: Note, event: NoteTaken, when: str) -> Note: ...',
        "taken folds into note-view and has the parameter 'when'; it takes the entry, the event, and by name record",
    ),
    "a fold that takes no event": (
        NOTES + '@notes.on(NoteTaken, key="note_id")\ndef taken(note: Note) -> Note: ...',
        "taken folds into note-view and takes 1 parameters",
    ),
    "what a view is fed by goes by no index": (
        BOX + NOTES + BOXES + 'notes.fed_by(boxes, by="note_id")',
        "what 'note-view' is fed by goes by 'note_id'; no index of Box begins with it",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_that_names_class_and_field(mistake: str) -> None:
    source, message = MISTAKES[mistake]
    with pytest.raises(CatalogError) as refused:
        declared(BEGIN + source)
    assert message in refused.value.message
    assert "\n" not in refused.value.message


def test_the_beginning_of_all_of_them_is_no_mistake() -> None:
    assert declared(BEGIN + BOX + NOTES + BOXES).event_types == ("NoteTaken",)
