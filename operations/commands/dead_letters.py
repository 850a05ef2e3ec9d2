"""`hazelgate dead-letters`: what an operator sees of events that a view could not take, and does about them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import IO, Any

import click
import msgspec

from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.dead_letters import DeadLetters
from hazelgate.client.resolutions import Resolution
from hazelgate.operations.command_line.connecting import Connection, connection_options
from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.tables import print_table
from hazelgate.sourcing.envelope import EVENT_STORE, DeadLetter

_NEW_LINE, _INDENTED = "\n", "\n" + 14 * " "
"""An error's frames stand below its message."""
_ERROR_WIDTH = 60
_NONE = "no dead letters"


@click.group("dead-letters")
def dead_letters() -> None:
    """Events that a view could not take: see them, retry, edit, discard."""


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    projection = click.option("--projection", help="Only those of this view, like owner-view.")
    return projection(click.option("--event-type", help="Only those of this event type.")(command))


_JSON = click.option("--json", "as_json", is_flag=True, help="JSON in place of a table.")


@dead_letters.command("list")
@connection_options
@_filters
@_JSON
def list_letters(connection: Connection, projection: str | None, event_type: str | None, as_json: bool) -> None:
    """All of them, the oldest failure first."""
    letters = connection.run(lambda cluster: _found(cluster, projection, event_type))
    if as_json:
        _print_json(letters)
        return
    if not letters:
        click.echo(_NONE)
    print_table(
        [
            (
                letter.id,
                letter.projection,
                letter.entry_key,
                letter.event_type,
                f"{letter.attempts}{' (retrying)' if letter.retry_at else ''}",
                str(letter.blocked_count),
                letter.last_failed_at[:19] + "Z",
                textwrap.shorten(letter.error, _ERROR_WIDTH, placeholder="…"),
            )
            for letter in letters
        ],
        head=("ID", "PROJECTION", "ENTRY", "EVENT TYPE", "ATTEMPTS", "WAITING", "FAILED AT", "ERROR"),
    )


@dead_letters.command()
@click.argument("id")
@connection_options
@_JSON
def show(connection: Connection, id: str, as_json: bool) -> None:
    """One of them, with its event as it is stored."""

    async def look(cluster: HazelcastCluster) -> tuple[DeadLetter, bytes | None]:
        letter = await DeadLetters(cluster).one(id)
        [record] = await cluster.read(EVENT_STORE, [letter.event_key])
        return letter, record

    letter, record = connection.run(look)
    event = None if record is None else msgspec.Raw(record)
    if as_json:
        _print_json({"deadLetter": letter, "event": event})
        return
    for name, value in (
        ("id", letter.id),
        ("projection", letter.projection),
        ("entry", letter.entry_key),
        ("error", letter.error),
        ("attempts", letter.attempts),
        ("first failed", letter.first_failed_at),
        ("last failed", letter.last_failed_at),
        ("tried again", letter.retry_at or "not by itself"),
        ("waiting", ", ".join(each.key for each in letter.waiting) or "none"),
        ("event", letter.event_key),
    ):
        click.echo(f"{name + ':':<14}{str(value).replace(_NEW_LINE, _INDENTED)}")
    click.echo((b"null" if event is None else msgspec.json.format(bytes(event), indent=2)).decode())


@dead_letters.command()
@click.argument("ids", nargs=-1)
@connection_options
@_filters
@click.option("--all", "all_of_them", is_flag=True, help="Every one of them.")
@click.option(
    "--data",
    type=click.File("rb"),
    help="Edit and retry: JSON that stands in for the event's data, in that one entry. A file, or - for stdin.",
)
@click.option("--reason", help="Why it is edited; kept with the decision.")
@_JSON
def retry(
    connection: Connection,
    ids: tuple[str, ...],
    projection: str | None,
    event_type: str | None,
    all_of_them: bool,
    data: IO[bytes] | None,
    reason: str | None,
    as_json: bool,
) -> None:
    """
    Try some again (by id), or all, or all of a view or event type; those behind follow in order.

    The exit status is 1 where one of them fails again.
    """
    _one_way_to_choose(ids, projection, event_type, all_of_them)
    edited = None if data is None else data.read()
    if edited is None and reason is not None:
        raise click.UsageError("--reason belongs to --data")
    if edited is not None and len(ids) != 1:
        raise click.UsageError("--data is for exactly one id")
    if edited is not None:
        try:
            msgspec.json.decode(edited)
        except msgspec.DecodeError as error:
            raise click.BadParameter(f"is not JSON: {error}", param_hint="--data") from None

    async def work(cluster: HazelcastCluster) -> list[Resolution]:
        letters = DeadLetters(cluster)
        if edited is not None:
            return [await letters.edit(ids[0], edited, reason)]
        return await letters.retry(ids or [each.id for each in await _found(cluster, projection, event_type)])

    _report(connection.run(work, until_ready=True), as_json)


@dead_letters.command()
@click.argument("ids", nargs=-1)
@connection_options
@_filters
@click.option("--all", "all_of_them", is_flag=True, help="Every one of them.")
@click.option("--reason", required=True, help="Why; kept with the decision.")
@_JSON
def discard(
    connection: Connection,
    ids: tuple[str, ...],
    projection: str | None,
    event_type: str | None,
    all_of_them: bool,
    reason: str,
    as_json: bool,
) -> None:
    """Leave some out of the view that could not take them, for good. The store keeps them; those behind follow."""
    _one_way_to_choose(ids, projection, event_type, all_of_them)

    async def work(cluster: HazelcastCluster) -> list[Resolution]:
        chosen = ids or [each.id for each in await _found(cluster, projection, event_type)]
        return [await DeadLetters(cluster).discard(each, reason) for each in chosen]

    _report(connection.run(work, until_ready=True), as_json)


def _one_way_to_choose(ids: Sequence[str], projection: str | None, event_type: str | None, all_of_them: bool) -> None:
    if sum((bool(ids), projection is not None or event_type is not None, all_of_them)) != 1:
        raise click.UsageError("say which: ids, or --projection and/or --event-type, or --all")


async def _found(cluster: HazelcastCluster, projection: str | None, event_type: str | None) -> list[DeadLetter]:
    return [each async for each in DeadLetters(cluster).find(projection=projection, event_type=event_type)]


def _report(resolutions: list[Resolution], as_json: bool) -> None:
    if as_json:
        _print_json(resolutions)
    else:
        if not resolutions:
            click.echo(_NONE)
        print_table(
            [
                (
                    each.id,
                    each.outcome,
                    each.completion.event_id if each.completion else "",
                    each.completion.status if each.completion else "",
                    textwrap.shorten(each.message, _ERROR_WIDTH, placeholder="…"),
                )
                for each in resolutions
            ],
            head=("ID", "OUTCOME", "EVENT", "STATUS", "MESSAGE"),
        )
    unknown = [each.id for each in resolutions if each.outcome == "UNKNOWN"]
    if unknown:
        raise CannotStart(f"there is no dead letter {', '.join(unknown)} (any more)")
    if any(each.outcome != "RESOLVED" for each in resolutions):
        raise SystemExit(1)


def _print_json(value: Any) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
