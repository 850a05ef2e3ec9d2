"""What can be asked of the one-command stack."""

from __future__ import annotations

from pathlib import Path

from hazelgate.operations.member import Heap, SnapshotOptions
from hazelgate.operations.postgres.options import PostgresOptions
from hazelgate.sourcing.settings import DomainOptions, LogOptions, Port


class DevOptions(LogOptions, DomainOptions, PostgresOptions):
    """What can be asked of the stack. Its processes log as it is told to."""

    port: Port = 8000
    """Where the gateway listens; 0 finds a free one."""
    demo_data: bool = True
    """The shop's customers, products, and a trickle of orders. Only the shop, the domain that comes along, has them."""
    postgres: bool = False
    """Keep events in PostgreSQL: in --postgres-dsn's, else in one of this stack's own."""
    data_dir: Path = Path("hazelgate-data")
    """Where the stack's own PostgreSQL keeps its data."""
    heap: Heap = "1g"
    """Upper bound of the member's heap, like 512m or 4g."""
    pretouch_heap: bool = False
    """Take all of the heap at the start, and not while events come."""
    snapshots: SnapshotOptions | None = None
