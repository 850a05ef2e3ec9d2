"""`hazelgate rebuild`: views built anew from the log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import click

from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.rebuilds import Rebuild, RebuildReport, Rebuilds, RebuildStatus, ViewStatus
from hazelgate.operations.command_line.connecting import Connection, connection_options
from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.progress import figures, progress
from hazelgate.operations.command_line.tables import print_table

speed_option = click.option(
    "--events-per-second", type=click.IntRange(0), default=0, help="How fast it may go; 0: as fast as it can."
)


@click.command()
@click.argument("views", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All views of the domain.")
@speed_option
@click.option(
    "--from",
    "begin_with",
    metavar="SNAPSHOT",
    help="Go on from a snapshot: its id, `latest`, or a checkpoint (a position, or an instant like "
    "2026-11-23T17:45:00Z) for the newest that holds nothing of what came after it.",
)
@click.option("--other-code", is_flag=True, help="With --from: even where other code than today's has made it.")
@click.option("--rollback", metavar="VIEW", help="Make the generation before the live one live again.")
@click.option("--cancel", metavar="ID", help="End a rebuild; the live views stay as they are.")
@click.option("--resume", metavar="ID", help="Go on with a rebuild that has failed.")
@click.option("--drop", metavar="VIEW", help="Let go of the generation that is kept for a rollback.")
@click.option("--status", is_flag=True, help="Show the views and the last rebuilds.")
@connection_options
def rebuild(
    views: tuple[str, ...],
    every: bool,
    events_per_second: int,
    begin_with: str | None,
    other_code: bool,
    rollback: str | None,
    cancel: str | None,
    resume: str | None,
    drop: str | None,
    status: bool,
    connection: Connection,
) -> None:
    """
    Build VIEWS anew from the log, beside the live ones, and switch when they are complete.

    Reads and writes go on meanwhile. Ctrl-C leaves it running: `--status` shows it, `--cancel` ends it.
    """
    if begin_with and not (views or every):
        raise click.UsageError("with --from name the views to rebuild, or --all")
    if other_code and not begin_with:
        raise click.UsageError("--other-code is about the snapshot that --from names")
    asked = [bool(views) or every, rollback, cancel, resume, drop, status]
    if sum(map(bool, asked)) != 1 or (views and every):
        raise click.UsageError(
            "name the views to rebuild, or --all, or one of --rollback, --cancel, --resume, --drop, --status"
        )
    if status:
        _show(connection.run(lambda cluster: Rebuilds(cluster).report()))
    elif cancel:
        was_running = connection.run(lambda cluster: Rebuilds(cluster).cancel(cancel))
        click.echo("cancelled" if was_running else "it had ended already")
    elif drop:
        dropped = connection.run(lambda cluster: Rebuilds(cluster).drop_previous(drop))
        click.echo("dropped" if dropped else "there was none")
    else:

        async def begin(rebuilds: Rebuilds) -> str:
            if rollback:
                return await rebuilds.roll_back(rollback)
            if resume:
                await rebuilds.resume(resume)
                return resume
            return await rebuilds.start(
                views, events_per_second=events_per_second, begin_with=begin_with, other_code=other_code
            )

        rebuilt(connection, begin)


def rebuilt(connection: Connection, begin: Callable[[Rebuilds], Awaitable[str]]) -> None:
    """Begin a rebuild, show how far it is, and say how it ended."""
    require_done(connection.run(lambda cluster: watched(cluster, begin)))


async def watched(cluster: HazelcastCluster, begin: Callable[[Rebuilds], Awaitable[str]]) -> Rebuild:
    """Begin, and show a bar until it has ended."""
    rebuilds = Rebuilds(cluster)
    rebuild_id = await begin(rebuilds)
    click.echo(f"{rebuild_id} is running", err=True)
    with progress(0) as show:
        async for each in rebuilds.watch(rebuild_id):
            ended = each
            show(each.events, each.total)
    return ended


def require_done(ended: Rebuild) -> None:
    """
    Say what a rebuild or a comparison has done.

    Raises:
        CannotStart: It was cancelled, or has failed.
    """
    if ended.status is not RebuildStatus.DONE:
        raise CannotStart(f"{ended.id} is {ended.status}" + (f": {ended.error}" if ended.error else ""))
    base = f" onto snapshot {ended.snapshot}, which holds {ended.skipped:,}" if ended.snapshot else ""
    click.echo(f"{ended.id}: {ended.events:,} events folded into {', '.join(ended.views)}{base}", err=True)


def _show(report: RebuildReport) -> None:
    if not report.views:
        click.echo("no view is known yet: the projector was not there so far", err=True)
    print_table([(view.view, "; ".join(_notes(view))) for view in report.views])
    print_table(
        [
            (
                *(each.id, each.kind, each.status, each.started_at),
                *(figures(each.events, each.total), ", ".join(each.views)),
                *(f"from {each.snapshot}" if each.snapshot else "", each.error or ""),
            )
            for each in report.rebuilds
        ]
    )


def _notes(view: ViewStatus) -> list[str]:
    notes = [f"live in {view.live}"]
    if view.built_at:
        notes.append(f"built at {view.built_at}")
    if view.previous:
        notes.append(f"{view.previous} is kept for a rollback")
    if view.incomplete:
        notes.append(f"INCOMPLETE, younger than the log: hazelgate rebuild {view.view}")
    return notes
