"""`hazelgate pipeline`: how the pipelines are, and new code for one of them while its writes wait."""

from __future__ import annotations

import click

from hazelgate.client.figures.pipelines import PipelineState
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.replacement import Replacement
from hazelgate.operations.command_line.connecting import Connection, connection_options

_NAME = click.argument("name", required=False)
_TIMEOUT = click.option(
    "--timeout-seconds", type=click.FloatRange(1), default=60.0, help="How long each step may take.", show_default=True
)


@click.group()
def pipeline() -> None:
    """Look at the pipelines, stop and start one, and give one new code."""


@pipeline.command()
@connection_options
def status(connection: Connection) -> None:
    """Say how each pipeline is, on each member."""
    for state in connection.run(_states):
        click.echo(f"{state.name}: {state.status}, takes {state.takes}, {state.pending} pending")
        for member in state.members:
            code = f"code {member.fingerprint}" if member.fingerprint else "code not seen yet"
            click.echo(f"  member {member.member}: projector {member.address} {member.projector}, {code}")
        for warning in state.warnings:
            click.echo(f"  warning: {warning}")


@pipeline.command()
@_NAME
@_TIMEOUT
@connection_options
def drain(connection: Connection, name: str | None, timeout_seconds: float) -> None:
    """Finish what is under way and stop. Writes are taken in, and wait for `start`. A single pipeline needs no NAME."""
    connection.run(lambda cluster: Replacement(cluster, timeout_seconds, click.echo).drain(name))


@pipeline.command()
@_NAME
@_TIMEOUT
@connection_options
def start(connection: Connection, name: str | None, timeout_seconds: float) -> None:
    """Run a drained pipeline again: first what waits, in order."""
    connection.run(lambda cluster: Replacement(cluster, timeout_seconds, click.echo).start(name))


@pipeline.command()
@_NAME
@click.option(
    "--projector",
    "projectors",
    multiple=True,
    metavar="[MEMBER=]HOST:PORT",
    help="The new projector, for all members or the one at MEMBER. Left out: new code at the old addresses.",
)
@_TIMEOUT
@connection_options
def replace(connection: Connection, name: str | None, projectors: tuple[str, ...], timeout_seconds: float) -> None:
    """
    Give a pipeline new code: drain it, switch all members to the new projectors at once, and start it.

    The new projectors are looked at before anything is stopped. Without --projector the pipeline is drained, and you
    start the new code at the old addresses; it goes on when every member sees the same new code.
    """
    connection.run(lambda cluster: Replacement(cluster, timeout_seconds, click.echo).replace(name, projectors))


async def _states(cluster: HazelcastCluster) -> tuple[PipelineState, ...]:
    return (await cluster.stats()).pipelines
