"""Ids of requests: the client's, if they are sane."""

import pytest

from hazelgate.gateway.transports.request_ids import request_id


@pytest.mark.parametrize("given", ["r1", "4f1c-77", "a/b:c@d=e+f", "x" * 128])
def test_a_sane_id_is_taken_as_it_is(given: str) -> None:
    assert request_id(given) == given


@pytest.mark.parametrize("given", [None, "", " ", "a b", "a\nb", "a\n", "é", "x" * 129])
def test_any_other_is_replaced(given: str | None) -> None:
    made = request_id(given)
    assert made != given
    assert request_id(made) == made


def test_made_ids_differ() -> None:
    assert len({request_id(None) for _ in range(100)}) == 100
