"""What else wants to run in the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass
class Turns:
    """How often others had their turn."""

    count: int = 0


@asynccontextmanager
async def others_counted() -> AsyncIterator[Turns]:
    """Somebody takes every turn of the loop that there is, while the block lasts."""
    turns = Turns()

    async def take() -> None:
        while True:
            turns.count += 1
            await asyncio.sleep(0)

    others = asyncio.create_task(take())
    try:
        yield turns
    finally:
        others.cancel()
