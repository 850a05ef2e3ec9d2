"""
What a snapshot of views says of itself, as it is kept beside the entries, sealed.

A snapshot is taken while writes go on. Every event at or below its `position` is in it, none above `up_to` is, and of
those between some are in some entries: an entry's marks say which, so folding everything after `position` onto it gives
exactly the view. docs/explanation/snapshots.md has the reasons.
"""

from __future__ import annotations

import hashlib

import msgspec

FORMAT = 2


class SnapshotPart(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One file of a snapshot: entries of one map, a line of JSON each, compressed."""

    name: str
    map: str
    entries: int
    bytes: int
    sha256: str
    """Of the file as it is kept."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a whole snapshot says of itself. It is written last: where there is none, there is no snapshot."""

    format: int = FORMAT
    id: str
    cluster: str
    snapshot_timestamp: str
    """When it was begun."""
    completed_at: str
    position: int
    up_to: int
    events: int
    """How many events of the log are at or below `position`."""
    views: dict[str, list[str]]
    """By view, the fingerprints of all code that took part in it (`hazelgate.sourcing.structure.fingerprints`)."""
    parts: list[SnapshotPart]

    def entries_of(self, view: str) -> int:
        """How many entries it has of a view."""
        return sum(part.entries for part in self.parts if part.map == view)

    def bytes_of(self, view: str) -> int:
        """What those take where they are kept."""
        return sum(part.bytes for part in self.parts if part.map == view)


class _Sealed(msgspec.Struct, frozen=True):
    manifest: msgspec.Raw
    sha256: str


def seal(manifest: Manifest) -> bytes:
    """A manifest as it is kept, with a checksum of its own."""
    raw = msgspec.json.encode(manifest)
    return msgspec.json.encode(_Sealed(msgspec.Raw(raw), _checksum(raw)))


def unseal(content: bytes) -> Manifest:
    """
    A kept manifest.

    Raises:
        ValueError: It is not what was written; the message says what is wrong with it.
    """
    try:
        sealed = msgspec.json.decode(content, type=_Sealed)
        raw = bytes(sealed.manifest)
        if _checksum(raw) != sealed.sha256:
            raise ValueError("its manifest does not have the checksum that it names")
        manifest = msgspec.json.decode(raw, type=Manifest)
    except msgspec.MsgspecError as error:
        raise ValueError(f"its manifest can't be read: {error}") from None
    if manifest.format != FORMAT:
        raise ValueError(f"it has format {manifest.format}, this release reads {FORMAT}")
    return manifest


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Damaged(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A snapshot that is not what was written, and why it is not used."""

    id: str
    problem: str


class Listing(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What there is in a location: whole snapshots, the newest first, and damaged ones."""

    location: str
    snapshots: list[Manifest] = []
    damaged: list[Damaged] = []
