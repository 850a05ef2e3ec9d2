"""`hazelgate export`, `hazelgate import`, `hazelgate migrate`: the log as a file, and in PostgreSQL."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from typing import BinaryIO

import click

from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.operations.command_line.connecting import Connection, connection_options
from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.postgres import postgres_dsn, require_dsn
from hazelgate.operations.command_line.progress import Show, progress
from hazelgate.operations.postgres.connecting import PostgresUnusable
from hazelgate.operations.transfer.cluster import ClusterLog
from hazelgate.operations.transfer.into_cluster import import_into
from hazelgate.operations.transfer.lines import (
    ImportRefused,
    LogUnreadable,
    StoredEvent,
    last_line,
    line_of,
    read_lines,
)

_DEADLINE_SECONDS = 120.0
"""Counting all events of a long log in memory takes seconds."""


@click.command("export")
@click.argument("file", type=click.File("wb"), default="-")
@click.option("--from-postgres", is_flag=True, help="Read --postgres-dsn itself; no cluster need be running.")
@postgres_dsn
@connection_options
def export(file: BinaryIO, from_postgres: bool, postgres_dsn: str | None, connection: Connection) -> None:
    """
    Write the whole log to FILE (or to the output) as JSON Lines, an event a line; `hazelgate import` takes it in.

    It is read from the running cluster, wherever that keeps its events, while events may come in.
    """
    try:
        if from_postgres:
            written = _written_from_postgres(file, require_dsn(postgres_dsn))
        else:
            written = connection.run(lambda cluster: _written(file, cluster), deadline_seconds=_DEADLINE_SECONDS)
    except click.FileError as error:
        raise CannotStart(error.format_message()) from None
    click.echo(f"{written:,} events exported", err=True)


async def _written(file: BinaryIO, cluster: HazelcastCluster) -> int:
    log = ClusterLog(cluster)
    written = 0
    with progress(await log.total()) as show:
        async for page in log.pages():
            file.writelines(map(line_of, page))
            written += len(page)
            show(written)
    file.write(last_line(written))
    return written


def _written_from_postgres(file: BinaryIO, dsn: str) -> int:
    from hazelgate.operations.transfer.postgres import count_events, read_events

    try:
        written = 0
        with progress(count_events(dsn)) as show:
            for written, event in enumerate(read_events(dsn), 1):
                file.write(line_of(event))
                if written % 1_000 == 0:
                    show(written)
    except PostgresUnusable as error:
        raise CannotStart(str(error)) from None
    file.write(last_line(written))
    return written


@click.command("import")
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--into-cluster", is_flag=True, help="Into a running cluster that keeps its events in memory and has none yet."
)
@postgres_dsn
@connection_options
def import_(file: BinaryIO, into_cluster: bool, postgres_dsn: str | None, connection: Connection) -> None:
    """
    Take the log that `hazelgate export` has written into a PostgreSQL that no members are running on.

    Events that are there already, byte for byte, are left as they are; one that differs is refused, and all with it.
    When members start, they fold what was imported into their views.

    With --into-cluster the events go into the memory of a running cluster, and into its views at once. It takes no
    others meanwhile.
    """
    with progress(None) as show:
        if into_cluster:
            new, known = connection.run(
                lambda cluster: import_into(cluster, read_lines(file), show),
                deadline_seconds=_DEADLINE_SECONDS,
            )
        elif postgres_dsn is None:
            raise click.UsageError(
                "import goes into PostgreSQL: give HAZELGATE_POSTGRES_DSN or --postgres-dsn; "
                "or into a running cluster that keeps its events in memory: --into-cluster"
            )
        else:
            new, known = _imported_into_postgres(file, postgres_dsn, show)
    click.echo(f"{new:,} events imported, {known:,} were there already")


def _imported_into_postgres(file: BinaryIO, dsn: str, show: Show) -> tuple[int, int]:
    from hazelgate.operations.postgres.migrating import migrate
    from hazelgate.operations.transfer.postgres import import_events

    try:
        migrate(dsn)
        return import_events(dsn, read_lines(file), show)
    except (PostgresUnusable, ImportRefused, LogUnreadable) as error:
        raise CannotStart(str(error)) from None


@click.command()
@click.option(
    "--from-cluster", is_flag=True, help="Then copy the log of a running cluster that keeps its events in memory."
)
@postgres_dsn
@connection_options
def migrate(postgres_dsn: str | None, from_cluster: bool, connection: Connection) -> None:
    """
    Make the tables that the event store in PostgreSQL needs, or bring them up to date.

    With --from-cluster, the events of a cluster in memory are copied over and compared. Members that are then started
    with --postgres-dsn go on with them.
    """
    from hazelgate.operations.postgres.migrating import migrate as run

    dsn = require_dsn(postgres_dsn)
    try:
        made = run(dsn)
        for change in made:
            click.echo(f"made: {change}")
        click.echo("the tables are up to date" if made else "the tables were up to date already")
        if from_cluster:
            connection.run(lambda cluster: _copied(cluster, dsn), deadline_seconds=_DEADLINE_SECONDS)
    except (PostgresUnusable, ImportRefused, LogUnreadable) as error:
        raise CannotStart(str(error)) from None


async def _copied(cluster: HazelcastCluster, dsn: str) -> None:
    """Copy, and read back what is there."""
    from hazelgate.operations.transfer.postgres import import_events

    log = ClusterLog(cluster)
    there = _Digest()
    pages, loop = log.pages(), asyncio.get_running_loop()
    with progress(await log.total()) as show:
        new, known = await asyncio.to_thread(import_events, dsn, there.over(_flat(pages, loop)), show)
    click.echo(f"{new:,} events copied, {known:,} were there already")
    here = await asyncio.to_thread(_digest_of, dsn)
    if here.events != there.events or here.hex != there.hex:
        raise CannotStart(
            f"the database holds {here.events:,} events, and they are not the {there.events:,} of the cluster: "
            "it has events of another one. Copy into an empty database"
        )
    click.echo(f"compared: {here.events:,} events, the same byte for byte")
    pending = (await cluster.stats()).pending
    if pending:
        click.echo(
            f"{pending:,} events are still on their way, and not in the copy: stop the gateways, and run this again",
            err=True,
        )


class _Digest:
    """What events come to, in their order."""

    def __init__(self) -> None:
        self.events = 0
        self._sha = hashlib.sha256()

    def over(self, events: Iterator[StoredEvent]) -> Iterator[StoredEvent]:
        """The same events, counted and digested as they pass."""
        for event in events:
            self.events += 1
            self._sha.update(line_of(event))
            yield event

    @property
    def hex(self) -> str:
        """The digest so far."""
        return self._sha.hexdigest()


def _digest_of(dsn: str) -> _Digest:
    from hazelgate.operations.transfer.postgres import read_events

    digest = _Digest()
    for _ in digest.over(read_events(dsn)):
        pass
    return digest


def _flat(pages: AsyncIterator[list[StoredEvent]], loop: asyncio.AbstractEventLoop) -> Iterator[StoredEvent]:
    """Events out of pages that come in another thread's loop."""

    async def next_page() -> list[StoredEvent] | None:
        return await anext(pages, None)

    while (page := asyncio.run_coroutine_threadsafe(next_page(), loop).result()) is not None:
        yield from page
