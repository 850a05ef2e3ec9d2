"""From happenings to what one subscriber gets of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from hazelgate.client.following.happenings import Happening
from hazelgate.client.following.inbox import Gap
from hazelgate.sourcing.errors import NotAvailableYet, PipelineUnavailable

T = TypeVar("T")


async def follow(
    happenings: AsyncIterator[Happening | Gap], make: Callable[[Happening], Awaitable[Sequence[T]]]
) -> AsyncGenerator[T | Gap, None]:
    """All that `make` makes of every happening, and the gaps; one more where the cluster is away for a read."""
    async for happening in happenings:
        if isinstance(happening, Gap):
            yield happening
            continue
        try:
            made = await make(happening)
        except PipelineUnavailable as error:
            yield Gap(happening.record.cursor, error.message)
            continue
        for each in made:
            yield each


def refuse_after(after: object) -> None:
    """
    Raises:
        NotAvailableYet: Only live events can be followed; silently leaving out the earlier ones would be a gap untold.
    """
    if isinstance(after, str):
        raise NotAvailableYet(
            "subscribing `after` a cursor comes with a later release; leave it out for what is to come"
        )
