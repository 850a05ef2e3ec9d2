"""From happenings to what one subscriber gets of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from hazelgate.client.following.happenings import Happening
from hazelgate.client.following.inbox import Gap
from hazelgate.sourcing.errors import PipelineUnavailable

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
            yield Gap(happening.record.cursor, error.message, happening.frontier)
            continue
        for each in made:
            yield each
