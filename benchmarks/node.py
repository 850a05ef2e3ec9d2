"""Servers in Node that gateways are compared with; their packages are those of `peers/`."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

_PEERS = Path(__file__).parent / "peers"


def find_node() -> str | None:
    """Where Node is; None where it or the packages are not installed."""
    return shutil.which("node") if (_PEERS / "node_modules").is_dir() else None


async def node_server(
    node: str, *command: str
) -> tuple[asyncio.subprocess.Process, asyncio.StreamWriter, asyncio.StreamReader]:
    """A script of `peers/` that ends once its input does: its process, its input, and what it says."""
    process = await asyncio.create_subprocess_exec(
        *(node, *command),
        cwd=_PEERS,
        env={"NODE_ENV": "production", "PATH": str(Path(node).parent)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    return process, process.stdin, process.stdout
