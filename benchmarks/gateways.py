"""Gateways of processes of their own, beside a stack."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import httpx

from benchmarks.stack import RunningStack
from hazelgate.operations.ports import free_ports

SERVE = ("hazelgate.operations.cli", "serve")
_READY_SECONDS = 60.0
_ENOUGH = str(10**12)
UNREACHED = {"max_cost_per_second": _ENOUGH, "max_bytes_per_second": _ENOUGH}
"""Bounds that are looked after, and not reached: one client sends all of the load."""


@dataclass
class Gateway:
    """A gateway of its own process."""

    url: str
    pid: int


@contextlib.asynccontextmanager
async def running_gateway(
    stack: RunningStack, *, command: Sequence[str] = SERVE, **settings: str
) -> AsyncIterator[Gateway]:
    """
    A gateway with these settings that is ready.

    Args:
        command: What runs it: a module, and the module's arguments.
    """
    [port] = free_ports(1)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", *command),
        stdout=subprocess.DEVNULL,
        env={
            **os.environ,
            "HAZELGATE_PORT": str(port),
            "HAZELGATE_MEMBERS": stack.member,
            "HAZELGATE_CLUSTER_NAME": stack.cluster_name,
            "HAZELGATE_OPERATION_TIMEOUT_SECONDS": "60",
            **{f"HAZELGATE_{name.upper()}": value for name, value in settings.items()},
        },
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient() as http:
            deadline = time.monotonic() + _READY_SECONDS
            while not await _is_ready(http, url):
                if process.returncode is not None or time.monotonic() > deadline:
                    raise RuntimeError("a gateway did not become ready")
                await asyncio.sleep(0.1)
        yield Gateway(f"{url}/graphql", process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _is_ready(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(f"{url}/ready")).status_code == 200
    except httpx.TransportError:
        return False
