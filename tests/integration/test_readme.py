"""What the README shows is what runs."""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.errors import EventRejected
from tests.support.connected import PatientHandler
from tests.support.stack import running_stack
from tests.support.until import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
MAX_LINES = 40


@pytest.fixture(scope="module")
def text() -> str:
    """The domain file that the README shows."""
    shown = re.search(r"<!-- tickets\.py:.*?-->\n```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert shown is not None
    return shown[1]


@pytest.fixture
def domain_folder(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with that file as `readme_tickets`, where Python looks for modules, also in child processes."""
    (tmp_path / "readme_tickets.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    yield tmp_path
    sys.modules.pop("readme_tickets", None)


def test_a_domain_takes_fewer_lines_than_it_says(text: str) -> None:
    assert len([line for line in text.splitlines() if line.strip()]) < MAX_LINES


async def test_the_domain_of_the_readme_runs_on_a_real_member(domain_folder: Path) -> None:
    """Open a ticket, close it, and be refused the second time; core and engine know nothing of tickets."""
    tickets = importlib.import_module("readme_tickets")
    with running_stack(domain_folder, domain="readme_tickets") as stack:
        cluster = stack.cluster()
        await cluster.start()
        handler = PatientHandler(Catalog.load("readme_tickets"), cluster)
        try:
            await cluster.wait_until_ready(PATIENCE_SECONDS)
            opened = await handler.handle_event(tickets.TicketOpened(ticket_id="t1", title="It hums"))
            closed = await handler.handle_event(tickets.TicketClosed(ticket_id="t1"))
            with pytest.raises(EventRejected, match="no such ticket is open"):
                await handler.handle_event(tickets.TicketClosed(ticket_id="t1"))
            [entry] = await cluster.read("ticket-view", ["t1"])
        finally:
            await handler.close()
            await cluster.close()
    assert (opened.sequence, closed.sequence) == (1, 2)
    assert entry is not None
    ticket = json.loads(entry)
    assert (ticket["title"], ticket["open"], ticket["_meta"]["version"]) == ("It hums", False, 2)
