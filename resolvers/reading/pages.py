"""Which part of a list a field's arguments ask for, and what lies beyond it."""

from dataclasses import dataclass

from hazelgate.schema.arguments import bad_input
from hazelgate.schema.connections import cursor_key
from hazelgate.schema.nodes import PageInfo

MAX_PAGE = 1_000
DEFAULT_PAGE = 20


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for: `size` entries from one end or from beside a cursor."""

    size: int
    backward: bool = False
    after: str | None = None
    before: str | None = None

    @classmethod
    def of(
        cls,
        order: str,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> "Page":
        """
        The page that Relay's arguments name. `order` is the list's order: cursors of another one are refused.

        Raises:
            GraphQLError: A size out of range, both directions at once, or a cursor that isn't of this list.
        """
        # An argument that was left out is UNSET, which is false as None is; only the sizes may be zero.
        sizes = {name: size for name, size in (("first", first), ("last", last)) if isinstance(size, int)}
        if len(sizes) == 2:
            raise bad_input("last", "give either first or last, not both")
        for name, size in sizes.items():
            if not 0 <= size <= MAX_PAGE:
                raise bad_input(name, f"from 0 to {MAX_PAGE:,}")
        return cls(
            size=next(iter(sizes.values()), DEFAULT_PAGE),
            backward="last" in sizes,
            after=cursor_key("after", order, after) if after else None,
            before=cursor_key("before", order, before) if before else None,
        )


def page_info(page: Page, more: bool, cursors: list[str]) -> PageInfo:
    """What lies beyond the page: read in the page's direction, and as far as its cursor tells in the other."""
    return PageInfo(
        has_next_page=page.before is not None if page.backward else more,
        has_previous_page=more if page.backward else page.after is not None,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )
