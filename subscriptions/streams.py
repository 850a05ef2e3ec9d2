"""From the feed to what one subscriber gets, whatever the domain makes of an event."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

from hazelgate.client.following import streams
from hazelgate.client.following.happenings import Happening
from hazelgate.client.following.inbox import Gap
from hazelgate.client.following.interests import Wanted
from hazelgate.schema.events.streams import Discontinuity, Place
from hazelgate.subscriptions.context import Info

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

_SHARED = "hazelgate_shared"


def shared(subscribe: F) -> F:
    """Mark a subscription of which several subscribers may share one stream: it tells what comes, and nothing first."""
    setattr(subscribe, _SHARED, True)
    return subscribe


def is_shared(subscribe: Callable[..., Any] | None) -> bool:
    """Whether it is marked so."""
    return getattr(subscribe, _SHARED, False)


def discontinuity(gap: Gap) -> Discontinuity:
    """A gap as subscribers are told of it."""
    return Discontinuity(cursor=gap.text, reason=gap.reason, place=Place(gap.cursor, frontier=gap.frontier))


async def follow(
    info: Info,
    wanted: Wanted,
    make: Callable[[Happening], Awaitable[Sequence[T]]],
) -> AsyncGenerator[T | Discontinuity, None]:
    """What `make` makes of every wanted event from now on, and a Discontinuity for every gap."""
    async with (
        aclosing(info.context.feed.subscribe(wanted)) as happenings,
        aclosing(streams.follow(happenings, make)) as made,
    ):
        async for each in made:
            if isinstance(each, Gap):
                yield discontinuity(each)
            else:
                yield each
