"""A window of a list as connections tell of it."""

from hazelgate.client.views.pages import Window
from hazelgate.schema.nodes import PageInfo


def page_info(window: Window, more: bool, cursors: list[str]) -> PageInfo:
    """What lies beyond the window: read in its direction, and as far as its cursor tells in the other."""
    has_next, has_previous = window.beyond(more)
    return PageInfo(
        has_next_page=has_next,
        has_previous_page=has_previous,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )
