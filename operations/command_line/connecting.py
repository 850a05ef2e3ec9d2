"""
How an operator's command reaches a running cluster.

    @click.command()
    @connection_options
    def count(connection: Connection) -> None:
        stats = connection.run(lambda cluster: cluster.stats())
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.logging import log_options
from hazelgate.operations.command_line.settings import settings
from hazelgate.sourcing.errors import HazelgateError
from hazelgate.sourcing.settings import ClusterOptions

T = TypeVar("T")

CONNECT_SECONDS = 10.0
"""How long a command looks for its cluster."""


@dataclass(frozen=True)
class Connection:
    """The cluster that a command is about."""

    cluster_name: str
    members: tuple[str, ...]

    def run(
        self,
        work: Callable[[HazelcastCluster], Awaitable[T]],
        *,
        deadline_seconds: float = 30.0,
        until_ready: bool = False,
    ) -> T:
        """
        Do the work with a connected cluster, which is closed afterwards.

        Args:
            deadline_seconds: How long any one call of the work may take.
            until_ready: Begin only once events can be taken in: the projector is there, too.

        Raises:
            CannotStart: The cluster can't be reached, or could not do it; one line says why.
        """
        # What the client has to say while it looks for a member that is not there is said in our one line.
        logging.getLogger("hazelcast").setLevel(logging.CRITICAL)
        try:
            return asyncio.run(self._run(work, deadline_seconds, until_ready))
        except HazelgateError as error:
            raise CannotStart(error.message) from None

    async def _run(
        self, work: Callable[[HazelcastCluster], Awaitable[T]], deadline_seconds: float, until_ready: bool
    ) -> T:
        cluster = HazelcastCluster(
            cluster_name=self.cluster_name, members=self.members, deadline_seconds=deadline_seconds
        )
        await cluster.start()
        try:
            if until_ready:
                await cluster.wait_until_ready(CONNECT_SECONDS)
            else:
                await cluster.wait_until_connected(CONNECT_SECONDS)
            return await work(cluster)
        finally:
            await cluster.close()


def connection_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--cluster-name` and `--members`, as its argument `connection`; and the options of its log."""

    @settings(ClusterOptions, argument="cluster")
    @log_options
    @functools.wraps(command)
    def connected(*arguments: Any, cluster: ClusterOptions, **options: Any) -> None:
        command(*arguments, connection=Connection(cluster.cluster_name, cluster.members), **options)

    return connected
