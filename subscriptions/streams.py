"""From the feed to what one subscriber gets, whatever the domain makes of an event."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

from hazelgate.schema.events.streams import Discontinuity, log_cursor
from hazelgate.sourcing.envelope import EventRecord
from hazelgate.sourcing.errors import NotAvailableYet, PipelineUnavailable
from hazelgate.subscriptions.context import Info
from hazelgate.subscriptions.feed import Happening
from hazelgate.subscriptions.inbox import Gap

T = TypeVar("T")


async def follow(
    info: Info,
    wanted: Callable[[EventRecord], bool],
    make: Callable[[Happening], Awaitable[T | None]],
) -> AsyncIterator[T | Discontinuity]:
    """What `make` makes of every wanted event from now on (None: nothing), and a Discontinuity for every gap."""
    async with aclosing(info.context.feed.subscribe(wanted)) as happenings:
        async for happening in happenings:
            if isinstance(happening, Gap):
                yield Discontinuity(cursor=log_cursor(happening.cursor), reason=happening.reason)
                continue
            try:
                made = await make(happening)
            except PipelineUnavailable as error:
                yield Discontinuity(cursor=log_cursor(happening.record.cursor), reason=error.message)
                continue
            if made is not None:
                yield made


def refuse_after(after: object) -> None:
    """
    Raises:
        NotAvailableYet: Only live events can be followed; silently leaving out the earlier ones would be a gap untold.
    """
    if isinstance(after, str):
        raise NotAvailableYet(
            "subscribing `after` a cursor comes with a later release; leave it out for what is to come"
        )
