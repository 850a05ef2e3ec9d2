"""`hazelgate dev --reload`: a saved file counts, no write is lost, and a mistake leaves the old code running."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hazelgate.operations.new_project import write_project
from tests.acceptance.dev_stack import DevStack, running_dev
from tests.support.until import REST_SECONDS, until

OPEN = """mutation ($id: ID!, $event: ID!) {
  openTicket(input: {ticketId: $id, title: "It hums"}, options: {eventId: $event}) {
    __typename ... on TicketPayload { ticket { title } } ... on EventError { code message }
  }
}"""
FIELD = "    agent: Id | None = None\n"
MADE = "        title=event.title,\n"


class Writer:
    """Opens one ticket after the other. What gets no answer is sent again with the same eventId."""

    def __init__(self, dev: DevStack) -> None:
        self._dev = dev
        self.stored: list[str] = []
        self.refused: list[dict[str, Any]] = []

    async def write(self) -> None:
        """Until cancelled."""
        for number in itertools.count():
            await self._store(f"t{number}")
            await asyncio.sleep(REST_SECONDS)

    async def _store(self, ticket_id: str) -> None:
        while True:
            answer = await self._dev.answer(OPEN, {"id": ticket_id, "event": f"e-{ticket_id}"})
            result = (answer.get("data") or {}).get("openTicket") or {}
            if result.get("__typename") == "TicketPayload":
                self.stored.append(ticket_id)
                return
            if result.get("__typename") not in (None, "EventTimedOut"):
                self.refused.append(answer)
                return
            await asyncio.sleep(0.05)


@asynccontextmanager
async def writing(dev: DevStack) -> AsyncIterator[Writer]:
    """Somebody writes as long as the block runs."""
    writer = Writer(dev)
    task = asyncio.create_task(writer.write())
    try:
        await until(lambda: len(writer.stored) >= 20)
        yield writer
        stored = len(writer.stored)
        await until(lambda: len(writer.stored) >= stored + 20)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.timeout(600)
async def test_a_saved_projection_counts_and_no_write_is_lost(tmp_path: Path) -> None:
    """Its view is built again, a new field is in the schema, and all that was acknowledged is there, once."""
    write_project("deskwork", tmp_path)
    folder = tmp_path / "deskwork"
    source = (folder / "deskwork.py").read_text(encoding="utf-8")
    async with running_dev("--domain=deskwork", "--reload", folder=folder) as dev, writing(dev) as writer:
        (folder / "deskwork.py").write_text(f"{source}\ndef broken(:\n", encoding="utf-8")
        await dev.printed("reload: deskwork.py: deskwork.py, line")
        [told] = [line for line in dev.lines if line.startswith("reload:")]
        assert "SyntaxError" in told
        assert told.endswith("; the code from before runs on")
        stored = len(writer.stored)
        await until(lambda: len(writer.stored) > stored)

        (folder / "deskwork.py").write_text(f"# A comment.\n{source}", encoding="utf-8")
        await dev.printed("reload: deskwork.py: nothing but comments and layout has changed")

        changed = source.replace(FIELD, f"{FIELD}    words: int = 0\n")
        changed = changed.replace(MADE, '        title=event.title + "!",\n        words=len(event.title.split()),\n')
        (folder / "deskwork.py").write_text(changed, encoding="utf-8")
        await dev.printed("reload: the new code runs")
        told_in_order = [line for line in dev.lines if line.startswith("reload:")][2:]
        for line, part in zip(
            told_in_order,
            ("changed, and is well", "writes waited", "ticket-view is built again", "the gateway is replaced", "runs"),
            strict=True,
        ):
            assert part in line
        stored = len(writer.stored)
        await until(lambda: len(writer.stored) > stored + 20)
        acknowledged = list(writer.stored)
        assert writer.refused == []
        for ticket_id in acknowledged:
            shown = await dev.ask("query ($id: ID!) { ticket(ticketId: $id) { title words } }", {"id": ticket_id})
            assert shown["ticket"] == {"title": "It hums!", "words": 2}
            history = await dev.ask(
                "query ($id: ID!) { ticket(ticketId: $id) { history { edges { node { sequence } } } } }",
                {"id": ticket_id},
            )
            assert history["ticket"]["history"]["edges"] == [{"node": {"sequence": 1}}]
