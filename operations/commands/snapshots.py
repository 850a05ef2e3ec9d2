"""`hazelgate snapshot …`, and the options by which a member is told of snapshots."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.manifests import Manifest
from hazelgate.client.operators.snapshot_requests import Attempt, AttemptStatus, Snapshots
from hazelgate.operations.commands.connecting import Connection, connection_options
from hazelgate.operations.commands.rebuild import rebuilt, speed_option
from hazelgate.operations.commands.usage import CannotStart
from hazelgate.operations.member import SnapshotOptions
from hazelgate.operations.snapshots.archive import Archive, SnapshotDamaged
from hazelgate.operations.snapshots.location import LocationUnusable, absolute, open_location

T = TypeVar("T")

_ENVIRON = "GATEWAY_SNAPSHOTS"


_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class Duration(click.ParamType[int]):
    """`90s`, `30m`, `6h`, `7d`: a number of seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """In seconds."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"([1-9][0-9]{0,8})([smhd])", value)
        if found is None:
            self.fail(f"{value!r} is not a duration like 90s, 30m, 6h or 7d", param, ctx)
        return int(found[1]) * _SECONDS[found[2]]


def snapshot_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options about snapshots; it gets them as `snapshots`, None where none are kept."""

    @click.option(
        "--snapshots",
        "snapshots_location",
        envvar=_ENVIRON,
        metavar="LOCATION",
        help="Where snapshots of views are kept: a folder, or s3://bucket/path. Better given as GATEWAY_SNAPSHOTS.",
        show_default=False,
    )
    @click.option("--snapshot-every", type=Duration(), help="How often one is taken, like 6h.  [default: by hand only]")
    @click.option("--snapshots-keep", type=click.IntRange(1), default=5, help="How many are kept.")
    @click.option("--snapshots-max-age", type=Duration(), help="How old those may get, but for the newest, like 7d.")
    @click.option("--snapshots-of-other-code", is_flag=True, help="Start from one even where projections have changed.")
    @functools.wraps(command)
    def told(
        *arguments: Any,
        snapshots_location: str | None,
        snapshot_every: int | None,
        snapshots_keep: int,
        snapshots_max_age: int | None,
        snapshots_of_other_code: bool,
        **options: Any,
    ) -> None:
        if not snapshots_location:
            if snapshot_every or snapshots_max_age or snapshots_of_other_code:
                raise click.UsageError(f"say where snapshots are kept: --snapshots LOCATION, or {_ENVIRON}")
            command(*arguments, snapshots=None, **options)
            return
        try:
            open_location(snapshots_location, make=True)
        except LocationUnusable as error:
            raise CannotStart(str(error)) from None
        snapshots = SnapshotOptions(
            location=absolute(snapshots_location),
            every_seconds=snapshot_every or 0,
            keep=snapshots_keep,
            max_age_seconds=snapshots_max_age or 0,
            other_code=snapshots_of_other_code,
        )
        command(*arguments, snapshots=snapshots, **options)

    return told


@click.group()
def snapshot() -> None:
    """Snapshots of views: taken, listed, verified, and built from."""


def _location_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--snapshots",
        "location",
        envvar=_ENVIRON,
        metavar="LOCATION",
        help="Where they are kept.  [default: where the members say]",
        show_default=False,
    )(command)


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
    for manifest in listing.snapshots:
        for line in _lines(manifest, listing.location):
            click.echo(line)
    for damaged in listing.damaged:
        click.echo(damaged.problem, err=True)
    if not listing.snapshots:
        click.echo(f"there is no snapshot in {listing.location}", err=True)


def _lines(manifest: Manifest, location: str) -> list[str]:
    return [
        f"{manifest.id}  {view:<30}  {manifest.snapshot_timestamp}  position {manifest.position}  "
        f"{manifest.entries_of(view):>9,} entries  {manifest.bytes_of(view):>12,} bytes  {location}/{manifest.id}"
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
