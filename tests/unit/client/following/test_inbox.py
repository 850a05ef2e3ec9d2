"""What waits for one subscriber."""

import asyncio

import pytest

from hazelgate.client.following.inbox import Gap, Inbox


@pytest.fixture
def inbox() -> Inbox[str]:
    return Inbox(3)


async def taken(inbox: Inbox[str], count: int) -> list[str | Gap]:
    return [await inbox.take() for _ in range(count)]


async def test_items_come_in_the_order_in_which_they_were_put(inbox: Inbox[str]) -> None:
    for item in "abc":
        inbox.put(item, item)
    assert await taken(inbox, 3) == ["a", "b", "c"]


async def test_taking_waits_for_an_item(inbox: Inbox[str]) -> None:
    taking = asyncio.create_task(inbox.take())
    await asyncio.sleep(0)
    assert not taking.done()
    inbox.put("a", "a")
    assert await taking == "a"


async def test_what_does_not_fit_becomes_one_gap_that_ends_at_the_last_left_out(inbox: Inbox[str]) -> None:
    for item in "abcdef":
        inbox.put(item, f"cursor of {item}")
    *kept, gap = await taken(inbox, 4)
    assert kept == ["a", "b", "c"]
    assert isinstance(gap, Gap)
    assert gap.cursor == "cursor of f"


async def test_room_that_comes_free_before_the_gap_is_taken_is_not_used(inbox: Inbox[str]) -> None:
    """Otherwise an item from behind the gap would be taken before it."""
    for item in "abcd":
        inbox.put(item, item)
    assert await inbox.take() == "a"
    inbox.put("e", "e")
    assert await taken(inbox, 2) == ["b", "c"]
    gap = await inbox.take()
    assert isinstance(gap, Gap)
    assert gap.cursor == "e"
    inbox.put("f", "f")
    assert await inbox.take() == "f"


async def test_an_interruption_comes_behind_what_was_there(inbox: Inbox[str]) -> None:
    inbox.put("a", "a")
    inbox.interrupt("x", "lost")
    inbox.put("b", "b")
    assert await taken(inbox, 2) == ["a", Gap("b", "lost")]


async def test_it_never_holds_more_than_it_may(inbox: Inbox[str]) -> None:
    for number in range(1_000):
        inbox.put(str(number), str(number))
    assert len(inbox) == 3


async def test_the_newest_of_a_name_takes_away_the_one_before(inbox: Inbox[str]) -> None:
    """It stands where it was put: after a2, a reader that comes back gets nothing of what was before it."""
    assert inbox.put("a1", "1", "a") is None
    assert inbox.put("b1", "2", "b") is None
    assert inbox.put("a2", "3", "a") == "a1"
    assert await taken(inbox, 2) == ["b1", "a2"]
    assert inbox.put("a3", "4", "a") is None
    assert inbox.take_now() == "a3"
    assert inbox.take_now() is None


async def test_a_new_name_without_room_is_a_gap_and_the_others_stay(inbox: Inbox[str]) -> None:
    for name in "abc":
        inbox.put(f"{name}1", "1", name)
    assert inbox.put("d1", "2", "d") == "d1"
    assert inbox.put("a2", "3", "a") == "a2", "it would be before the gap, and came after it"
    *kept, gap = await taken(inbox, 4)
    assert kept == ["a1", "b1", "c1"]
    assert isinstance(gap, Gap)
    assert gap.cursor == "3"
    assert inbox.is_empty


async def test_what_changes_all_the_time_comes_too(inbox: Inbox[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow reader would never see it, were it put off each time."""
    monkeypatch.setattr("hazelgate.client.following.inbox.MOST_PUT_OFF", 8)
    inbox.put("a0", "0", "a")
    seen = []
    for number in range(1, 100):
        inbox.put(f"b{number}", str(number), "b")
        inbox.put(f"a{number}", str(number), "a")
        if number % 3 == 0:
            seen.append(inbox.take_now())
    assert len(inbox) <= 3
    assert {str(each)[0] for each in seen} == {"a", "b"}
