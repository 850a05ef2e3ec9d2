"""The generic fields serve whatever domain is loaded; here one with a projection that fails."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.settings import Settings
from tests.support.gateway import Gateway, running_gateway
from tests.support.ledger import OWNERS, POISON

HANDLE = """
mutation($input: HandleEventInput!, $options: EventOptions) {
  handleEvent(input: $input, options: $options) {
    __typename
    ... on EventPayload { receipt { sequence status } }
    ... on EventDeadLettered { code eventId deadLetterId }
    ... on EventRejected { code problems { path message } }
  }
}
"""
DEAD_LETTERS = """
query($first: Int, $after: String) {
  deadLetters(first: $first, after: $after) {
    totalCount
    edges { cursor node { id projection error attempts blockedCount firstFailedAt event { eventId eventType } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""


@pytest.fixture
async def ledger_gateway() -> AsyncIterator[Gateway]:
    async with running_gateway(Settings(domain="tests.support.ledger")) as gateway:
        yield gateway


async def handle(gateway: Gateway, event_type: str, account: str, event_id: str | None = None, **data: Any) -> Any:
    given = {"eventType": event_type, "aggregateId": account, "data": data}
    return (await gateway.data(HANDLE, input=given, options={"eventId": event_id}))["handleEvent"]


async def test_any_event_of_the_catalog_is_handled(ledger_gateway: Gateway) -> None:
    result = await handle(ledger_gateway, "AccountOpened", "a1", owner="ada")
    assert result == {"__typename": "EventPayload", "receipt": {"sequence": 1, "status": "SUCCESS"}}
    result = await handle(ledger_gateway, "MoneyPaidIn", "a1", amount=666)
    assert (result["__typename"], result["problems"][0]["path"]) == ("EventRejected", ["amount"])
    types = [
        each["eventType"] for each in (await ledger_gateway.data("{ eventCatalog { eventType } }"))["eventCatalog"]
    ]
    assert types == ["AccountOpened", "MoneyPaidIn"]


async def test_an_event_that_a_view_can_not_take_is_dead_lettered_and_listed(ledger_gateway: Gateway) -> None:
    opened = await handle(ledger_gateway, "AccountOpened", "a1", owner=POISON)
    assert opened["__typename"] == "EventPayload"
    result = await handle(ledger_gateway, "MoneyPaidIn", "a1", "e1", amount=5)
    assert (result["__typename"], result["code"], result["eventId"]) == ("EventDeadLettered", "DEAD_LETTERED", "e1")
    listed = (await ledger_gateway.data(DEAD_LETTERS))["deadLetters"]
    assert listed["totalCount"] == 1
    [letter] = [edge["node"] for edge in listed["edges"]]
    assert letter["id"] == result["deadLetterId"]
    assert letter["event"] == {"eventId": "e1", "eventType": "MoneyPaidIn"}
    assert (letter["projection"], letter["error"]) == (OWNERS, "ValueError: poisoned")
    data = await ledger_gateway.data('{ completion(eventId: "e1") { status error } event(eventId: "e1") { sequence } }')
    assert (data["completion"]["status"], data["event"]) == ("DEAD_LETTERED", {"sequence": 2})


async def test_later_events_wait_behind_the_first_dead_letter(ledger_gateway: Gateway) -> None:
    for number in range(3):
        await handle(ledger_gateway, "AccountOpened", f"a{number}", owner=POISON)
        await handle(ledger_gateway, "MoneyPaidIn", f"a{number}", f"e{number}", amount=5)
    page = (await ledger_gateway.data(DEAD_LETTERS, first=1))["deadLetters"]
    assert [(edge["node"]["event"]["eventId"], edge["node"]["blockedCount"]) for edge in page["edges"]] == [("e0", 2)]
    after = page["pageInfo"]["endCursor"]
    assert (await ledger_gateway.data(DEAD_LETTERS, after=after))["deadLetters"]["edges"] == []
