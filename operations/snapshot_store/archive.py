"""
Snapshots in one location: `<id>/manifest.json`, and beside it the parts, JSON Lines packed with Zstandard, with a
checksum each.

The manifest comes last, and each object appears as a whole or not at all; so a snapshot whose writing was cut short is
none. What is read is held against the manifest's checksums before anybody gets it.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import deque
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from hazelgate.client.operators.manifests import Damaged, Listing, Manifest, SnapshotPart, seal, unseal
from hazelgate.operations.snapshot_store.location import LocationUnusable, one_line
from hazelgate.sourcing.clock import now

if TYPE_CHECKING:
    from obstore.store import ObjectStore

MANIFEST = "manifest.json"
PART_ENDING = ".jsonl.zst"
_LEVEL = 1
"""Of Zstandard: unpacked four times as fast as what gzip makes at its lowest level, and a third smaller."""
_AT_ONCE = 3
_ABANDONED_AFTER = timedelta(hours=1)


def packed(lines: bytes) -> bytes:
    """As a part is kept: one frame, which says how long the lines are."""
    import zstandard  # of the extra `snapshots`, as what reaches the location

    return zstandard.ZstdCompressor(level=_LEVEL).compress(lines)


def unpacked(part: bytes) -> bytes:
    """The lines of a part that has been held against its checksum."""
    import zstandard

    return zstandard.ZstdDecompressor().decompress(part)


class SnapshotDamaged(Exception):
    """A snapshot is not what was written; the message says what of it."""


class Chunk(NamedTuple):
    """Entries of one map, a line of JSON each; where it says so, packed."""

    map: str
    lines: bytes


class Archive:
    """The snapshots of one location."""

    def __init__(self, store: ObjectStore, location: str = "") -> None:
        self._store = store
        self.location = location

    # ------------------------------------------------------------------ reading

    def listing(self) -> Listing:
        """
        What there is.

        Raises:
            LocationUnusable: The storage does not answer, or refuses.
        """
        snapshots, damaged = [], []
        for snapshot_id in self._folders():
            try:
                snapshots.append(self.manifest(snapshot_id))
            except SnapshotDamaged as error:
                damaged.append(Damaged(id=snapshot_id, problem=str(error)))
            except FileNotFoundError:
                continue
        snapshots.sort(key=lambda each: (each.position, each.id), reverse=True)
        return Listing(location=self.location, snapshots=snapshots, damaged=damaged)

    def manifest(self, snapshot_id: str) -> Manifest:
        """
        What one says of itself.

        Raises:
            FileNotFoundError: There is no such snapshot, or it was never finished.
            SnapshotDamaged: The manifest is not what was written.
            LocationUnusable: The storage does not answer, or refuses.
        """
        try:
            manifest = unseal(self._get(f"{snapshot_id}/{MANIFEST}"))
        except ValueError as error:
            raise SnapshotDamaged(f"snapshot {snapshot_id} is damaged: {error}") from None
        if manifest.id != snapshot_id:
            raise SnapshotDamaged(f"snapshot {snapshot_id} is damaged: its manifest is that of {manifest.id}")
        return manifest

    def packed(self, manifest: Manifest, maps: Collection[str] | None = None) -> Iterator[Chunk]:
        """
        The parts of some maps, or of all, packed as they are kept; the next ones are fetched while one is used.

        Raises:
            SnapshotDamaged: A part is missing, or not what was written. What came before it is not to be used either.
            LocationUnusable: The storage does not answer, or refuses.
        """
        wanted = iter([part for part in manifest.parts if maps is None or part.map in maps])
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            coming: deque[Future[Chunk]] = deque(
                pool.submit(self._part, manifest.id, part) for part in itertools.islice(wanted, _AT_ONCE)
            )
            while coming:
                chunk = coming.popleft().result()
                coming.extend(pool.submit(self._part, manifest.id, part) for part in itertools.islice(wanted, 1))
                yield chunk

    def read(self, manifest: Manifest, maps: Collection[str] | None = None) -> Iterator[Chunk]:
        """The entries of some maps, or of all. Raises as `packed` does."""
        for name, content in self.packed(manifest, maps):
            yield Chunk(name, unpacked(content))

    def verify(self, snapshot_id: str) -> Manifest:
        """Read all of it. Raises as `manifest` and `read` do."""
        manifest = self.manifest(snapshot_id)
        for _ in self.read(manifest):
            pass
        return manifest

    def _part(self, snapshot_id: str, part: SnapshotPart) -> Chunk:
        try:
            content = self._get(f"{snapshot_id}/{part.name}")
        except FileNotFoundError:
            raise SnapshotDamaged(f"snapshot {snapshot_id} is damaged: {part.name} is missing") from None
        if hashlib.sha256(content).hexdigest() != part.sha256:
            raise SnapshotDamaged(
                f"snapshot {snapshot_id} is damaged: {part.name} does not have the checksum that the manifest names"
            )
        return Chunk(part.map, content)

    def _get(self, path: str) -> bytes:
        try:
            return bytes(self._store.get(path).bytes())
        except FileNotFoundError:
            raise
        except Exception as error:  # the library raises its own errors and the platform's
            raise LocationUnusable(f"{self.location}/{path} can't be read: {one_line(error)}") from None

    def _folders(self) -> list[str]:
        try:
            return sorted(prefix.rstrip("/") for prefix in self._store.list_with_delimiter()["common_prefixes"])
        except Exception as error:  # as above
            raise LocationUnusable(f"{self.location} can't be listed: {one_line(error)}") from None

    # ------------------------------------------------------------------ writing

    def begin(self, snapshot_id: str) -> Writing:
        """Begin a snapshot, to be filled and then finished or dropped."""
        return Writing(self, snapshot_id)

    def put(self, path: str, content: bytes) -> None:
        """
        Keep an object, as a whole or not at all.

        Raises:
            LocationUnusable: It could not be kept.
        """
        try:
            self._store.put(path, content)
        except Exception as error:  # as above
            raise LocationUnusable(f"{self.location}/{path} can't be written: {one_line(error)}") from None

    def drop(self, snapshot_id: str) -> None:
        """
        Delete a snapshot. The manifest goes first: what is left of it is none.

        Raises:
            LocationUnusable: The storage does not answer, or refuses.
        """
        try:
            paths = [each["path"] for page in self._store.list(snapshot_id) for each in page]
            for path in sorted(paths, key=lambda path: not path.endswith(MANIFEST)):
                self._store.delete(path)
        except Exception as error:  # as above
            raise LocationUnusable(f"{self.location}/{snapshot_id} can't be deleted: {one_line(error)}") from None

    def abandoned(self, at: datetime) -> list[str]:
        """What was begun an hour before that or longer, and is not finished."""
        found = []
        for snapshot_id in self._folders():
            objects = [each for page in self._store.list(snapshot_id) for each in page]
            if objects and all(
                not each["path"].endswith(MANIFEST) and each["last_modified"] < at - _ABANDONED_AFTER
                for each in objects
            ):
                found.append(snapshot_id)
        return found


class Writing:
    """A snapshot that is being written: parts as they come, compressed and kept by a few threads, then the manifest."""

    def __init__(self, archive: Archive, snapshot_id: str) -> None:
        self.id = snapshot_id
        self._archive = archive
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        self._going: deque[Future[SnapshotPart]] = deque()
        self._parts: list[SnapshotPart] = []
        self._count = 0

    def add(self, chunk: Chunk) -> None:
        """
        Keep some entries; returns at once, unless several parts are still on their way.

        Raises:
            LocationUnusable: This part, or one before it, could not be kept.
        """
        if len(self._going) >= _AT_ONCE:
            self._parts.append(self._going.popleft().result())
        self._count += 1
        self._going.append(self._pool.submit(self._keep, f"{chunk.map}.{self._count:05d}{PART_ENDING}", chunk))

    def finish(self, manifest: Manifest) -> Manifest:
        """
        Make it a snapshot: its manifest with the parts named, which is answered.

        Raises:
            LocationUnusable: A part, or the manifest, could not be kept.
        """
        while self._going:
            self._parts.append(self._going.popleft().result())
        self._pool.shutdown()
        whole = replace(manifest, id=self.id, parts=self._parts, completed_at=now())
        self._archive.put(f"{self.id}/{MANIFEST}", seal(whole))
        return whole

    def give_up(self) -> None:
        """Leave nothing of it, as far as the storage lets us."""
        self._pool.shutdown(cancel_futures=True)
        self._archive.drop(self.id)

    def _keep(self, name: str, chunk: Chunk) -> SnapshotPart:
        content = packed(chunk.lines)
        self._archive.put(f"{self.id}/{name}", content)
        return SnapshotPart(
            name=name,
            map=chunk.map,
            entries=chunk.lines.count(b"\n"),
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
