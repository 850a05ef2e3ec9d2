"""Running a stack, with small children in place of the real ones."""

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from hazelgate.operations.ports import LOOPBACK, free_ports
from hazelgate.operations.postgres.connecting import PostgresUnusable
from hazelgate.operations.postgres.server import PostgresServer
from hazelgate.operations.stack.planning import Stack
from hazelgate.operations.stack.running import run_stack, wait_until_ready
from hazelgate.operations.stack.services import ChildSpec
from tests.acceptance.processes import alive, descendants
from tests.support.until import PATIENCE_SECONDS, until

# Answers /ready: first that something is missing, and that it is ready once the given file exists.
GATEWAY = """
import http.server, json, pathlib, sys
port, ready = int(sys.argv[1]), pathlib.Path(sys.argv[2])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if ready.exists() else 503)
        self.end_headers()
        self.wfile.write(json.dumps({"problem": "the projector is away"}).encode())
    def log_message(self, *_):
        pass
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
DEMO = "import time; print('orders', flush=True); time.sleep(600)"


class Failing(PostgresServer):
    """A database that does not come up."""

    def wait_until_it_answers(self, timeout_seconds: float = 0.0) -> None:
        raise PostgresUnusable("it is broken")


def child(name: str, source: str, *arguments: str) -> ChildSpec:
    return ChildSpec(name=name, command=(sys.executable, "-I", "-S", "-c", source, *arguments))


def stack(ready: Path) -> Stack:
    (port,) = free_ports(1)
    return Stack(
        services=(child("gateway", GATEWAY, str(port), str(ready)),),
        demo=child("demo", DEMO),
        places=(("gateway", "here"), ("GraphiQL", "there")),
        urls=(f"http://{LOOPBACK}:{port}",),
    )


async def test_the_demo_starts_once_the_stack_is_ready(tmp_path: Path) -> None:
    """Not before: it would only be refused."""
    lines: list[str] = []
    ready = tmp_path / "ready"
    planned = stack(ready)
    running = asyncio.create_task(run_stack(planned, lines.append))
    await until(lambda: lines == ["gateway     here", "GraphiQL    there"])
    telling: list[str] = []
    waiting = asyncio.create_task(wait_until_ready(f"{planned.url}/ready", telling.append, tell_after_seconds=0.0))
    await until(lambda: "not ready yet: the projector is away" in telling)
    ready.touch()
    await waiting
    await until(lambda: "demo    | orders" in lines)
    assert [line for line in lines if line.startswith("ready after ")]
    os.kill(os.getpid(), signal.SIGTERM)
    assert await running == 0
    assert lines[-2:] == ["stopping", "stopped"]


async def test_a_stack_that_can_not_go_on_ends_with_status_1(tmp_path: Path) -> None:
    """A service manager, or a script, has to learn of it."""
    lines: list[str] = []
    missing = PostgresServer(("/nowhere/to/be/found",), 1, "", tmp_path)
    planned = replace(stack(tmp_path / "ready"), database=Failing(**vars(missing)))
    assert await asyncio.wait_for(run_stack(planned, lines.append), 20.0) == 1
    assert "the stack can't go on: it is broken" in lines


async def test_a_stack_that_nobody_reads_from_any_more_ends(tmp_path: Path) -> None:
    """As in `hazelgate dev | head`."""

    def write(line: str) -> None:
        raise BrokenPipeError

    others = descendants(os.getpid())
    await asyncio.wait_for(run_stack(stack(tmp_path / "ready"), write), PATIENCE_SECONDS)
    assert not alive(descendants(os.getpid()) - others)
