"""A window of a list as connections tell of it."""

from typing import Any

import pytest

from hazelgate.client.views.pages import Window
from hazelgate.resolvers.reading.pages import page_info


@pytest.mark.parametrize(
    ("window", "more", "expected"),
    [
        (Window(2), True, (True, False)),
        (Window(2, after="k"), False, (False, True)),
        (Window(2, backward=True), True, (False, True)),
        (Window(2, backward=True, before="k"), False, (True, False)),
    ],
)
def test_a_page_says_whether_there_is_more_on_either_side(window: Window, more: bool, expected: Any) -> None:
    info = page_info(window, more, ["c1", "c2"])
    assert (info.has_next_page, info.has_previous_page) == expected
    assert (info.start_cursor, info.end_cursor) == ("c1", "c2")
