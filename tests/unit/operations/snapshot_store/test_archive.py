"""Snapshots in memory, in a folder and in a bucket: whole, damaged, cut short, and which of them stay."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from obstore.store import MemoryStore

from hazelgate.client.operators.manifests import Listing, Manifest
from hazelgate.operations.snapshot_store.__main__ import CutOff, answer_whoever_waits, frames, read, send, write
from hazelgate.operations.snapshot_store.archive import Archive, Chunk, SnapshotDamaged, unpacked
from hazelgate.operations.snapshot_store.location import LocationUnusable, absolute, open_location
from hazelgate.operations.snapshot_store.retention import Retention, prune
from hazelgate.sourcing.clock import instant
from tests.unit.client.operators.test_manifests import MANIFEST

KEEP_ALL = Retention(keep=100)
NOW = datetime(2026, 1, 10, tzinfo=UTC)


@pytest.fixture(params=["memory", "folder"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    """An empty one."""
    return Archive(MemoryStore() if request.param == "memory" else open_location(str(tmp_path)), "here")


def sent(*entries: tuple[str, bytes], manifest: Manifest = MANIFEST, whole: bool = True) -> io.BytesIO:
    """What a member sends."""
    stream = io.BytesIO()
    for name, lines in entries:
        send(stream, name.encode(), b"\n", lines)
    send(stream, msgspec.json.encode(manifest))
    if whole:
        stream.write(bytes(4))
    stream.seek(0)
    return stream


ENTRIES = (("a-view", b'{"key":"1","entry":{}}\n{"key":"2","entry":{}}\n'), ("b-view", b'{"key":"3","entry":{}}\n'))


def keep(archive: Archive, snapshot_id: str, **changes: Any) -> None:
    manifest = msgspec.structs.replace(MANIFEST, **changes)
    write(archive, snapshot_id, KEEP_ALL, sent(*ENTRIES, manifest=manifest), io.BytesIO())


def kept(archive: Archive) -> list[str]:
    return [each.id for each in archive.listing().snapshots]


def test_what_was_kept_comes_back(archive: Archive) -> None:
    answer = io.BytesIO()
    write(archive, "sn-1", KEEP_ALL, sent(*ENTRIES), answer)
    answer.seek(4)
    manifest = msgspec.json.decode(answer.read(), type=Manifest)
    assert manifest == archive.verify("sn-1")
    assert (manifest.entries_of("a-view"), manifest.entries_of("b-view"), manifest.position) == (2, 1, 100)
    assert [tuple(chunk) for chunk in archive.read(manifest)] == list(ENTRIES)
    assert [chunk.map for chunk in archive.read(manifest, ["b-view"])] == ["b-view"]


def test_the_child_sends_the_manifest_the_entries_and_the_end(archive: Archive) -> None:
    keep(archive, "sn-1")
    answer = io.BytesIO()
    read(archive, "sn-1", ["b-view"], answer)
    answer.seek(0)
    manifest, *pieces = frames(answer)
    assert msgspec.json.decode(manifest, type=Manifest).id == "sn-1"
    [(name, part)] = [piece.split(b"\n", 1) for piece in pieces]
    assert (name, unpacked(part)) == (b"b-view", ENTRIES[1][1])


@pytest.mark.parametrize("bytes_lost", [1, 4, 5, 60, 500])
def test_what_was_cut_off_is_no_snapshot_and_leaves_nothing(archive: Archive, bytes_lost: int) -> None:
    content = sent(*ENTRIES).getvalue()
    with pytest.raises(CutOff, match="went away before"):
        write(archive, "sn-1", KEEP_ALL, io.BytesIO(content[:-bytes_lost]), io.BytesIO())
    assert archive.listing().snapshots == []
    with pytest.raises(FileNotFoundError):
        archive.manifest("sn-1")
    assert [each for page in archive._store.list() for each in page] == []


def test_parts_without_a_manifest_are_no_snapshot(archive: Archive) -> None:
    """As a process leaves them that is killed half-way."""
    writing = archive.begin("sn-1")
    writing.add(Chunk(*ENTRIES[0]))
    writing._going[0].result()
    assert archive.listing() == msgspec.structs.replace(archive.listing(), snapshots=[], damaged=[])
    with pytest.raises(SnapshotDamaged, match="there is no snapshot sn-1, or it was never finished"):
        read(archive, "sn-1", [], io.BytesIO())
    writing._pool.shutdown()


@pytest.mark.parametrize("what", ["part", "missing", "manifest"])
def test_a_damaged_snapshot_is_refused_in_a_line(archive: Archive, what: str) -> None:
    keep(archive, "sn-1")
    part = archive.manifest("sn-1").parts[0].name
    if what == "part":
        content = bytearray(archive._get(f"sn-1/{part}"))
        content[-1] ^= 1
        archive.put(f"sn-1/{part}", bytes(content))
        reason = f"snapshot sn-1 is damaged: {part} does not have the checksum"
    elif what == "missing":
        archive._store.delete(f"sn-1/{part}")
        reason = f"snapshot sn-1 is damaged: {part} is missing"
    else:
        archive.put(
            "sn-1/manifest.json", archive._get("sn-1/manifest.json").replace(b'"position":100', b'"position":101')
        )
        reason = "snapshot sn-1 is damaged: its manifest does not have the checksum"
    with pytest.raises(SnapshotDamaged, match=reason):
        archive.verify("sn-1")
    if what == "manifest":
        listing = archive.listing()
        assert (listing.snapshots, [each.id for each in listing.damaged]) == ([], ["sn-1"])


def test_a_snapshot_under_another_name_is_refused(archive: Archive) -> None:
    keep(archive, "sn-1")
    archive.put("sn-2/manifest.json", archive._get("sn-1/manifest.json"))
    with pytest.raises(SnapshotDamaged, match="its manifest is that of sn-1"):
        archive.manifest("sn-2")


def test_the_newest_are_listed_first_by_position(archive: Archive) -> None:
    for number, position in ((1, 10), (2, 30), (3, 20)):
        keep(archive, f"sn-{number}", position=position)
    assert kept(archive) == ["sn-2", "sn-3", "sn-1"]


def days_ago(days: int) -> str:
    return instant(NOW - timedelta(days=days))


def test_the_newest_stay_and_of_those_none_too_old_but_the_newest_of_all() -> None:
    aged = [msgspec.structs.replace(MANIFEST, id=f"sn-{days}", snapshot_timestamp=days_ago(days)) for days in range(9)]
    assert Retention(3).surplus(aged, NOW) == ["sn-3", "sn-4", "sn-5", "sn-6", "sn-7", "sn-8"]
    assert Retention(7, timedelta(days=5)).surplus(aged, NOW) == ["sn-6", "sn-7", "sn-8"]
    assert Retention(7, timedelta(days=5)).surplus(aged[7:], NOW) == ["sn-8"]


def test_surplus_and_what_was_never_finished_is_deleted_and_what_is_under_way_is_not(archive: Archive) -> None:
    for number in range(1, 5):
        keep(archive, f"sn-{number}", position=number)
    archive.put("sn-0/a-view.00001.jsonl.zst", b"begun and left")
    archive.put("sn-9/a-view.00001.jsonl.zst", b"under way")
    archive.put("sn-0b/manifest.json", b"{")
    assert set(prune(archive, Retention(2), spare="sn-9")) == {"sn-1", "sn-2", "sn-0b"}
    assert kept(archive) == ["sn-4", "sn-3"]
    later = datetime.now(UTC) + timedelta(hours=2)
    assert prune(archive, Retention(2), spare="sn-9", now=later) == ["sn-0"]
    assert archive._get("sn-9/a-view.00001.jsonl.zst") == b"under way"


def test_a_location_that_is_none_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(LocationUnusable, match="neither a folder nor s3://"):
        open_location("ftp://somewhere/else")
    with pytest.raises(LocationUnusable, match="there is no folder"):
        open_location(str(tmp_path / "missing"))
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LocationUnusable, match="can't be opened"):
        open_location(str(tmp_path / "file"), make=True)
    assert absolute("kept") == os.path.abspath("kept")
    assert absolute("s3://bucket/kept") == "s3://bucket/kept"


def test_a_child_that_was_started_before_lists_and_is_told_later_what_to_read(archive: Archive) -> None:
    keep(archive, "sn-1")
    answer = io.BytesIO()
    answer_whoever_waits(archive, io.BytesIO(b'"list"\n["sn-1","b-view"]\n'), answer)
    answer.seek(0)
    listing, manifest, part = frames(answer)
    assert [each.id for each in msgspec.json.decode(listing, type=Listing).snapshots] == ["sn-1"]
    assert msgspec.json.decode(manifest, type=Manifest).id == "sn-1"
    assert part.startswith(b"b-view\n")


@pytest.mark.parametrize("asked", [b"", b'"list"\n'])
def test_one_from_which_nothing_is_read_after_all_ends(archive: Archive, asked: bytes) -> None:
    with pytest.raises(CutOff):
        answer_whoever_waits(archive, io.BytesIO(asked), io.BytesIO())
