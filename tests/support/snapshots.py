"""Snapshots of views in tests: taken, built from, and looked at where they are kept."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.rebuilds import Rebuild, Rebuilds, RebuildStatus
from hazelgate.client.operators.snapshot_requests import Attempt, AttemptStatus, Snapshots
from hazelgate.operations.member import SnapshotOptions
from hazelgate.operations.snapshot_store.archive import Archive
from hazelgate.operations.snapshot_store.location import open_location
from tests.support.processes import Child


def kept_in(folder: Path, every_seconds: int = 0, keep: int = 50) -> SnapshotOptions:
    return SnapshotOptions(location=str(folder), every_seconds=every_seconds, keep=keep)


def archive(folder: Path) -> Archive:
    return Archive(open_location(str(folder)), str(folder))


async def taken(cluster: HazelcastCluster, *views: str) -> Attempt:
    """A snapshot, whole."""
    snapshots = Snapshots(cluster)
    async with asyncio.timeout(60):
        attempt = await snapshots.wait(await snapshots.create(views))
    assert attempt.status is AttemptStatus.DONE, attempt
    return attempt


async def built(cluster: HazelcastCluster, begin_with: str, *views: str, other_code: bool = False) -> Rebuild:
    """Views built from a snapshot and switched."""
    rebuilds = Rebuilds(cluster)
    async with asyncio.timeout(60):
        rebuild = await rebuilds.wait(await rebuilds.start(views, begin_with=begin_with, other_code=other_code))
    assert rebuild.status is RebuildStatus.DONE, rebuild.error
    return rebuild


async def paused_child(member: Child) -> int | None:
    """The process that writes a snapshot for a member, paused as it begins; None where there is none (yet)."""
    return pause_child(member)


def pause_child(member: Child) -> int | None:
    """The same, for who does not wait."""
    for pid in member.children():
        with contextlib.suppress(OSError):
            if b"hazelgate.operations.snapshot_store\0write" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGSTOP)
                return pid
    return None
