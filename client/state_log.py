"""One line in the log for each change of what is known of a cluster: lost, back, ready, or what keeps it from that."""

from __future__ import annotations

import logging

from hazelgate.client.cluster import ClusterState

logger = logging.getLogger(__name__)


def log_change(cluster: str, client: str, before: ClusterState, now: ClusterState) -> None:
    """
    Tell of a change; of a state that is as good or bad as the one before, nothing.

    Args:
        cluster: The cluster's name.
        client: The name under which its members know this process.
    """
    if now.connected == before.connected and now.problem == before.problem:
        return
    problem = now.problem
    what, level = "", logging.INFO
    if before.connected and not now.connected:
        what, level = " is lost", logging.WARNING
    elif now.connected and not before.connected:
        what = " is connected"
    elif before.problem is None:
        level = logging.WARNING
    logger.log(
        level,
        "cluster %s%s: %s",
        cluster,
        what,
        problem or "ready",
        extra={"cluster": cluster, "client": client, "problem": problem},
    )
