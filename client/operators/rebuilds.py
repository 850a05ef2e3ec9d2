"""
Rebuilds of views, asked of a cluster: begin one, watch it, cancel it, roll back; and comparisons of a fresh fold with
the live view. docs/explanation/rebuilds.md tells an operator what each of them does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from hazelgate.client.cluster import Cluster
from hazelgate.sourcing.errors import PipelineUnavailable, RebuildRefused
from hazelgate.sourcing.ids import new_id

POLL_SECONDS = 0.2
_FIRST_POLL_SECONDS = 0.02
_PAUSE_OF_WHAT_IT_TOOK = 0.02
"""The pause between two looks, as a part of the time that the rebuild took so far."""


class RebuildKind(StrEnum):
    """The use that is made of the fresh fold of the log."""

    REBUILD = "REBUILD"
    """It takes the live view's place."""
    ROLLBACK = "ROLLBACK"
    """The generation before the live one is brought up to date, and takes its place."""
    DIFF = "DIFF"
    """It is compared with the live view, and dropped."""


class RebuildStatus(StrEnum):
    """How far it is."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


class Rebuild(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One rebuild, rollback or comparison."""

    id: str
    kind: RebuildKind
    targets: dict[str, str]
    """By view, the map that is folded into."""
    status: RebuildStatus
    started_at: str
    ended_at: str | None = None
    error: str | None = None
    snapshot: str | None = None
    """The snapshot that it goes on from."""
    skipped: int = 0
    """How many events that one holds, which are not folded again."""
    events: int = 0
    """How many events were folded so far."""
    total: int = 0
    """How many there are to fold."""
    events_per_second: int = 0
    """How fast it may go; 0: as fast as it can."""
    differences: int = 0
    """How many entries differ, once a comparison is done."""

    @property
    def views(self) -> list[str]:
        """The views that it is about."""
        return list(self.targets)


class ViewStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where a view's entries are. `incomplete`: it is younger than the log, and has not been built from it yet."""

    view: str
    live: str
    previous: str | None = None
    built_at: str | None = None
    incomplete: bool = False


class RebuildReport(msgspec.Struct, frozen=True):
    """Every rebuild that is remembered, the newest first, and every view."""

    rebuilds: list[Rebuild]
    views: list[ViewStatus]


class Difference(msgspec.Struct, frozen=True):
    """An entry that a fresh fold makes otherwise; None where one of them has no such entry."""

    view: str
    key: str
    live: Any
    fresh: Any


class _Answer(msgspec.Struct, frozen=True):
    refused: str | None = None
    id: str = ""
    done: bool = False
    differences: list[Difference] = []


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_report = msgspec.json.Decoder(RebuildReport).decode


class Rebuilds:
    """The rebuilds of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def start(
        self,
        views: Sequence[str] = (),
        *,
        events_per_second: int = 0,
        begin_with: str | None = None,
        other_code: bool = False,
    ) -> str:
        """
        Begin to build new generations of views from the log; without names, of all.

        Args:
            views: Names of views, as `customer-view`.
            events_per_second: How fast it may go; 0: as fast as it can.
            begin_with: A snapshot by its id, the newest (`latest`), or the newest that holds nothing of what came after
                a checkpoint, a position or an ISO 8601 instant; None: begin with the first event.
            other_code: Whether the snapshot may have been made by other code than today's.

        Returns:
            The id of the rebuild.

        Raises:
            RebuildRefused: There is no such view, or one of them is being rebuilt, or no snapshot fits.
        """
        request: dict[str, Any] = {"views": list(views), "eventsPerSecond": events_per_second}
        if begin_with is not None:
            request |= {"from": begin_with, "otherCode": other_code}
        return await self._begin("start", **request)

    async def compare(self, views: Sequence[str], *, events_per_second: int = 0) -> str:
        """Begin to compare a fresh fold with the live views. Returns its id; raises as `start` does."""
        return await self._begin("diff", views=list(views), eventsPerSecond=events_per_second)

    async def roll_back(self, view: str) -> str:
        """
        Begin to make the generation before the live one live again; returns the id.

        Raises:
            RebuildRefused: None is kept.
        """
        return await self._begin("rollback", view=view)

    async def cancel(self, rebuild_id: str) -> bool:
        """
        End a rebuild; the live views stay. Returns whether it was running.

        Raises:
            RebuildRefused: There is no such rebuild.
        """
        return (await self._ask(op="cancel", id=rebuild_id)).done

    async def resume(self, rebuild_id: str) -> None:
        """
        Go on with a failed rebuild from where it was.

        Raises:
            RebuildRefused: It has not failed.
        """
        await self._ask(op="resume", id=rebuild_id)

    async def drop_previous(self, view: str) -> bool:
        """Let go of the generation that is kept for a rollback. Returns whether there was one."""
        return (await self._ask(op="drop", view=view)).done

    async def report(self) -> RebuildReport:
        """Every rebuild, and where each view stands."""
        return _decode_report(await self._cluster.maintain_views(b'{"op":"report"}'))

    async def find(self, rebuild_id: str) -> Rebuild:
        """
        One rebuild.

        Raises:
            RebuildRefused: It is not remembered.
        """
        for rebuild in (await self.report()).rebuilds:
            if rebuild.id == rebuild_id:
                return rebuild
        raise RebuildRefused(f"there is no rebuild {rebuild_id}")

    async def watch(self, rebuild_id: str) -> AsyncIterator[Rebuild]:
        """Tell how far it is, until it has ended. A cluster that is away for a moment is waited for."""
        began = time.monotonic()
        while True:
            try:
                rebuild = await self.find(rebuild_id)
            except PipelineUnavailable:
                await asyncio.sleep(POLL_SECONDS)
                continue
            yield rebuild
            if rebuild.status is not RebuildStatus.RUNNING:
                return
            pause = (time.monotonic() - began) * _PAUSE_OF_WHAT_IT_TOOK
            await asyncio.sleep(min(POLL_SECONDS, max(_FIRST_POLL_SECONDS, pause)))

    async def wait(self, rebuild_id: str) -> Rebuild:
        """The rebuild when it has ended."""
        async for rebuild in self.watch(rebuild_id):
            ended = rebuild
        return ended

    async def differences(self, rebuild_id: str, *, most: int = 1_000) -> list[Difference]:
        """
        The first differences that a comparison has found, in the order of views and keys.

        A member puts at most 1,000 entries of a view on record. One answer has 8 MiB of them at most.
        """
        return (await self._ask(op="differences", id=rebuild_id, most=most)).differences

    async def acknowledge_losses(self) -> bool:
        """Say that an operator knows of the partitions that are lost. Returns whether there were any."""
        return (await self._ask(op="acknowledge")).done

    async def _begin(self, op: str, **request: Any) -> str:
        """The request has a name: one rebuild begins, also where the answer is lost and another member is asked."""
        return (await self._ask(op=op, request=new_id(), **request)).id

    async def _ask(self, **request: Any) -> _Answer:
        answer = _decode_answer(await self._cluster.maintain_views(msgspec.json.encode(request)))
        if answer.refused is not None:
            raise RebuildRefused(answer.refused)
        return answer
