"""`hazelgate doctor`: what is not right with a cluster, at a glance."""

from __future__ import annotations

import sys

import click
import msgspec

from hazelgate.client.cluster import ClusterState
from hazelgate.client.figures.diagnosis import Finding
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.operators.rebuilds import Rebuilds
from hazelgate.client.operators.uniqueness import examine_uniqueness
from hazelgate.operations.command_line.connecting import Connection, connection_options
from hazelgate.operations.command_line.tables import print_table


@click.command()
@click.option("--json", "as_json", is_flag=True, help="JSON in place of a table.")
@click.option("--acknowledge-losses", is_flag=True, help="Say that you know of the lost partitions: warn no more.")
@connection_options
def doctor(as_json: bool, acknowledge_losses: bool, connection: Connection) -> None:
    """
    Look at the whole cluster: one line for each thing, with what to do where it is not right.

    It looks at members, projectors, gateways and their code, dead letters, the last snapshot, the pipeline's lag,
    clocks, heaps, the store, and lost partitions. `/ready` of a gateway warns of the same. It also counts the values
    that several aggregates hold though events declare them unique. The exit status is 0 if all is right, 1 with
    warnings, and 2 if the cluster can't be reached.
    """

    async def work(cluster: HazelcastCluster) -> tuple[bool, ClusterState, tuple[Finding, ...]]:
        there_were = acknowledge_losses and await Rebuilds(cluster).acknowledge_losses()
        return there_were, await cluster.look(), await examine_uniqueness(cluster)

    there_were, state, unique = connection.run(work)
    if acknowledge_losses:
        click.echo("acknowledged" if there_were else "no partition is lost", err=True)
    findings = (*state.findings, *unique)
    warned = any(each.warning for each in findings)
    if as_json:
        told = {"ready": state.problem is None, "problem": state.problem, "right": not warned, "findings": findings}
        click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2))
    else:
        print_table([("WARNING" if each.warning else "ok", each.subject, str(each)) for each in findings])
    sys.exit(1 if warned or state.problem is not None else 0)
