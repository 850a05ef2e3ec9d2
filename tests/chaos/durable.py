"""Members that keep their events in a PostgreSQL of their own, which can be stopped and killed like them."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hazelgate.operations.member import MemberOptions
from hazelgate.operations.postgres.connecting import PostgresUnusable
from hazelgate.operations.postgres.server import find_server
from tests.support.many import Nodes
from tests.support.postgres import Postgres, rows


def why_not() -> str | None:
    """Why there is no PostgreSQL on this machine; None where there is one."""
    try:
        find_server()
    except PostgresUnusable as error:
        return str(error)
    return None


def stored_in(dsn: str, prefix: str) -> dict[str, Any]:
    """
    What is committed, of the events whose ids begin so, under the keys of `event-store`.

    The maps are no more than what is recent: an event that was committed by a member which died before it got there is
    found in the table.
    """
    records = (json.loads(record) for (record,) in rows(dsn, "SELECT record FROM event_store"))
    return {
        f"{each['aggregateType']}:{each['sequence']}@{each['aggregateId']}": each
        for each in records
        if each["eventId"].startswith(prefix)
    }


class DurableNodes(Nodes):
    """Members whose events outlive them."""

    def __init__(self, folder: Path, count: int, *, domain: str, options: MemberOptions) -> None:
        super().__init__(folder, count, domain=domain, options=options)
        self._data = Path(tempfile.mkdtemp(prefix="hazelgate-chaos-postgres-"))
        self._data.chmod(0o755)  # root's server runs as somebody else
        self.postgres = Postgres(self._data)

    def start(self) -> None:
        """First PostgreSQL, then all members."""
        self.postgres.start()
        self._options = self._options.model_copy(update={"postgres_dsn": self.postgres.new_database()})
        super().start()

    @property
    def dsn(self) -> str:
        """How to connect to it, once it has started."""
        assert self._options.postgres_dsn is not None
        return self._options.postgres_dsn

    def kill_members(self) -> None:
        """End every member and every projector at once; PostgreSQL stays."""
        for node in self.nodes:
            node.member.kill()
        for node in self.nodes:
            node.projector.kill()

    async def start_members_again(self) -> None:
        """All of them at once, as after a power cut."""
        parts = [part for node in self.nodes for part in (node.projector, node.member)]
        await asyncio.gather(*(asyncio.to_thread(part.start) for part in parts))

    def stop(self) -> None:
        """End whatever runs, and remove the data."""
        super().stop()
        self.postgres.kill()
        shutil.rmtree(self._data, ignore_errors=True)
