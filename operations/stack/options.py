"""What can be asked of the one-command stack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from hazelgate.operations.member import Heap, SnapshotOptions
from hazelgate.operations.postgres.options import PostgresOptions
from hazelgate.sourcing.settings import ApiOptions, DomainOptions, LogOptions, Named, Port


class DevOptions(LogOptions, ApiOptions, DomainOptions, PostgresOptions):
    """What can be asked of the stack. Its processes log as it is told to."""

    port: Port = 8000
    """Where the gateway listens, and those after it at the ports that follow; 0 finds free ones."""
    member_count: Annotated[int, Field(ge=1, le=9), Named("dev_members", "--members")] = 1
    """How many members, each with a projector of its own. Three or more go on while most of them are there."""
    gateway_count: Annotated[int, Field(ge=1, le=9), Named("dev_gateways", "--gateways")] = 1
    """How many gateways."""
    reload: bool = False
    """Watch the domain's files: a change is checked, and counts once it is saved. Changed views are built again."""
    demo_data: bool = True
    """The shop's customers, products, and a trickle of orders. Only the shop, the domain that comes along, has them."""
    postgres: bool = False
    """Keep events in PostgreSQL: in --postgres-dsn's, else in one of this stack's own."""
    data_dir: Path = Path("hazelgate-data")
    """Where the stack's own PostgreSQL keeps its data."""
    heap: Heap = "1g"
    """Upper bound of a member's heap, like 512m or 4g."""
    pretouch_heap: bool = False
    """Take all of the heap at the start, and not while events come."""
    snapshots: SnapshotOptions | None = None
