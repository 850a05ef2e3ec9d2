"""The bodies between engine and projector: msgpack arrays, as docs/reference/protocol.md has them."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from hazelgate.projector.core.calls import FailedCall


class Delivery(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One event of a batch. `envelope` is empty for a record that the engine found in the store."""

    envelope: bytes
    lane: int
    position: int
    received_at: str
    id_record: bytes | None = None
    stored_record: bytes | None = None


class Request(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """
    A batch, with the entries loaded so far: map → key → JSON, or None where there is no entry.

    `careful` asks for a crumb before each call of the user's code; those in `failed` are not made.
    """

    batch_id: int
    round: int
    events: list[Delivery]
    loaded: dict[str, dict[str, bytes | None]]
    careful: bool = False
    failed: list[FailedCall] = []


class Kind(IntEnum):
    """What the engine has to do with an event."""

    ACCEPTED = 0
    REFUSED = 1
    ALREADY_STORED = 2
    ANSWER_ONLY = 3
    HELD = 4
    """Stored, and a view tries again: whoever submitted it is answered when that is decided."""


ACCEPTED = Kind.ACCEPTED
"""Named for each event; on Python 3.11 to name a member costs as much as a call."""


class Outcome(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What became of one event. `completion` comes without its closing brace: the engine appends the later stages."""

    kind: int
    store_key: str | None
    record: bytes | None
    id_record: bytes | None
    completion: bytes
    event_type: str | None
    reply_to: str
    notify_stored: bool


class Write(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """
    An entry's state after the batch, to be written where its version still is the expected one.

    `value` None removes the entry.
    """

    map: str
    key: str
    expected_version: int
    value: bytes | None
    events: list[int]


class Claim(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An entry that has to be as these events' guards have read it when the events are stored; 0 is no entry."""

    view: str
    key: str
    version: int
    events: list[int]


class Claims(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What is to be claimed, and which events have seen, or changed further, what an earlier one did: both indexes."""

    entries: list[Claim] = []
    after: list[tuple[int, int]] = []


NO_CLAIMS = Claims()


class Response(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Either what has to be loaded first, or the outcomes and writes, and what is to be claimed before them."""

    needs: dict[str, list[str]]
    outcomes: list[Outcome]
    writes: list[Write]
    claims: Claims = NO_CLAIMS
    """One field for all of them: an answer with five fields would be taken for a crumb."""


class FoldRequest(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """
    Stored events for some views, in the order of storing. Later rounds of a batch come without its records.

    `loaded` holds what this round brings; what earlier rounds of the batch brought is remembered. `careful` and
    `failed` are as in a `Request`.
    """

    batch_id: int
    round: int
    views: list[str]
    records: list[bytes]
    loaded: dict[str, dict[str, bytes | None]]
    careful: bool = False
    failed: list[FailedCall] = []


class FoldResponse(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Either what has to be loaded first, or the writes."""

    needs: dict[str, list[str]]
    writes: list[Write]


class Life(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """
    Of this process: an id that no other has, and how the one before it ended.

    `ended` goes on behind the name of a handler: "did not return within 5 s". Empty where nobody knows.
    """

    instance: str
    ended: str = ""


class ResolveRequest(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One dead letter, what an operator or the watch wants of it, and what is loaded so far."""

    dead_letter_id: str
    action: str
    """RETRY, EDIT or DISCARD; AGAIN where the engine's watch retries."""
    data: bytes | None
    reason: str | None
    now: str
    max_attempts: int
    backoff_ms: int
    loaded: dict[str, dict[str, bytes | None]]
    careful: bool = False
    """As in a `Request`."""
    failed: list[FailedCall] = []


class Affected(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A stored event whose completion may have changed, and who is to hear of it."""

    store_key: str
    reply_to: str
    submission_id: str


class ResolveResponse(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """
    Either what has to be loaded first, or what to do.

    The engine writes step by step; where a write is refused, it begins anew. Before the last step it settles
    `affected`, of which the first is the letter's own event.
    """

    needs: dict[str, list[str]]
    steps: list[list[Write]]
    affected: list[Affected]
    answer: bytes
    """JSON: `id`, `outcome` (RESOLVED, FAILED, UNKNOWN or INVALID), `message`, `problems`."""


class SettleRequest(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Stored events whose completions are to be told from the entries and letters as they are now."""

    events: list[Affected]
    without: str | None
    """The dead letter that is about to go: nothing is in it any more."""
    now: str
    loaded: dict[str, dict[str, bytes | None]]
    careful: bool = False
    failed: list[FailedCall] = []


class Settled(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """How an event stands; where it is not `final`, nothing is written, and nobody is told."""

    event_id: str
    completion: bytes
    reply_to: str
    final: bool


class SettleResponse(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """
    Either what has to be loaded first, or how each event stands.

    `under_way`: the batch of one of them has a view still to write. Nobody may be told yet, and the letter stays.
    """

    needs: dict[str, list[str]]
    events: list[Settled]
    under_way: bool = False


class Description(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """
    What the projector knows.

    `views` are the view maps with their indexes, which the engine makes, and the fingerprint of the code that folds
    each. `event_types` say, for each type, of which aggregate it is, which entries an event usually needs (the map, and
    the path of the key in the event's data), and whether only code can tell more.
    The engine loads those before it asks; what is needed besides, the projector asks for.
    """

    fingerprint: str
    views: list[tuple[str, list[str], str]]
    event_types: list[tuple[str, str, list[tuple[str, str]], bool]]


encode = msgspec.msgpack.Encoder().encode
decode_request = msgspec.msgpack.Decoder(Request).decode
decode_fold_request = msgspec.msgpack.Decoder(FoldRequest).decode
decode_fold_response = msgspec.msgpack.Decoder(FoldResponse).decode
decode_response = msgspec.msgpack.Decoder(Response).decode
decode_resolve_request = msgspec.msgpack.Decoder(ResolveRequest).decode
decode_resolve_response = msgspec.msgpack.Decoder(ResolveResponse).decode
decode_settle_request = msgspec.msgpack.Decoder(SettleRequest).decode
decode_settle_response = msgspec.msgpack.Decoder(SettleResponse).decode
decode_description = msgspec.msgpack.Decoder(Description).decode
