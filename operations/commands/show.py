"""`hazelgate show`: one entry of a view, as it is and as it was."""

from __future__ import annotations

import sys
from datetime import datetime

import click
import msgspec

from hazelgate.client.cluster import Cluster
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.views.past import entry_after
from hazelgate.operations.command_line.connecting import Connection, connection_options
from hazelgate.operations.command_line.domains import domain_option, load_domain
from hazelgate.operations.command_line.pasts import read_steps, require_view, spec_of
from hazelgate.sourcing import clock
from hazelgate.sourcing.catalog import Catalog


class _InstantType(click.ParamType[str]):
    """An instant of ISO 8601 with an offset."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The instant as it is stored."""
        try:
            return clock.instant(datetime.fromisoformat(str(value)))
        except ValueError:
            return self.fail(f"{value!r} is no instant: write it like 2026-11-25T17:45:00Z", param, ctx)


@click.command()
@click.argument("view")
@click.argument("key")
@click.option("--as-of", type=_InstantType(), metavar="INSTANT", help="As it was then, like 2026-11-25T17:45:00Z.")
@domain_option
@connection_options
def show(view: str, key: str, as_of: str | None, domain: str, connection: Connection) -> None:
    """
    Show the entry KEY of VIEW as JSON, with its version and the event that it was changed by last.

    The exit status is 1 where there is no such entry. With --as-of it is folded again from the stored events.
    Where other aggregates than the entry's own feed it, the whole log is searched for them.
    """
    catalog = None if as_of is None else load_domain(domain)

    async def work(cluster: HazelcastCluster) -> bytes | None:
        await require_view(cluster, view)
        if as_of is None or catalog is None:
            return await _entry(cluster, view, key)
        return await entry_then(cluster, catalog, view, key, as_of)

    entry = connection.run(work)
    if entry is None:
        click.echo(f"{view} has no entry {key}" + (f" as of {as_of}" if as_of else ""), err=True)
        sys.exit(1)
    click.echo(msgspec.json.format(entry, indent=2))


async def _entry(cluster: Cluster, view: str, key: str) -> bytes | None:
    [raw] = await cluster.read(view, [key])
    return None if raw is None or msgspec.json.decode(raw)["_meta"].get("absent") else raw


async def entry_then(cluster: Cluster, catalog: Catalog, view: str, key: str, until: str) -> bytes | None:
    """
    The entry at an instant as JSON, `_meta` first; None where there was none.

    Raises:
        CannotStart: The domain does not have the view.
    """
    return entry_after(spec_of(catalog, view), await read_steps(cluster, catalog, view, key, until))
