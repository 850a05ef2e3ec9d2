"""How an operator's command says that it can't reach its cluster."""

import click
import pytest
from click.testing import CliRunner

from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.operations.command_line import connecting
from hazelgate.operations.command_line.connecting import Connection, connection_options
from hazelgate.sourcing.errors import HazelgateError
from tests.support.processes import free_port


@click.command()
@connection_options
@click.option("--word")
def command(connection: Connection, word: str) -> None:
    """Say how many events are pending."""

    async def pending(cluster: HazelcastCluster) -> int:
        if word == "refused":
            raise HazelgateError("a member could not do it")
        return (await cluster.stats()).pending

    click.echo(f"{word}: {connection.run(pending)}")


def test_a_cluster_that_is_not_there_is_one_line_and_status_2(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the name and the addresses that were tried."""
    monkeypatch.setattr(connecting, "CONNECT_SECONDS", 0.3)
    address = f"127.0.0.1:{free_port()}"
    result = CliRunner().invoke(command, ["--cluster-name", "nowhere", "--members", address, "--word", "x"])
    assert result.exit_code == 2
    assert result.output.startswith("Error: not connected after 0.3 s")
    assert "'nowhere'" in result.output
    assert address in result.output
    assert result.output.count("\n") == 1


@pytest.mark.parametrize(("members", "complaint"), [("nonsense", "is not host:port"), (",", "at least one member")])
def test_ill_formed_members_are_named(members: str, complaint: str) -> None:
    """Before anything is tried."""
    result = CliRunner().invoke(command, ["--members", members, "--word", "x"])
    assert result.exit_code == 2
    assert complaint in result.output
