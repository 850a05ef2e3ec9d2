"""
Snapshots of views: what one says of itself, and what may be asked of a cluster about them.

A snapshot is taken while writes go on. Every event at or below its `position` is in it, none above `up_to` is, and of
those between some are in some entries: an entry's marks say which, so folding everything after `position` onto it gives
exactly the view. docs/snapshots.md has the reasons.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec

from sourcing.cluster import Cluster
from sourcing.errors import PipelineUnavailable, SnapshotRefused

FORMAT = 1
POLL_SECONDS = 0.1


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
    """By view, the fingerprints of all code that took part in it (`sourcing.fingerprints`)."""
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


class AttemptStatus(StrEnum):
    """How far the taking of a snapshot is."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


class Attempt(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One snapshot being taken, or taken, or not."""

    id: str
    status: AttemptStatus
    started_at: str
    entries: int = 0
    """How many entries were written so far."""
    ended_at: str | None = None
    error: str | None = None


class _Answer(msgspec.Struct, frozen=True):
    refused: str | None = None
    id: str = ""
    location: str = ""
    attempts: list[Attempt] = []
    listing: Listing | None = None


_decode_answer = msgspec.json.Decoder(_Answer).decode


class Snapshots:
    """What may be asked of the snapshots of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def create(self, views: Sequence[str] = ()) -> str:
        """
        Begin to take a snapshot of views; without names, of all that are complete. Returns its id.

        Raises:
            SnapshotRefused: The members keep none, one is being taken, or there is no such view.
        """
        return (await self._ask(op="snapshot", views=list(views))).id

    async def location(self) -> str:
        """
        Where the members keep them.

        Raises:
            SnapshotRefused: They keep none.
        """
        return (await self._ask(op="snapshots", list=False)).location

    async def listing(self) -> Listing:
        """What there is, as the members see it."""
        listing = (await self._ask(op="snapshots", list=True)).listing
        return Listing(location="") if listing is None else listing

    async def attempts(self) -> list[Attempt]:
        """How the taking of the last ones went, newest first."""
        return (await self._ask(op="snapshots", list=False)).attempts

    async def find(self, snapshot_id: str) -> Attempt:
        """
        How far the taking of a snapshot is.

        Raises:
            SnapshotRefused: It is not remembered.
        """
        for attempt in await self.attempts():
            if attempt.id == snapshot_id:
                return attempt
        raise SnapshotRefused(f"nobody remembers that snapshot {snapshot_id} was taken")

    async def wait(self, snapshot_id: str) -> Attempt:
        """The attempt when it has ended. A cluster that is away for a moment is waited for."""
        while True:
            try:
                attempt = await self.find(snapshot_id)
                if attempt.status is not AttemptStatus.RUNNING:
                    return attempt
            except PipelineUnavailable:
                pass
            await asyncio.sleep(POLL_SECONDS)

    async def _ask(self, **request: Any) -> _Answer:
        answer = _decode_answer(await self._cluster.ask_rebuilds(msgspec.json.encode(request)))
        if answer.refused is not None:
            raise SnapshotRefused(answer.refused)
        return answer
