"""
How an event gets into view entries, at most once into each, and what becomes of it where a projection fails.

A fault of a projection blocks one entry: the event is put aside as a dead letter, and later events of that entry wait
behind it. Everything else goes on.
"""

from __future__ import annotations

import hashlib
from typing import Any

from sourcing.envelope import EventRecord, encode_json
from sourcing.events import Event
from sourcing.projector.calls import FAULTS, Calls, Limits, Stage, check_size
from sourcing.projector.entries import Entries, Incomplete, ViewEntry
from sourcing.projector.intake import Targets
from sourcing.projector.plans import FoldPlan

_META_BYTES = 8_192
"""More than the rest of an entry's `_meta` has."""


class Folding:
    """
    Folds the events of one batch into its entries.

    `careful` encodes each view as it is folded, to find the event to blame for one that can't be written.
    """

    def __init__(self, entries: Entries, calls: Calls, limits: Limits, *, careful: bool) -> None:
        self._entries = entries
        self._calls = calls
        self._limits = limits
        self._careful = careful

    def project(
        self, index: int, event: Event, record: EventRecord, key: str, targets: Targets, *, stored: bool
    ) -> str | None:
        """Fold an event into its entries. Returns the dead letter that it waits in, if it does."""
        dead_letter_id: str | None = None
        for view_plan, keys in targets:
            spec = view_plan.view
            for entry_key, folds in keys.items():
                entry = self._entries.view(spec, entry_key)
                try:
                    entry.open()
                    if stored and entry.applied.get(record.lane, -1) >= record.position:
                        continue
                    if entry.blocked is not None:
                        dead_letter_id = self._wait(entry, index, record, key) or dead_letter_id
                        continue
                    name = folds[0].name if len(folds) == 1 else ", ".join(fold.name for fold in folds)
                    self._calls.before(Stage.FOLD, name, record.event_id, spec.name, entry_key)
                    view = _folded(folds, entry, event, record)
                    if self._careful:
                        sort_keys = spec.sort_keys(view)
                        size = len(encode_json(view)) + len(encode_json(sort_keys)) + _META_BYTES
                        check_size(name, size, self._limits)
                except Incomplete:
                    raise
                except FAULTS as error:  # a projection is the user's code: its fault blocks its entry, not the batch
                    self._calls.blame(error)
                    dead_letter_id = self.dead_letter(entry, index, record, key, spec.name, entry_key, error)
                    continue
                entry.apply(view, record, index)
        return dead_letter_id

    def _wait(self, entry: ViewEntry, index: int, record: EventRecord, key: str) -> str:
        assert entry.blocked is not None
        letter = self._entries.letter(entry.blocked)
        if letter is None:
            raise Incomplete
        letter.open(record, key, entry.spec.name, entry.key, "the dead letter it waited behind is gone", index)
        letter.queue(record, key, index)
        return entry.blocked

    def dead_letter(
        self,
        entry: ViewEntry | None,
        index: int,
        record: EventRecord,
        key: str,
        projection: str,
        entry_key: str,
        error: BaseException,
    ) -> str:
        """Put the event aside for one entry, and block that. An entry that can't even be read is left as it is."""
        dead_letter_id = _dead_letter_id(record.event_id, projection, entry_key)
        letter = self._entries.letter(dead_letter_id)
        if letter is None:
            raise Incomplete
        text = f"{type(error).__name__}: {error}".encode("utf-8", "replace").decode()[:2_000]
        letter.open(record, key, projection, entry_key, text, index)
        if entry is not None and entry.readable:
            entry.block(dead_letter_id, record, index)
        return dead_letter_id


def _folded(folds: tuple[FoldPlan, ...], entry: ViewEntry, event: Event, record: EventRecord) -> Any:
    view: Any = entry.view
    for fold in folds:
        view = fold.function(view, event, record) if fold.takes_record else fold.function(view, event)
        if not isinstance(view, entry.spec.cls):
            raise TypeError(f"{fold.name} returned {type(view).__name__}; it has to return {entry.spec.cls.__name__}")
    return view


def _dead_letter_id(event_id: str, projection: str, entry_key: str) -> str:
    """The same failure always has the same letter, however often it is processed."""
    content = f"{event_id}\n{projection}\n{entry_key}".encode()
    return f"dl-{hashlib.blake2b(content, digest_size=12).hexdigest()}"
