"""A domain of one's own, served from the folder in which it lies: the one that the README shows."""

import re
from pathlib import Path

from tests.acceptance.dev_stack import running_dev

README = Path(__file__).parents[2] / "README.md"

OPEN_TICKET = """mutation {
  handleEvent(input: {eventType: "TicketOpened", aggregateId: "t1", data: {ticketId: "t1", title: "It hums"}}) {
    __typename ... on EventPayload { receipt { sequence status } } ... on EventError { message }
  }
}"""
CLOSE_ANOTHER = """mutation {
  handleEvent(input: {eventType: "TicketClosed", aggregateId: "t2", data: {ticketId: "t2"}}) {
    __typename ... on EventRejected { problems { message } }
  }
}"""


async def test_the_readme_s_domain_is_served_from_its_folder(tmp_path: Path) -> None:
    """Its events are in the catalog, its guards say no, and what they let through is stored."""
    match = re.search(r"<!-- tickets\.py.*?```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert match is not None
    (tmp_path / "tickets.py").write_text(match.group(1), encoding="utf-8")
    async with running_dev("--domain=tickets", folder=tmp_path) as dev:
        catalog = await dev.ask("{ eventCatalog { eventType updates } }")
        assert {"eventType": "TicketOpened", "updates": ["ticket-view"]} in catalog["eventCatalog"]
        opened = await dev.ask(OPEN_TICKET)
        assert opened["handleEvent"]["receipt"] == {"sequence": 1, "status": "SUCCESS"}
        refused = await dev.ask(CLOSE_ANOTHER)
        assert refused["handleEvent"]["problems"] == [{"message": "no such ticket is open"}]
        stored = await dev.ask("{ events { edges { node { eventType aggregateId } } } }")
        assert stored["events"]["edges"] == [{"node": {"eventType": "TicketOpened", "aggregateId": "t1"}}]
