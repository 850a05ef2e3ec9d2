"""`hazelgate pipeline` on a cluster of two members, each with a projector of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hazelgate.operations.cli import main
from hazelgate.operations.member import MemberOptions
from tests.support.many import Nodes
from tests.support.processes import free_port, projector
from tests.support.until import blocking_until


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    nodes = Nodes(tmp_path_factory.mktemp("commands"), 2, options=MemberOptions())
    try:
        nodes.start()
        yield nodes
    finally:
        for node in nodes.nodes:
            node.stop()


def run(nodes: Nodes, *arguments: str) -> Result:
    where = ["--cluster-name", nodes.cluster_name, "--members", nodes.nodes[0].address]
    return CliRunner().invoke(main, ["pipeline", *arguments, *where])


def says(nodes: Nodes, words: str) -> bool:
    """Whether status says that."""
    return words in run(nodes, "status").output


def test_status_names_the_members_their_projectors_and_code(nodes: Nodes) -> None:
    said = run(nodes, "status")
    assert said.exit_code == 0
    assert "events: RUNNING, takes *" in said.output
    for node in nodes.nodes:
        assert f"member {node.address}: projector" in said.output


def test_each_member_gets_the_projector_that_is_named_for_it(nodes: Nodes, tmp_path: Path) -> None:
    """Mixed code is told by status; a switch of all members at once leaves none."""
    ports = [free_port(), free_port()]
    new_code = [
        projector(port, log=tmp_path / f"next-{port}.log", domain="tests.support.ledger_next") for port in ports
    ]
    named = [f"--projector={node.address}=127.0.0.1:{port}" for node, port in zip(nodes.nodes, ports, strict=True)]
    try:
        for each in new_code:
            each.launch()
        for each in new_code:
            each.wait_until_up()
        half = run(nodes, "replace", "events", named[0], "--timeout-seconds", "3")
        assert half.exit_code == 2, "one member would have been left with the old code"
        assert "not every member sees the new code" in half.output
        assert blocking_until(lambda: says(nodes, "different code"))
        whole = run(nodes, "replace", "events", *named)
        assert whole.exit_code == 0, whole.output
        assert "writes waited" in whole.output
        status = run(nodes, "status").output
        assert "warning" not in status
        for port in ports:
            assert f"projector 127.0.0.1:{port} READY" in status
    finally:
        for each in new_code:
            each.stop()


def test_a_pipeline_that_is_not_there_is_said_with_those_that_are(nodes: Nodes) -> None:
    said = run(nodes, "drain", "nope")
    assert said.exit_code == 2
    assert "there is no pipeline nope: events" in said.output


def test_a_member_that_is_not_there_is_said(nodes: Nodes) -> None:
    said = run(nodes, "replace", f"--projector=10.0.0.1:1=127.0.0.1:{free_port()}")
    assert said.exit_code == 2
    assert "no member is at 10.0.0.1:1" in said.output
