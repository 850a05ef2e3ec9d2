"""A gateway on a cluster in memory for every test of this folder."""

from collections.abc import AsyncIterator

import pytest

from tests.support.gateway import Gateway, running_gateway


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """The shop's gateway, its cluster empty."""
    async with running_gateway() as gateway:
        yield gateway
