"""The generic fields serve whatever domain is loaded; here one with a projection that fails."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hazelgate.gateway.settings import Settings
from tests.support.gateway import Gateway, running_gateway
from tests.support.ledger import ALWAYS_FAILS, MOODY, OWNERS, POISON

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
    assert (letter["projection"], letter["error"].splitlines()[0]) == (OWNERS, "ValueError: poisoned")
    assert 'raise ValueError("poisoned")' in letter["error"], "and where it was raised"
    data = await ledger_gateway.data('{ completion(eventId: "e1") { status error } event(eventId: "e1") { sequence } }')
    assert (data["completion"]["status"], data["event"]) == ("DEAD_LETTERED", {"sequence": 2})


async def test_later_events_wait_behind_the_first_dead_letter(ledger_gateway: Gateway) -> None:
    await handle(ledger_gateway, "AccountOpened", "a1", owner=POISON)
    for number in range(3):
        await handle(ledger_gateway, "MoneyPaidIn", "a1", f"e{number}", amount=5)
    page = (await ledger_gateway.data(DEAD_LETTERS, first=1))["deadLetters"]
    assert [(edge["node"]["event"]["eventId"], edge["node"]["blockedCount"]) for edge in page["edges"]] == [("e0", 2)]
    after = page["pageInfo"]["endCursor"]
    assert (await ledger_gateway.data(DEAD_LETTERS, after=after))["deadLetters"]["edges"] == []


async def _letter(gateway: Gateway, owner: str) -> str:
    """The letter of a payment that this owner's entry can't take; another payment waits behind it."""
    account = f"account-{owner}"
    await handle(gateway, "AccountOpened", account, owner=owner)
    letter: str = (await handle(gateway, "MoneyPaidIn", account, f"{owner}-1", amount=ALWAYS_FAILS))["deadLetterId"]
    await handle(gateway, "MoneyPaidIn", account, f"{owner}-2", amount=5)
    return letter


async def _status(gateway: Gateway, event_id: str) -> str:
    found = await gateway.data("query($id: ID!) { completion(eventId: $id) { status } }", id=event_id)
    status: str = found["completion"]["status"]
    return status


async def test_a_letter_is_read_and_retried(ledger_gateway: Gateway) -> None:
    letter = await _letter(ledger_gateway, f"{MOODY}a")
    found = "query($id: ID!) { deadLetter(id: $id) { entryKey attempts retryAt } }"
    shown = (await ledger_gateway.data(found, id=letter))["deadLetter"]
    assert shown == {"entryKey": f"{MOODY}a", "attempts": 1, "retryAt": None}
    retried = "mutation($id: ID!) { retryDeadLetter(id: $id) { status error } }"
    result = (await ledger_gateway.data(retried, id=letter))["retryDeadLetter"]
    assert (result["status"], letter in result["error"]) == ("DEAD_LETTERED", True)
    assert (await ledger_gateway.data(found, id=letter))["deadLetter"]["attempts"] == 2
    assert (await ledger_gateway.data(found, id="none"))["deadLetter"] is None


async def test_a_letter_is_discarded_and_those_behind_follow(ledger_gateway: Gateway) -> None:
    letter = await _letter(ledger_gateway, f"{MOODY}b")
    discarded = 'mutation($id: ID!) { discardDeadLetter(id: $id, reason: "fraud") { status } }'
    assert (await ledger_gateway.data(discarded, id=letter))["discardDeadLetter"] == {"status": "SUCCESS"}
    assert await _status(ledger_gateway, f"{MOODY}b-2") == "SUCCESS"
    error = await ledger_gateway.error('mutation { discardDeadLetter(id: "d", reason: " ") { status } }')
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_letter_is_edited(ledger_gateway: Gateway) -> None:
    letter = await _letter(ledger_gateway, f"{MOODY}c")
    edited = 'mutation($id: ID!, $data: JSON!) { editDeadLetter(id: $id, data: $data, reason: "typo") { status } }'
    data = {"accountId": f"account-{MOODY}c", "owner": f"{MOODY}c", "amount": 0}
    error = await ledger_gateway.error(edited, id=letter, data=data)
    assert error["extensions"]["code"] == "INVALID_EVENT"
    assert "amount" in error["message"]
    result = (await ledger_gateway.data(edited, id=letter, data=data | {"amount": 12}))["editDeadLetter"]
    assert result == {"status": "SUCCESS"}


async def test_several_are_retried_by_id_or_by_what_they_have_in_common(ledger_gateway: Gateway) -> None:
    letters = {await _letter(ledger_gateway, f"{MOODY}{name}") for name in "de"}
    retried = """mutation($ids: [ID!], $projection: String, $eventType: String) {
      retryDeadLetters(ids: $ids, projection: $projection, eventType: $eventType) { id outcome completion { status } }
    }"""

    async def retry(**arguments: Any) -> list[Any]:
        results: list[Any] = (await ledger_gateway.data(retried, **arguments))["retryDeadLetters"]
        return results

    assert {each["id"] for each in await retry(projection=OWNERS, eventType="MoneyPaidIn")} == letters
    assert {each["id"] for each in await retry()} == letters
    assert await retry(eventType="AccountOpened") == []
    [unknown] = await retry(ids=["nonsense"])
    assert (unknown["outcome"], unknown["completion"]) == ("UNKNOWN", None)
    listed = "query($of: String) { deadLetters(eventType: $of) { totalCount } }"
    assert (await ledger_gateway.data(listed, of="AccountOpened"))["deadLetters"]["totalCount"] == 0
    assert (await ledger_gateway.data(listed, of="MoneyPaidIn"))["deadLetters"]["totalCount"] == 2
