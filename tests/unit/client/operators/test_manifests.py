"""A manifest says whether it is what was written."""

from __future__ import annotations

import msgspec
import pytest

from hazelgate.client.operators.manifests import Manifest, SnapshotPart, seal, unseal

MANIFEST = Manifest(
    id="sn-1",
    cluster="test",
    snapshot_timestamp="2026-01-01T00:00:00.000000Z",
    completed_at="2026-01-01T00:00:01.000000Z",
    position=100,
    up_to=120,
    events=7,
    views={"a-view": ["code"]},
    parts=[
        SnapshotPart(name="a-view.00001.jsonl.zst", map="a-view", entries=2, bytes=30, sha256="x"),
        SnapshotPart(name="a-view.00002.jsonl.zst", map="a-view", entries=1, bytes=20, sha256="y"),
        SnapshotPart(name="aggregate-heads.00003.jsonl.zst", map="aggregate-heads", entries=9, bytes=9, sha256="z"),
    ],
)


def test_a_manifest_comes_back() -> None:
    assert unseal(seal(MANIFEST)) == MANIFEST


@pytest.mark.parametrize("place", range(20, 300, 7))
def test_a_manifest_in_which_anything_changed_is_refused(place: int) -> None:
    """A position that was flipped by one bit would be a view that is wrong."""
    content = bytearray(seal(MANIFEST))
    content[place] ^= 1
    with pytest.raises(ValueError, match="its manifest"):
        unseal(bytes(content))


def test_half_a_manifest_is_refused() -> None:
    with pytest.raises(ValueError, match="can't be read"):
        unseal(seal(MANIFEST)[:-40])


def test_another_format_is_named() -> None:
    with pytest.raises(ValueError, match="it has format 1, this release reads 2"):
        unseal(seal(msgspec.structs.replace(MANIFEST, format=1)))


def test_entries_and_bytes_are_counted_by_view() -> None:
    assert (MANIFEST.entries_of("a-view"), MANIFEST.bytes_of("a-view")) == (3, 50)
