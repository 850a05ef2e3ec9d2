"""`hazelgate snapshot …`: snapshots of views, taken, listed, verified, and built from."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import TypeVar

import click

from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.manifests import Manifest
from hazelgate.client.operators.snapshot_requests import Attempt, AttemptStatus, Snapshots
from hazelgate.operations.command_line.connecting import Connection, connection_options
from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.settings import option
from hazelgate.operations.command_line.tables import print_table
from hazelgate.operations.commands.rebuild import rebuilt, speed_option
from hazelgate.operations.member import SnapshotOptions
from hazelgate.operations.snapshot_store.archive import Archive, SnapshotDamaged
from hazelgate.operations.snapshot_store.location import LocationUnusable, absolute, open_location

T = TypeVar("T")


@click.group()
def snapshot() -> None:
    """Snapshots of views: taken, listed, verified, and built from."""


_location_option = option(
    SnapshotOptions,
    "location",
    help="Where snapshots of views are kept.  [default: where the members say]",
)


@snapshot.command()
@click.argument("views", nargs=-1)
@connection_options
def create(views: tuple[str, ...], connection: Connection) -> None:
    """
    Take a snapshot of VIEWS, or of all that are complete, while reads and writes go on.

    Its id is printed on the output once it is whole.
    """

    async def work(cluster: HazelcastCluster) -> Attempt:
        snapshots = Snapshots(cluster)
        taken = await snapshots.create(views)
        click.echo(f"{taken} is being taken", err=True)
        return await snapshots.wait(taken)

    taken = connection.run(work)
    if taken.status is not AttemptStatus.DONE:
        raise CannotStart(f"{taken.id} was not taken: {taken.error}")
    click.echo(f"{taken.id} holds {taken.entries:,} entries", err=True)
    click.echo(taken.id)


@snapshot.command(name="list")
@_location_option
@connection_options
def list_snapshots(location: str | None, connection: Connection) -> None:
    """Show the snapshots that there are, newest first, a line for each view."""
    listing = _looked(_archive(location, connection).listing)
    rows = [row for manifest in listing.snapshots for row in _rows(manifest, listing.location)]
    print_table(rows, right=(4, 5))
    for damaged in listing.damaged:
        click.echo(damaged.problem, err=True)
    if not listing.snapshots:
        click.echo(f"there is no snapshot in {listing.location}", err=True)


def _rows(manifest: Manifest, location: str) -> list[tuple[str, ...]]:
    return [
        (
            *(manifest.id, view, manifest.snapshot_timestamp, f"position {manifest.position}"),
            *(f"{manifest.entries_of(view):,} entries", f"{manifest.bytes_of(view):,} bytes"),
            f"{location}/{manifest.id}",
        )
        for view in manifest.views
    ]


@snapshot.command()
@click.argument("ids", nargs=-1)
@_location_option
@connection_options
def verify(ids: tuple[str, ...], location: str | None, connection: Connection) -> None:
    """
    Read snapshots, those named by IDS or all, and hold them against their checksums.

    The exit status is 1 when one is damaged.
    """
    archive = _archive(location, connection)
    listing = _looked(archive.listing)
    problems = 0
    for each in ids or [*(each.id for each in listing.snapshots), *(each.id for each in listing.damaged)]:
        try:
            manifest = _looked(functools.partial(archive.verify, each))
            click.echo(f"{each} is whole: {sum(part.entries for part in manifest.parts):,} entries")
        except SnapshotDamaged as error:
            problems += 1
            click.echo(str(error), err=True)
        except FileNotFoundError:
            raise CannotStart(f"there is no snapshot {each} in {archive.location}, or it was never finished") from None
    sys.exit(1 if problems else 0)


@snapshot.command()
@click.argument("snapshot_id", metavar="[ID]", default="latest")
@click.option("--view", "views", multiple=True, help="A view to restore, once for each.  [default: all of the domain]")
@click.option("--other-code", is_flag=True, help="Even where other code than today's has made it.")
@speed_option
@connection_options
def restore(
    snapshot_id: str, views: tuple[str, ...], other_code: bool, events_per_second: int, connection: Connection
) -> None:
    """
    Build views from the snapshot ID, or from the newest, and from all that has happened since; then switch.

    The same as `hazelgate rebuild --from`.
    """
    rebuilt(
        connection,
        lambda rebuilds: rebuilds.start(
            views, events_per_second=events_per_second, begin_with=snapshot_id, other_code=other_code
        ),
    )


def _archive(location: str | None, connection: Connection) -> Archive:
    if location is None:
        location = connection.run(lambda cluster: Snapshots(cluster).location())
    try:
        return Archive(open_location(location), absolute(location))
    except LocationUnusable as error:
        raise CannotStart(str(error)) from None


def _looked(look: Callable[[], T]) -> T:
    try:
        return look()
    except LocationUnusable as error:
        raise CannotStart(str(error)) from None
