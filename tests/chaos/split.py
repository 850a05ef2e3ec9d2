"""Members in network namespaces on one bridge, between which the network can be cut. Needs root and iproute2."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from hazelgate.operations.member import MemberOptions
from tests.support.many import Node, Nodes
from tests.support.processes import member_with, projector

PORT = 5701
PROJECTOR_PORT = 50_051
_NETWORKS = 200
"""The first of the networks 10.x from which each process takes one of its own."""
NOWHERE = "02:00:00:00:00:01"
"""A hardware address that nobody has: what is sent there is gone without a word, as with a cut cable."""


def why_not() -> str | None:
    """Why the network can't be cut on this machine; None where it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "the command ip is missing: install iproute2"
    probe = f"hzprobe{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        return f"no network namespace can be made here: {made.stderr.strip()}"
    _ip("netns", "del", probe)
    return None


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=20)


class SplitNodes(Nodes):
    """Three members that this process reaches all the time, also while they don't reach one another."""

    def __init__(self, folder: Path, count: int, *, domain: str, options: MemberOptions) -> None:
        super().__init__(folder, count, domain=domain, options=options)
        self._names = [f"hz{os.getpid()}n{number}" for number in range(count)]
        self._bridge = f"hzb{os.getpid()}"
        network = f"10.{_NETWORKS + os.getpid() // 256 % 32}.{os.getpid() % 256}"
        self._gateway_ip = f"{network}.1"
        self._ips = [f"{network}.{number + 2}" for number in range(count)]

    def start(self) -> None:
        """Make the network, then start all of them."""
        _ip("link", "add", self._bridge, "type", "bridge")
        _ip("addr", "add", f"{self._gateway_ip}/24", "dev", self._bridge)
        _ip("link", "set", self._bridge, "up")
        for name, address in zip(self._names, self._ips, strict=True):
            _ip("netns", "add", name)
            _ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
            _ip("link", "set", name, "master", self._bridge, "up")
            _ip("-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
            _ip("-n", name, "link", "set", "lo", "up")
            _ip("-n", name, "link", "set", "eth0", "up")
        super().start()

    def _add(self) -> Node:
        """The next one in its namespace, not yet started."""
        number = len(self.nodes)
        within = ["ip", "netns", "exec", self._names[number]]
        log = self._folder / f"{self.cluster_name}-{number}"
        options = self._options.model_copy(
            update={
                "cluster_name": self.cluster_name,
                "host": self._ips[number],
                "port": PORT,
                "members": tuple(f"{ip}:{PORT}" for ip in self._ips),
                "projector": f"127.0.0.1:{PROJECTOR_PORT}",
            }
        )
        node = Node(
            f"{self._ips[number]}:{PORT}",
            member_with(options, log=log.with_suffix(".member.log")).inside(within),
            projector(PROJECTOR_PORT, log=log.with_suffix(".projector.log"), domain=self._domain).inside(within),
        )
        self.nodes.append(node)
        return node

    def cut(self, alone: int) -> None:
        """From now on one member and the others don't hear of each other."""
        for other in range(len(self.nodes)):
            if other != alone:
                self._point(alone, other, NOWHERE)
                self._point(other, alone, NOWHERE)

    def heal(self, alone: int) -> None:
        """The network is whole again."""
        for other in range(len(self.nodes)):
            if other != alone:
                self._point(alone, other, None)
                self._point(other, alone, None)

    def _point(self, here: int, there: int, hardware: str | None) -> None:
        """Where a member sends what is meant for another."""
        neighbour = ["-n", self._names[here], "neigh"]
        if hardware is None:
            _ip(*neighbour, "del", self._ips[there], "dev", "eth0")
        else:
            _ip(*neighbour, "replace", self._ips[there], "lladdr", hardware, "nud", "permanent", "dev", "eth0")

    def stop(self) -> None:
        """End whatever runs, and remove the network."""
        super().stop()
        for name in self._names:
            # A namespace takes its links along a while after it is gone, and the next test has some of the same names.
            with suppress(subprocess.SubprocessError):
                _ip("link", "del", name)
            with suppress(subprocess.SubprocessError):
                _ip("netns", "del", name)
        with suppress(subprocess.SubprocessError):
            _ip("link", "del", self._bridge)
