"""
A running stack whose projectors and gateways can be replaced by others with new code, without losing a write.

New projectors come up beside the old ones; the pipeline is drained, switched and started, and writes wait meanwhile. A
gateway takes its connections from a socket that this process holds: the new one begins before the old one ends, and a
connection that waits is taken by either.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.replacement import Replacement
from hazelgate.operations.ports import LOOPBACK, free_ports
from hazelgate.operations.stack.planning import PlannedGateway, PlannedMember, Stack
from hazelgate.operations.stack.services import Service, ServiceGroup, Write
from hazelgate.sourcing.errors import HazelgateError

_STEP_SECONDS = 60.0
_TRY_AGAIN_SECONDS = 0.05
_BACKLOG = 2_048


class NotReplaced(Exception):
    """A part could not be replaced, and the old one runs on; the message says why."""


@dataclass
class _Node:
    """A member that runs, and the projector that it calls just now."""

    planned: PlannedMember
    member: Service
    projector: Service
    projector_address: str


@dataclass
class _Front:
    """A gateway that runs, and the socket that it has its connections from."""

    planned: PlannedGateway
    listener: socket.socket
    service: Service


class ReplaceableStack:
    """
    Args:
        stack: As it was planned, with members, gateways and projectors.
        services: Keeps its processes running.
    """

    def __init__(self, stack: Stack, services: ServiceGroup) -> None:
        self._stack = stack
        self._services = services
        self._nodes: list[_Node] = []
        self._fronts: list[_Front] = []

    def start(self) -> None:
        """Start the members, their projectors, and the gateways."""
        for planned in self._stack.members:
            projector, member = self._services.start(planned.projector, planned.spec)
            self._nodes.append(_Node(planned, member, projector, planned.options.projector))
        for gateway in self._stack.gateways:
            listener = socket.create_server((LOOPBACK, gateway.port), backlog=_BACKLOG)
            [service] = self._services.start(gateway.inheriting(listener.fileno()))
            self._fronts.append(_Front(gateway, listener, service))

    def close(self) -> None:
        """Let go of the gateways' sockets, once they have ended."""
        for front in self._fronts:
            front.listener.close()

    async def replace_projectors(self, cluster: HazelcastCluster, say: Write) -> None:
        """
        Put projectors with today's code in place of those that run.

        Raises:
            NotReplaced: The new ones did not come up, or not every member could use them.
        """
        assert self._stack.projectors is not None  # it was planned to be reloaded
        ports = free_ports(len(self._nodes))
        addresses = [f"{LOOPBACK}:{port}" for port in ports]
        fresh = self._services.start(
            *(
                self._stack.projectors.at(port, node.planned.projector.name)
                for port, node in zip(ports, self._nodes, strict=True)
            )
        )
        try:
            await self._until_answering(addresses)
            await self._switch(cluster, addresses, say)
        except (HazelgateError, TimeoutError) as error:
            with contextlib.suppress(HazelgateError):
                await self._switch(cluster, [node.projector_address for node in self._nodes], lambda _: None)
            for service in fresh:
                await self._services.end(service)
            raise NotReplaced(str(error) or "the new projector does not come up") from error
        for node, service, address in zip(self._nodes, fresh, addresses, strict=True):
            old, node.projector, node.projector_address = node.projector, service, address
            node.member.spec = node.planned.with_projector(address)
            await self._services.end(old)

    async def _until_answering(self, addresses: list[str]) -> None:
        async with asyncio.timeout(_STEP_SECONDS):
            while True:
                if all([await _answers(address) for address in addresses]):
                    return
                await asyncio.sleep(_TRY_AGAIN_SECONDS)

    async def _switch(self, cluster: HazelcastCluster, addresses: list[str], say: Write) -> None:
        replacement = Replacement(cluster, _STEP_SECONDS, say)
        named = [f"{node.planned.address}={address}" for node, address in zip(self._nodes, addresses, strict=True)]
        await replacement.replace(None, tuple(named))

    async def replace_gateways(self) -> None:
        """
        Put gateways with today's code in place of those that run, one after the other.

        Raises:
            NotReplaced: A new one does not take requests.
        """
        for front in self._fronts:
            with _pipe() as (reads, writes):
                [fresh] = self._services.start(front.planned.inheriting(front.listener.fileno(), writes))
                try:
                    async with asyncio.timeout(_STEP_SECONDS):
                        await _readable(reads)
                except TimeoutError:
                    await self._services.end(fresh)
                    raise NotReplaced(f"the new {front.planned.spec.name} takes no requests") from None
                fresh.spec = front.planned.inheriting(front.listener.fileno())
            old, front.service = front.service, fresh
            await self._services.end(old)


async def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


@contextlib.contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    reads, writes = os.pipe()
    try:
        yield reads, writes
    finally:
        os.close(reads)
        os.close(writes)


async def _readable(reads: int) -> None:
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    loop.add_reader(reads, told.set)
    try:
        await told.wait()
    finally:
        loop.remove_reader(reads)
