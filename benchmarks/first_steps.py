"""The first minute with a domain of one's own: from `hazelgate new` to a mutation, from a saved file to its view."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from benchmarks.figures import Figure

_EVENTS = 10_000
_PATIENCE_SECONDS = 300.0
_OPEN = """mutation ($title: String!) {
  openTicket(input: {title: $title}) { ... on TicketPayload { ticket { ticketId title } } }
}"""
_BATCH = 50
_MADE = "        title=event.title,\n"


async def figures() -> list[Figure]:
    """Both, one after the other, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hazelgate-benchmark-") as folder:
        began = time.perf_counter()
        await _run(Path(folder), "new", "helpline")
        async with _dev(Path(folder) / "helpline") as (url, lines):
            async with httpx.AsyncClient(trust_env=False, timeout=60.0) as http:
                answer = await http.post(url, json={"query": _OPEN, "variables": {"title": "It hums"}})
                assert answer.json()["data"]["openTicket"]["ticket"]["title"] == "It hums", answer.text
                first = time.perf_counter() - began
                await _fill(http, url)
            source = Path(folder) / "helpline" / "helpline.py"
            text = source.read_text(encoding="utf-8")
            told = len(lines)
            saved = time.perf_counter()
            source.write_text(text.replace(_MADE, _MADE.replace("title,", 'title + "!",')), encoding="utf-8")
            await _until(lines, told, "is built again")
            built = time.perf_counter() - saved
            await _until(lines, told, "the new code runs")
            whole = time.perf_counter() - saved
    return [
        Figure("hazelgate new to the first typed mutation answered", first, "s", at_most=60),
        Figure(f"saved projection to its view built again from {_EVENTS:,} events", built, "s", at_most=5),
        Figure("saved projection to the new gateway", whole, "s"),
    ]


async def _fill(http: httpx.AsyncClient, url: str) -> None:
    """Many mutations in each request, several requests at a time."""
    fields = " ".join(
        f'o{number}: openTicket(input: {{title: "It hums"}}) {{ __typename }}' for number in range(_BATCH)
    )
    for _ in range((_EVENTS - 1) // _BATCH):
        answer = await http.post(url, json={"query": f"mutation {{ {fields} }}"})
        assert "errors" not in answer.json(), answer.text[:500]


async def _run(folder: Path, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(*_command(*arguments), cwd=folder, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0


@contextlib.asynccontextmanager
async def _dev(folder: Path) -> AsyncIterator[tuple[str, list[str]]]:
    """A stack that watches the domain: its GraphQL address, and the lines that it prints."""
    process = await asyncio.create_subprocess_exec(
        *_command("dev", "--domain", "helpline", "--reload", "--port", "0"),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    lines: list[str] = []
    reading = asyncio.create_task(_read(process.stdout, lines))
    try:
        ready = await _until(lines, 0, "ready after")
        found = re.search(r"http://\S+", ready)
        assert found is not None
        yield found[0], lines
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        await reading


async def _read(output: asyncio.StreamReader, lines: list[str]) -> None:
    while line := await output.readline():
        lines.append(line.decode(errors="replace").rstrip())


async def _until(lines: list[str], start: int, text: str) -> str:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            for line in lines[start:]:
                if text in line:
                    return line
            await asyncio.sleep(0.01)


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "hazelgate.operations.cli", *arguments]
