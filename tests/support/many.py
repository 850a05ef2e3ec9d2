"""Several members, each with a projector beside it, as one cluster that a test may hurt."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.operations.member import MemberOptions
from tests.support.processes import ROOT, TEST_HEAP, Child, free_port, member_with, projector

ENGINE_CONFIG = ROOT / "engine/src/main/resources/hazelgate.yaml"


@dataclass(frozen=True)
class Node:
    """A member and its projector; each can be killed, paused, stopped and started on its own."""

    address: str
    """`host:port` of the member."""
    member: Child
    projector: Child

    def stop(self) -> None:
        """End both, the member first: it hands over what it has."""
        self.member.stop()
        self.projector.stop()


class Nodes:
    """
    A cluster of `Node`s.

    Args:
        folder: Where logs go.
        count: How many there are at the start; `join` adds more.
        options: What every member is told; cluster, ports, members and projector are filled in.
        offsets_ms: How far the clock of each member is wrong; nothing for the others.
    """

    def __init__(
        self,
        folder: Path,
        count: int,
        *,
        domain: str = "tests.support.ledger",
        options: MemberOptions | None = None,
        offsets_ms: tuple[int, ...] = (),
    ) -> None:
        self.cluster_name = f"test-{uuid.uuid4().hex[:12]}"
        self.nodes: list[Node] = []
        self._folder = folder
        self._domain = domain
        self._options = options or MemberOptions(quorum=count // 2 + 1)
        self._offsets_ms = offsets_ms
        self._ports = [free_port() for _ in range(count)]

    def start(self) -> None:
        """Start all of them: the first member, then those that join it."""
        first, *others = [self._add() for _ in self._ports]
        for node in (first, *others):
            node.projector.launch()
        first.member.start()
        for node in others:
            node.member.launch()
        for node in others:
            node.member.wait_until_up()
        for node in (first, *others):
            node.projector.wait_until_up()

    def join(self) -> Node:
        """Start one more."""
        node = self._add()
        node.projector.launch()
        node.member.start()
        node.projector.wait_until_up()
        return node

    def _add(self) -> Node:
        """One more, not yet started."""
        number = len(self.nodes)
        port = self._ports[number] if number < len(self._ports) else free_port()
        folds_at = free_port()
        log = self._folder / f"{self.cluster_name}-{number}"
        folds = projector(folds_at, log=log.with_suffix(".projector.log"), domain=self._domain)
        runs = member_with(
            self._options.model_copy(
                update={
                    "cluster_name": self.cluster_name,
                    "port": port,
                    "members": tuple(f"127.0.0.1:{each}" for each in {*self._ports, port}),
                    "projector": f"127.0.0.1:{folds_at}",
                    "heap": TEST_HEAP,
                    "clock_offset_ms": self._offsets_ms[number] if number < len(self._offsets_ms) else 0,
                }
            ),
            log=log.with_suffix(".member.log"),
        )
        node = Node(f"127.0.0.1:{port}", runs, folds)
        self.nodes.append(node)
        return node

    def other_projectors(self, domain: str) -> list[tuple[str, Child]]:
        """Another projector for each member, not yet started, behind what operators call it: `MEMBER=HOST:PORT`."""
        others = []
        for number, node in enumerate(self.nodes):
            port = free_port()
            log = self._folder / f"{self.cluster_name}-{number}-{port}.projector.log"
            others.append((f"{node.address}=127.0.0.1:{port}", projector(port, log=log, domain=domain)))
        return others

    def take_over(self, projectors: Sequence[Child]) -> None:
        """These are the members' projectors from now on; those before end."""
        for number, (node, folds) in enumerate(zip(self.nodes, projectors, strict=True)):
            self.nodes[number] = replace(node, projector=folds)
            node.projector.stop()

    @property
    def addresses(self) -> list[str]:
        """Of the members, those that are down too: a client has to cope."""
        return [node.address for node in self.nodes]

    def cluster(self, *, deadline_seconds: float = 30.0) -> HazelcastCluster:
        """A client of it, not yet started."""
        return HazelcastCluster(
            cluster_name=self.cluster_name, members=self.addresses, deadline_seconds=deadline_seconds
        )

    def stop(self) -> None:
        """End whatever still runs. Nothing is handed over: all of it goes."""
        for node in self.nodes:
            node.member.kill()
            node.projector.kill()


def narrow(folder: Path) -> Path:
    """A member's configuration whose pools have one thread each: whoever waits on such a thread waits for ever."""
    config = folder / "narrow.yaml"
    text, pools = re.subn(r"pool-size: \d+", "pool-size: 1", ENGINE_CONFIG.read_text())
    assert pools > 1
    config.write_text(text)
    return config


@contextmanager
def running_nodes(
    folder: Path,
    count: int,
    *,
    domain: str = "tests.support.ledger",
    options: MemberOptions | None = None,
    offsets_ms: tuple[int, ...] = (),
) -> Iterator[Nodes]:
    """A cluster of its own, its quorum the majority unless told otherwise; nothing is left when the block ends."""
    nodes = Nodes(folder, count, domain=domain, options=options, offsets_ms=offsets_ms)
    try:
        nodes.start()
        yield nodes
    finally:
        nodes.stop()
