"""From `hazelgate new` to a typed mutation that is answered; and the same domain on several members and gateways."""

from __future__ import annotations

from pathlib import Path

import pytest

from hazelgate.operations.new_project import write_project
from tests.acceptance.dev_stack import running_dev

OPEN = """mutation {
  openTicket(input: {ticketId: "t1", title: "It hums"}) { ... on TicketPayload { ticket { ticketId title state } } }
}"""
SHOW = '{ ticket(ticketId: "t1") { title state } }'


@pytest.mark.timeout(600)
async def test_a_new_project_is_served_by_several_members_and_gateways(tmp_path: Path) -> None:
    """All addresses are told; what one gateway takes in, the other shows; nothing is left when it ends."""
    write_project("helpline", tmp_path)
    arguments = ("--domain=helpline", "--members=3", "--gateways=2", "--heap=512m")
    async with running_dev(*arguments, folder=tmp_path / "helpline") as dev:
        told = [line.rsplit("   ", 1)[0].strip() for line in dev.lines[:10]]
        assert [name.split("  ")[0] for name in told] == [
            *("member 1", "member 2", "member 3", "projector 1", "projector 2", "projector 3"),
            *("commands", "gateway 1", "gateway 2", "GraphiQL"),
        ]
        opened = await dev.ask(OPEN)
        assert opened["openTicket"]["ticket"] == {"ticketId": "t1", "title": "It hums", "state": "OPEN"}
        other = dev.lines[8].split()[-1]
        shown = await dev.http.post(f"{other}/graphql", json={"query": SHOW})
        assert shown.json() == {"data": {"ticket": {"title": "It hums", "state": "OPEN"}}}
        page = (await dev.http.get(dev.graphql_url, headers={"Accept": "text/html"})).text
        assert "mutation OpenTicket" in page
