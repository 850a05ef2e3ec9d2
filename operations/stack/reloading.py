"""
New code of a domain in a running stack as soon as its files are saved, told in lines.

The order: a check in a process of its own, new projectors, the changed views built again beside the live ones, new
gateways. Where the check finds a mistake, nothing is touched, and the code from before runs on.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.rebuilds import Rebuilds, RebuildStatus
from hazelgate.operations.domain_check import DomainReport, read_answer
from hazelgate.operations.stack.planning import Stack
from hazelgate.operations.stack.replacing import NotReplaced, ReplaceableStack
from hazelgate.operations.stack.services import Write
from hazelgate.operations.stack.watching import Watch
from hazelgate.sourcing.errors import CatalogError, HazelgateError

_DEADLINE_SECONDS = 30.0


class Reloading:
    """
    Args:
        stack: As it was planned.
        parts: What is replaced in it.
        report: The domain as it was when the stack was started.
        write: Takes the lines that tell what is done.
    """

    def __init__(self, stack: Stack, parts: ReplaceableStack, report: DomainReport, write: Write) -> None:
        assert stack.projectors is not None  # it was planned to be reloaded
        self._domain = stack.projectors.domain
        self._api = stack.api
        self._parts = parts
        self._report = report
        self._write = write
        self._watch = Watch(map(Path, report.files))
        self._cluster = HazelcastCluster(
            cluster_name=stack.cluster_name,
            members=[member.address for member in stack.members],
            deadline_seconds=_DEADLINE_SECONDS,
        )

    async def run(self) -> None:
        """Watch until cancelled."""
        await self._cluster.start()
        try:
            while True:
                changed = await self._watch.changed()
                if changed:
                    await self._reload(changed)
        finally:
            await self._cluster.close()

    async def _reload(self, changed: Sequence[Path]) -> None:
        """One change, from the saved file to its end, whatever that is."""
        began = time.monotonic()
        names = ", ".join(path.name for path in changed)
        try:
            report = await checked(self._domain, self._api)
        except CatalogError as error:
            self._say(f"{names}: {error.message}; the code from before runs on")
            return
        self._watch.follow(map(Path, report.files))
        if report.code == self._report.code:
            self._say(f"{names}: nothing but comments and layout has changed")
            return
        self._say(f"{names} changed, and is well; checked in {time.monotonic() - began:.1f} s")
        for finding in report.unrecorded:
            self._say(finding)
        try:
            await self._put_in_place(report)
        except (HazelgateError, NotReplaced, TimeoutError) as error:
            self._say(f"the change is not in place: {str(error) or 'it takes too long'}; save again to try again")
            return
        self._report = report
        self._say(f"the new code runs, {time.monotonic() - began:.1f} s after it was saved")

    async def _put_in_place(self, report: DomainReport) -> None:
        await self._parts.replace_projectors(self._cluster, lambda line: self._say(line) if "waited" in line else None)
        views = [view for view, code in report.views.items() if self._report.views.get(view) != code]
        if views:
            await self._build(views)
        began = time.monotonic()
        await self._parts.replace_gateways()
        self._say(f"the gateway is replaced; it took {time.monotonic() - began:.1f} s")

    async def _build(self, views: Sequence[str]) -> None:
        began = time.monotonic()
        rebuilds = Rebuilds(self._cluster)
        done = await rebuilds.wait(await rebuilds.start(views))
        names = ", ".join(views)
        if done.status is not RebuildStatus.DONE:
            raise NotReplaced(f"{names} could not be built again: {done.error or done.status}")
        seconds = time.monotonic() - began
        self._say(f"{names} is built again from {done.events:,} events, and live; it took {seconds:.1f} s")

    def _say(self, line: str) -> None:
        self._write(f"reload: {line}")


async def checked(domain: str, api: str | None = None) -> DomainReport:
    """
    The domain as its files are now, looked at in a process of its own.

    Args:
        api: The module that adds to its API; None: `api` beside it, where there is one.

    Raises:
        CatalogError: It can't be run.
    """
    process = await asyncio.create_subprocess_exec(
        # Without `-B` it could leave compiled code that looks as new as a file that is saved twice within a second.
        *(sys.executable, "-B", "-P", "-m", "hazelgate.operations.domain_check", domain),
        *([] if api is None else [api]),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        told, complaints = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = told.splitlines()
    if process.returncode != 0 or not lines:
        last = complaints.decode(errors="replace").strip().rpartition("\n")[2]
        raise CatalogError(f"looking at it ended with status {process.returncode}: {last}")
    answer = read_answer(lines[-1])
    if answer.report is None:
        raise CatalogError(answer.problem)
    return answer.report
