"""Ids and the keys made of them."""

from uuid import UUID

import pytest

from hazelgate.sourcing.ids import cursor, derived_id, head_key, is_id, new_id, pending_key, store_key


def test_new_ids_are_uuids_of_version_7() -> None:
    parsed = UUID(new_id())
    assert (parsed.version, parsed.variant) == (7, "specified in RFC 4122")


def test_new_ids_differ() -> None:
    assert len({new_id() for _ in range(1_000)}) == 1_000


def test_ids_of_later_milliseconds_sort_later(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = []
    for milliseconds in (1_000, 1_001, 2_000_000_000_000):
        monkeypatch.setattr("time.time_ns", lambda at=milliseconds: at * 1_000_000)
        ids.append(new_id())
    assert ids == sorted(ids)
    assert int(ids[1].replace("-", "")[:12], 16) == 1_001


def test_a_derived_id_is_derived_again() -> None:
    assert derived_id("e1", "order") == derived_id("e1", "order") != derived_id("e1", "customer")
    assert is_id(derived_id("e1"))


@pytest.mark.parametrize("text", ["a", "A.b_c:d~e-9", "x" * 128, "01a222ed-8080-7679-9cc6-98029478cff8"])
def test_ids_may_look_like(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize("text", ["", "a b", "a@b", "a\n", "a\0", "ä", "x" * 129, None, 5])
def test_ids_may_not_look_like(text: object) -> None:
    assert not is_id(text)


def test_keys_end_with_what_decides_the_partition() -> None:
    assert pending_key("e", "a") == "e@a"
    assert store_key("Order", 3, "a") == "Order:3@a"
    assert head_key("Order", "a") == "Order@a"


def test_cursors_sort_by_position_then_lane() -> None:
    cursors = [cursor(9, 270), cursor(10, 3), cursor(10, 20), cursor(1_795_455_900_123_456, 0)]
    assert cursors == sorted(cursors)
    assert cursors[0] == "0000000000000009-00270"
