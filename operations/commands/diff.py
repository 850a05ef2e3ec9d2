"""`hazelgate diff`: a view compared with a fresh fold of the log, field by field."""

from __future__ import annotations

import sys

import click
import msgspec

from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.rebuilds import Difference, Rebuild, Rebuilds
from hazelgate.client.reading.differences import ABSENT, differing_fields
from hazelgate.operations.command_line.connecting import Connection, connection_options
from hazelgate.operations.command_line.tables import print_table
from hazelgate.operations.command_line.values import bounded, shown
from hazelgate.operations.commands.rebuild import require_done, speed_option, watched

_HEAD = ("KEY", "FIELD", "STORED", "EXPECTED")
_WHOLE = "(the entry)"


@click.command()
@click.argument("view")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each entry in place of a table.")
@click.option("--limit", type=click.IntRange(1, 1_000), default=100, help="How many entries are shown at most.")
@speed_option
@connection_options
def diff(view: str, as_json: bool, limit: int, events_per_second: int, connection: Connection) -> None:
    """
    Compare a fresh fold of the log with the live VIEW, entry by entry.

    Each field that differs is shown with the stored value and with the one that the fold gives. Of an entry, 20 fields
    are shown at most. The exit status is 1 when there are any differences.
    """

    async def compare(rebuilds: Rebuilds) -> str:
        return await rebuilds.compare([view], events_per_second=events_per_second)

    async def work(cluster: HazelcastCluster) -> tuple[Rebuild, list[Difference]]:
        ended = await watched(cluster, compare)
        return ended, await Rebuilds(cluster).differences(ended.id, most=limit)

    ended, differences = connection.run(work)
    require_done(ended)
    if as_json:
        for each in differences:
            click.echo(_line(each))
    else:
        print_table([row for each in differences for row in _rows(each)], head=_HEAD)
    if ended.differences > len(differences):
        click.echo(f"{ended.differences - len(differences)} more entries differ: see --limit", err=True)
    click.echo(f"{ended.differences} entries of {view} differ from a fresh fold of {ended.events:,} events", err=True)
    sys.exit(1 if ended.differences else 0)


def _rows(difference: Difference) -> list[tuple[str, str, str, str]]:
    """One for each field, and one for those that are not shown."""
    fields, more = differing_fields(*_both(difference))
    rows = [(difference.key, each.path or _WHOLE, shown(each.one), shown(each.other)) for each in fields]
    return [*rows, (difference.key, f"and {more} more", "", "")] if more else rows


def _line(difference: Difference) -> bytes:
    fields, more = differing_fields(*_both(difference))
    told = [
        {"path": each.path}
        | ({} if each.one is ABSENT else {"stored": bounded(each.one)})
        | ({} if each.other is ABSENT else {"expected": bounded(each.other)})
        for each in fields
    ]
    return msgspec.json.encode(
        {"view": difference.view, "key": difference.key, "fields": told} | ({"moreFields": more} if more else {})
    )


def _both(difference: Difference) -> tuple[object, object]:
    live, fresh = difference.live, difference.fresh
    return (ABSENT if live is None else live), (ABSENT if fresh is None else fresh)
