"""The warnings of `/ready`: a lane that stands still, and a gateway of other code than the projector."""

from __future__ import annotations

import httpx

from hazelgate import Catalog, SubmitOptions, WaitFor
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.sourcing import ids
from tests.support.connected import handling
from tests.support.ledger import AccountOpened
from tests.support.served import served_gateway
from tests.support.stack import Stack
from tests.support.until import eventually


async def test_a_lane_that_stands_still_is_told_until_it_goes_on(
    own_stack: Stack, own_cluster: HazelcastCluster, ledger: Catalog
) -> None:
    async with served_gateway(own_stack) as gateway, handling(ledger, own_cluster) as handler:
        # The gateway serves the shop, and the projector folds the ledger.
        await eventually(lambda: warned(gateway, "gateways have other code: gw-"))
        own_stack.projector.pause()
        try:
            opened = AccountOpened(account_id=ids.new_id(), owner=ids.new_id())
            await handler.handle_event(opened, SubmitOptions(wait_for=WaitFor.ACCEPTED))
            await eventually(lambda: warned(gateway, "1 lanes of pipeline events stand still"))
            assert 'hazelgate_lanes_standing{pipeline="events"} 1.0' in (await gateway.get("/metrics")).text
            assert "pipeline events: 1 lanes stand still" in own_stack.member.output()
        finally:
            own_stack.projector.resume()
        await eventually(lambda: not_warned(gateway, "stand still"))
        assert "pipeline events: no lane stands still any more" in own_stack.member.output()


async def warned(gateway: httpx.AsyncClient, words: str) -> bool:
    return any(words in warning for warning in (await gateway.get("/ready")).json()["warnings"])


async def not_warned(gateway: httpx.AsyncClient, words: str) -> bool:
    answer = await gateway.get("/ready")
    return answer.status_code == 200 and not any(words in warning for warning in answer.json()["warnings"])
