"""How the Hazelcast client is set up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hazelcast.config import Config


def client_config(
    *,
    cluster_name: str,
    members: Sequence[str],
    name: str,
    on_lifecycle: Callable[[str], None],
    labels: Sequence[str] = (),
) -> Config:
    """A client that looks for its members without end, notices soon that they are gone, and comes back soon."""
    config = Config()  # type: ignore[no-untyped-call]
    config.cluster_name = cluster_name
    config.cluster_members = list(members)
    config.client_name = name
    config.labels = list(labels)
    config.lifecycle_listeners = [on_lifecycle]
    config.connection_timeout = 2.0
    config.retry_initial_backoff = 0.1
    config.retry_max_backoff = 1.0
    config.retry_multiplier = 1.5
    config.retry_jitter = 0.2
    # How long the client goes on trying when it cannot send, not how long an answer may take.
    config.invocation_timeout = 1.0
    config.invocation_retry_pause = 0.1
    config.heartbeat_interval = 2.0
    config.heartbeat_timeout = 10.0
    config.backup_ack_to_client_enabled = False
    return config
