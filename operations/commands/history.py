"""`hazelgate history`: the events that formed an entry, and the fields that each of them changed in it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.reading.differences import ABSENT, differing_fields
from hazelgate.operations.command_line.connecting import Connection, connection_options
from hazelgate.operations.command_line.domains import domain_option, load_domain
from hazelgate.operations.command_line.pasts import read_steps, require_view, spec_of
from hazelgate.operations.command_line.tables import print_table
from hazelgate.operations.command_line.values import bounded, shown
from hazelgate.projector.past import Step
from hazelgate.sourcing import clock

_HEAD = ("VERSION", "STORED AT", "EVENT", "AGGREGATE", "SEQUENCE", "EVENT ID", "FIELD", "BEFORE", "AFTER")
_WHOLE = "(the entry)"


@click.command()
@click.argument("view")
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each event in place of a table.")
@click.option("--limit", type=click.IntRange(1), default=1_000, help="How many events are shown: the last ones.")
@domain_option
@connection_options
def history(view: str, key: str, as_json: bool, limit: int, domain: str, connection: Connection) -> None:
    """
    List the events that formed the entry KEY of VIEW, oldest first, with each field that they changed.

    The entry is folded again from the stored events, by the code of --domain. An event that waits behind a dead letter,
    or that an operator left out, has formed nothing and is not listed. The exit status is 1 where the entry has no
    event, and 2 where there is no such view. Where other aggregates than the entry's own feed it, and the view does not
    say which, the whole log is searched for them.
    """
    catalog = load_domain(domain)
    spec_of(catalog, view)

    async def work(cluster: HazelcastCluster) -> list[Step]:
        await require_view(cluster, view)
        return await read_steps(cluster, catalog, view, key, clock.now())

    steps = connection.run(work)
    if not steps:
        click.echo(f"{view} has no entry {key}", err=True)
        sys.exit(1)
    if len(steps) > limit:
        click.echo(f"{len(steps) - limit:,} older events are not shown: see --limit", err=True)
    entries = [ABSENT, *(ABSENT if each.view is None else _plain(each.view) for each in steps)]
    first = max(0, len(steps) - limit)
    changes = [
        (step, *differing_fields(before, after))
        for step, before, after in zip(steps[first:], entries[first:], entries[first + 1 :], strict=False)
    ]
    if as_json:
        for each in changes:
            click.echo(_line(*each))
    else:
        print_table([row for each in changes for row in _rows(*each)], head=_HEAD)


def _plain(view: Any) -> Any:
    """An entry as JSON has it."""
    return msgspec.json.decode(msgspec.json.encode(view))


def _rows(step: Step, fields: Sequence[Any], more: int) -> list[tuple[str, ...]]:
    """One for each field that has changed; the event stands in the first."""
    record = step.record
    event = (
        *(str(step.meta.version), record.persisted_at or "", record.event_type),
        *(f"{record.aggregate_type} {record.aggregate_id}", str(record.sequence), record.event_id),
    )
    cells = [(each.path or _WHOLE, shown(each.one), shown(each.other)) for each in fields]
    if more:
        cells.append((f"and {more} more", "", ""))
    nothing = ("",) * len(event)
    return [(*(event if at == 0 else nothing), *each) for at, each in enumerate(cells or [("", "", "")])]


def _line(step: Step, fields: Sequence[Any], more: int) -> bytes:
    record = step.record
    changes = [
        {"path": each.path}
        | ({} if each.one is ABSENT else {"before": bounded(each.one)})
        | ({} if each.other is ABSENT else {"after": bounded(each.other)})
        for each in fields
    ]
    told: dict[str, Any] = {
        "version": step.meta.version,
        "eventType": record.event_type,
        "aggregateType": record.aggregate_type,
        "aggregateId": record.aggregate_id,
        "sequence": record.sequence,
        "eventId": record.event_id,
        "storedAt": record.persisted_at,
        "changes": changes,
    }
    return msgspec.json.encode(told | ({"moreChanges": more} if more else {}))
