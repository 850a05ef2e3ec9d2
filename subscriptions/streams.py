"""From the feed to what one subscriber gets, whatever the domain makes of an event."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import TypeVar

from hazelgate.client.following import streams
from hazelgate.client.following.feed import Happening
from hazelgate.client.following.inbox import Gap
from hazelgate.client.views.cursors import log_cursor
from hazelgate.schema.events.streams import Discontinuity
from hazelgate.sourcing.envelope import EventRecord
from hazelgate.subscriptions.context import Info

T = TypeVar("T")


async def follow(
    info: Info,
    wanted: Callable[[EventRecord], bool],
    make: Callable[[Happening], Awaitable[Sequence[T]]],
) -> AsyncGenerator[T | Discontinuity, None]:
    """What `make` makes of every wanted event from now on, and a Discontinuity for every gap."""
    async with (
        aclosing(info.context.feed.subscribe(wanted)) as happenings,
        aclosing(streams.follow(happenings, make)) as made,
    ):
        async for each in made:
            if isinstance(each, Gap):
                yield Discontinuity(cursor=log_cursor(each.cursor), reason=each.reason)
            else:
                yield each
