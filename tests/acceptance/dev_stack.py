"""A real `hazelgate dev`, started as a user starts it."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from hazelgate.operations.ports import LOOPBACK, free_ports
from tests.acceptance.processes import alive, descendants
from tests.support.until import PATIENCE_SECONDS, until

HAZELGATE = Path(sys.executable).parent / "hazelgate"
STOP_SECONDS = 10.0


class DevStack:
    """A stack that is ready, and what it has printed so far."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, http: httpx.AsyncClient) -> None:
        self.process = process
        self.port = port
        self.url = f"http://{LOOPBACK}:{port}"
        self.graphql_url = f"{self.url}/graphql"
        self.lines: list[str] = []
        self.http = http

    async def answer(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What is answered to an operation; no data where nobody answers."""
        try:
            response = await self.http.post(self.graphql_url, json={"query": query, "variables": variables or {}})
        except httpx.TransportError:
            return {}
        answer: dict[str, Any] = response.json()
        return answer

    async def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Data of an operation that is expected to succeed."""
        answer = await self.answer(query, variables)
        assert not answer.get("errors"), answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def processes(self) -> set[int]:
        """Everything that the stack started."""
        return descendants(self.process.pid)

    def child(self, name: str) -> int:
        """The process id of the child whose command line holds that text."""
        matching = [
            pid for pid in self.processes() if name in Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
        ]
        assert len(matching) == 1, f"{len(matching)} processes match {name!r}"
        return matching[0]

    async def printed(self, text: str) -> None:
        """Wait for a line with that text."""
        await until(lambda: any(text in line for line in self.lines))

    async def is_ready(self) -> bool:
        """What /ready says just now."""
        try:
            return (await self.http.get(f"{self.url}/ready")).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    async def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Tell the stack to end. Returns its exit status."""
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), STOP_SECONDS)


@asynccontextmanager
async def running_dev(
    *arguments: str, command: Path = HAZELGATE, folder: Path | None = None, environ: Mapping[str, str] | None = None
) -> AsyncIterator[DevStack]:
    """`hazelgate dev` from its start, through being ready, to its end."""
    (port,) = free_ports(1)
    process = await asyncio.create_subprocess_exec(
        str(command),
        "dev",
        f"--port={port}",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=folder,
        env=environ,
    )
    async with httpx.AsyncClient(trust_env=False, timeout=15.0) as http:
        stack = DevStack(process, port, http)
        reading = asyncio.create_task(_read(process, stack.lines))
        left_behind: set[int] = set()
        try:
            await until(
                lambda: process.returncode is not None or any(line.startswith("ready") for line in stack.lines),
                timeout_seconds=PATIENCE_SECONDS,
            )
            assert process.returncode is None, f"it ended with status {process.returncode}"
            yield stack
        except AssertionError:
            print("\n".join(stack.lines[-60:]))
            raise
        finally:
            if process.returncode is None:
                left_behind = stack.processes()
                process.send_signal(signal.SIGINT)
                try:
                    await asyncio.wait_for(process.wait(), STOP_SECONDS)
                except TimeoutError:
                    process.kill()
                    raise
            await until(lambda: not alive(left_behind))
            await asyncio.wait_for(reading, 5.0)


async def _read(process: asyncio.subprocess.Process, lines: list[str]) -> None:
    assert process.stdout is not None
    while line := await process.stdout.readline():
        lines.append(line.decode(errors="replace").rstrip("\n"))
