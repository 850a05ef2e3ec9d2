"""`hazelgate pipeline` on a cluster of two members, each with a projector of its own."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hazelgate.client.operators.replacement import Replacement
from hazelgate.operations.cli import main
from hazelgate.operations.member import MemberOptions
from tests.support.connected import connected
from tests.support.many import Nodes
from tests.support.processes import free_port, projector
from tests.support.until import PATIENCE_SECONDS, blocking_until, eventually


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


async def switch_by_hand(nodes: Nodes, member: str, projector: str) -> None:
    """One member alone gets other code, which `replace` never does."""
    async with connected(nodes.cluster()) as cluster:
        replacement = Replacement(cluster, PATIENCE_SECONDS, lambda line: None)
        await replacement.drain("events")
        request = {"action": "switch", "pipeline": "events", "member": member, "projector": projector}
        await cluster.control_pipeline(request)

        async def is_switched() -> bool:
            [state] = (await cluster.stats()).pipelines
            return any(each.address == projector for each in state.members)

        await eventually(is_switched)
        await replacement.start("events")


def doctor(nodes: Nodes, *arguments: str) -> Result:
    where = ["--cluster-name", nodes.cluster_name, "--members", ",".join(nodes.addresses)]
    return CliRunner().invoke(main, ["doctor", *arguments, *where])


def test_a_normal_start_logs_nothing_as_an_error(nodes: Nodes) -> None:
    assert blocking_until(lambda: run(nodes, "status").exit_code == 0 and not says(nodes, "warning"))
    for node in nodes.nodes:
        said = node.member.output()
        assert "is ready" in said
        assert [line for line in said.splitlines() if " SEVERE " in line or "ERROR" in line] == []
        assert "ERROR" not in node.projector.output()


def doctor_says(nodes: Nodes, status: int, words: str, *arguments: str) -> Result | None:
    said = doctor(nodes, *arguments)
    return said if said.exit_code == status and words in said.output else None


def test_doctor_finds_that_all_is_right(nodes: Nodes) -> None:
    said = blocking_until(lambda: doctor_says(nodes, 0, "pipeline"))
    assert {line.split()[0] for line in said.output.splitlines()} == {"ok"}
    assert "2 of 2 members are there" in said.output
    told = json.loads(blocking_until(lambda: doctor_says(nodes, 0, "findings", "--json")).output)
    assert (told["ready"], told["right"]) == (True, True)
    subjects = [each["subject"] for each in told["findings"]]
    assert subjects == [
        *("pipeline", "members", "gateways", "letters", "snapshots", "lag", "clocks", "heap", "store"),
    ]


def test_doctor_says_what_is_wrong_and_what_to_do(nodes: Nodes) -> None:
    nodes.nodes[1].projector.stop()
    try:
        said = blocking_until(lambda: doctor_says(nodes, 1, "of pipeline events is away: see `hazelgate pipeline"))
        assert [line.split()[1] for line in said.output.splitlines() if line.startswith("WARNING")] == ["pipeline"]
    finally:
        nodes.nodes[1].projector.start()
    blocking_until(lambda: doctor_says(nodes, 0, "pipeline"))


async def replace_twice_at_once(nodes: Nodes, projectors: tuple[str, ...]) -> None:
    """Two operators: one comes through, the other is refused or comes after."""
    async with connected(nodes.cluster()) as cluster:
        operators = [Replacement(cluster, PATIENCE_SECONDS, lambda line: None) for _ in range(2)]
        both = await asyncio.gather(*(each.replace("events", projectors) for each in operators), return_exceptions=True)
        assert None in both, both
        for refused in filter(None, both):
            assert "another operator is just changing pipeline events (replace)" in str(refused)
        [control] = await cluster.read("pipeline-control", ["events"])
        assert json.loads(control or b"")["status"] == "RUNNING"
        assert "change" not in json.loads(control or b"")


async def switch_and_start_at_once(nodes: Nodes) -> None:
    """Members change their projectors with one another, also one that never sees the pipeline drained."""
    async with connected(nodes.cluster()) as cluster:
        for _ in range(3):
            [before] = (await cluster.stats()).pipelines
            await Replacement(cluster, PATIENCE_SECONDS, lambda line: None).drain("events")
            asked = {"pipeline": "events"}
            named = {each.member: each.address for each in before.members}
            wanted = dict(zip(named, reversed(named.values()), strict=True))
            await cluster.control_pipeline({"action": "switch", "projectors": wanted, **asked})
            await cluster.control_pipeline({"action": "start", **asked})

            async def runs() -> bool:
                [state] = (await cluster.stats()).pipelines
                return all((each.job, each.projector) == ("RUNNING", "READY") for each in state.members)

            await eventually(runs)
            [after] = (await cluster.stats()).pipelines
            assert {each.member: each.address for each in after.members} == wanted


def test_status_names_the_members_their_projectors_and_code(nodes: Nodes) -> None:
    said = run(nodes, "status")
    assert said.exit_code == 0
    assert "events: RUNNING, takes *" in said.output
    for node in nodes.nodes:
        assert f"member {node.address}: projector" in said.output


def test_new_code_that_never_comes_leaves_the_pipeline_as_it_was(nodes: Nodes) -> None:
    assert blocking_until(lambda: not says(nodes, "warning"))
    before = run(nodes, "status").output
    said = run(nodes, "replace", "events", "--timeout-seconds", "3")
    assert said.exit_code == 2
    assert "not every member sees the new code" in said.output
    assert "again with code" in said.output, said.output
    assert blocking_until(lambda: run(nodes, "status").output == before)


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
        began = time.monotonic()
        half = run(nodes, "replace", "events", named[0], "--timeout-seconds", "600")
        assert half.exit_code == 2, "one member would have been left with the old code"
        assert time.monotonic() - began < 300, "nothing is waited for"
        assert f"no new projector is named for {nodes.nodes[1].address}" in half.output
        assert "nothing was changed" in half.output
        unchanged = run(nodes, "status").output
        assert "events: RUNNING" in unchanged
        assert "warning" not in unchanged
        asyncio.run(switch_by_hand(nodes, nodes.nodes[0].address, f"127.0.0.1:{ports[0]}"))
        assert blocking_until(lambda: says(nodes, "different code"))
        whole = run(nodes, "replace", "events", *named)
        assert whole.exit_code == 0, whole.output
        assert "writes waited" in whole.output
        status = run(nodes, "status").output
        assert "warning" not in status
        for port in ports:
            assert f"projector 127.0.0.1:{port} READY" in status
        asyncio.run(replace_twice_at_once(nodes, tuple(each.removeprefix("--projector=") for each in named)))
        asyncio.run(switch_and_start_at_once(nodes))
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
