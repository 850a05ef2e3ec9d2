"""
A client that listens to a topic, as a process of its own: it can be stopped without its test.

    python -m tests.support.listening CLUSTER HOST:PORT TOPIC
"""

from __future__ import annotations

import asyncio
import sys

from hazelgate.client.hazelcast.cluster import HazelcastCluster
from tests.support.connected import connected

LISTENS = "the client listens"
INTERRUPTED = "the client has missed something, perhaps"


async def _listen(cluster_name: str, member: str, topic: str) -> None:
    async with connected(HazelcastCluster(cluster_name=cluster_name, members=[member])) as cluster:
        await cluster.listen(topic, lambda message: None, interrupted=lambda: print(INTERRUPTED, flush=True))
        print(LISTENS, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_listen(*sys.argv[1:]))
