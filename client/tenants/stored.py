"""
Entries, records and completions as they are stored, with plain ids in place of a tenant's.

Each function looks at the ids that it meets. One of another tenant is an error, and nothing is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from hazelgate.client.event_stream import Changed, Mark, StreamedEvent, Wish
from hazelgate.sourcing.envelope import (
    AGGREGATE_HEADS,
    COMPLETED_EVENTS,
    DEAD_LETTER_DECISIONS,
    DEAD_LETTER_EVENTS,
    EVENT_IDS,
    EVENT_STORE,
    PENDING_EVENTS,
    Completion,
    CompletionError,
    DeadLetter,
    Decision,
    EntryMeta,
    Envelope,
    EventRecord,
    IdRecord,
    StoredEnvelope,
    encode_json,
)
from hazelgate.sourcing.errors import HazelgateError
from hazelgate.sourcing.ids import plain_id, prefix_of, tenant_prefix
from hazelgate.sourcing.sort_keys import of_tenant

_META = b'{"_meta":'


class OtherTenant(HazelgateError):
    """Something of another tenant came where one tenant reads; nothing of it is shown. Please report this."""


class Whose(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """As much of a stored event, or of a completion, as tells whose it is."""

    aggregate_id: str


class _Begin(msgspec.Struct, frozen=True, gc=False):
    meta: msgspec.Raw = msgspec.field(name="_meta")


_decode_begin = msgspec.json.Decoder(_Begin).decode
_decode_meta = msgspec.json.Decoder(EntryMeta).decode
_decode_record = msgspec.json.Decoder(EventRecord).decode
_decode_completion = msgspec.json.Decoder(Completion).decode
_decode_id_record = msgspec.json.Decoder(IdRecord).decode
_decode_envelope = msgspec.json.Decoder(StoredEnvelope).decode
_decode_letter = msgspec.json.Decoder(DeadLetter).decode
_decode_decision = msgspec.json.Decoder(Decision).decode
_replace = msgspec.structs.replace


class Tenant:
    """
    One tenant's ids, in both forms.

    Args:
        name: The tenant's.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.prefix = tenant_prefix(name)
        self.sort_prefix = of_tenant(self.prefix)
        """With what the sort keys of its entries begin."""
        self._readers: Mapping[str, Callable[[bytes], bytes]] = {
            EVENT_STORE: self.record,
            AGGREGATE_HEADS: lambda raw: raw,
            EVENT_IDS: lambda raw: encode_json(self._id_record(_decode_id_record(raw))),
            COMPLETED_EVENTS: self.completion,
            PENDING_EVENTS: self._envelope,
            DEAD_LETTER_EVENTS: self._letter,
            DEAD_LETTER_DECISIONS: self._decision,
        }

    # ------------------------------------------------------------ ids and keys

    def stored(self, plain: str) -> str:
        """An id as it is stored."""
        return self.prefix + plain

    def plain(self, stored: str) -> str:
        """
        A stored id as the tenant knows it.

        Raises:
            OtherTenant: It is another's.
        """
        if prefix_of(stored) != self.prefix:
            raise OtherTenant
        return plain_id(stored)

    def stored_key(self, map_name: str, key: str) -> str:
        """A key of a map as it is stored. Behind `@` is the aggregate's id."""
        if map_name in (EVENT_STORE, AGGREGATE_HEADS):
            return self._behind(key, self.stored)
        if map_name == PENDING_EVENTS:
            return self.stored(self._behind(key, self.stored))
        return self.stored(key)

    @staticmethod
    def _behind(key: str, change: Callable[[str], str]) -> str:
        before, at, aggregate_id = key.partition("@")
        return before + at + change(aggregate_id)

    def _plain_if_any(self, stored: str) -> str:
        return self.plain(stored) if stored else stored

    # ------------------------------------------------------------ values of maps

    def knows(self, map_name: str) -> bool:
        """Whether a map is one of those that a log has, whatever its domain: their values are read here by key."""
        return map_name in self._readers

    def value(self, map_name: str, raw: bytes) -> bytes:
        """A value of a map, with plain ids; that of an unknown map is taken for an entry of a view."""
        return self._readers.get(map_name, self.entry)(raw)

    def entry(self, raw: bytes) -> bytes:
        """An entry of a view. Its fields are the domain's, and have plain ids anyway."""
        found = _decode_begin(raw).meta
        if not raw.startswith(_META):
            raise OtherTenant
        meta = _decode_meta(found)
        plain = EntryMeta(
            version=meta.version,
            caused_by=self._plain_if_any(meta.caused_by),
            updated_at=meta.updated_at,
            applied=meta.applied,
            ahead=meta.ahead,
            keys={name: self.plain_sort_key(key) for name, key in meta.keys.items()},
            blocked=None
            if meta.blocked is None
            else {self._behind(each, self.plain): self.plain(letter) for each, letter in meta.blocked.items()},
            absent=meta.absent,
        )
        return b"".join((_META, encode_json(plain), raw[len(_META) + len(bytes(found)) :]))

    def plain_sort_key(self, key: str) -> str:
        """
        A sort key of an entry, as it is without tenants.

        Raises:
            OtherTenant: It is another's.
        """
        if not key.startswith(self.sort_prefix):
            raise OtherTenant
        return key[len(self.sort_prefix) :]

    def record(self, raw: bytes) -> bytes:
        """A stored event."""
        return encode_json(self.of_record(_decode_record(raw)))

    def of_record(self, record: EventRecord) -> EventRecord:
        """The same, decoded."""
        return _replace(record, event_id=self.plain(record.event_id), aggregate_id=self.plain(record.aggregate_id))

    def stored_wish(self, wish: Wish) -> Wish:
        """What the tenant wants, with stored ids. Where it wants a type or a view, that is of all tenants."""
        return _replace(
            wish,
            aggregates=frozenset(map(self.stored, wish.aggregates)),
            entries={view: frozenset(map(self.stored, keys)) for view, keys in wish.entries.items()},
        )

    def of_mark(self, mark: Mark) -> Mark:
        """The mark of an event."""
        return mark._replace(key=self._behind(mark.key, self.plain), changed=self._changed(mark.changed))

    def of_streamed(self, event: StreamedEvent) -> StreamedEvent:
        """An event of the stream, with the names of the entries that it has changed."""
        plain = _replace(event, event_id=self.plain(event.event_id), aggregate_id=self.plain(event.aggregate_id))
        return plain if event.changed is None else _replace(plain, changed=self._changed(event.changed))

    def _changed(self, changed: Changed) -> Changed:
        return {
            view: {self._plain_if_any(key): version for key, version in entries.items()}
            for view, entries in changed.items()
        }

    def completion(self, raw: bytes) -> bytes:
        """How an event fared."""
        return encode_json(self.of_completion(_decode_completion(raw)))

    def of_completion(self, completion: Completion) -> Completion:
        """The same, decoded."""
        return _replace(
            completion,
            event_id=self.plain(completion.event_id),
            aggregate_id=self.plain(completion.aggregate_id),
            error=self._error(completion.error),
        )

    def _error(self, error: CompletionError | None) -> CompletionError | None:
        if error is None or error.dead_letter_id is None:
            return error
        return _replace(error, dead_letter_id=self.plain(error.dead_letter_id))

    def _id_record(self, known: IdRecord) -> IdRecord:
        return _replace(
            known,
            key=None if known.key is None else self._behind(known.key, self.plain),
            completion=None if known.completion is None else self.of_completion(known.completion),
        )

    def _envelope(self, raw: bytes) -> bytes:
        envelope = _decode_envelope(raw)
        plain = _replace(
            envelope, event_id=self.plain(envelope.event_id), aggregate_id=self.plain(envelope.aggregate_id)
        )
        return encode_json(plain)

    def submitted(self, envelope: Envelope) -> bytes:
        """An envelope as it is sent: the tenant's, whatever its event says. No entry comes with the completion."""
        stored = _replace(
            envelope,
            show=None,
            event_id=self.stored(envelope.event_id),
            aggregate_id=self.stored(envelope.aggregate_id),
        )
        return encode_json(stored)

    def _letter(self, raw: bytes) -> bytes:
        letter = _decode_letter(raw)
        meta = _replace(letter.meta, caused_by=self._plain_if_any(letter.meta.caused_by), keys={})
        waiting = tuple(_replace(each, key=self._behind(each.key, self.plain)) for each in letter.waiting)
        plain = _replace(
            letter,
            meta=meta,
            id=self.plain(letter.id),
            event_key=self._behind(letter.event_key, self.plain),
            event_id=self.plain(letter.event_id),
            entry_key=self._plain_if_any(letter.entry_key),
            waiting=waiting,
        )
        return encode_json(plain)

    def _decision(self, raw: bytes) -> bytes:
        decision = _decode_decision(raw)
        plain = _replace(
            decision,
            id=self.plain(decision.id),
            event_id=self.plain(decision.event_id),
            entry_key=self._plain_if_any(decision.entry_key),
        )
        return encode_json(plain)
