"""What the supervision of listeners relies on inside the client; a new client version has to pass this first."""

from __future__ import annotations

from typing import Any

import pytest
from hazelcast.asyncio import Topic
from hazelcast.core import HazelcastJsonValue

from hazelgate.client.cluster import EVENT_STREAM
from hazelgate.client.hazelcast import listeners
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.hazelcast.listeners import TopicListener, _open_connections, _registered_on
from tests.support.until import until


async def test_a_listener_is_registered_on_every_open_connection(real_cluster: HazelcastCluster) -> None:
    client = real_cluster._client
    assert client is not None
    listener = await real_cluster.listen(EVENT_STREAM, lambda message: None)
    assert isinstance(listener, TopicListener)
    assert listener._registration is not None
    assert _open_connections(client)
    assert _registered_on(client, listener._registration) == _open_connections(client)
    registration = listener._registration
    await listener.close()
    assert _registered_on(client, registration) == frozenset()


async def test_a_message_tells_by_which_connection_it_came(real_cluster: HazelcastCluster) -> None:
    client = real_cluster._client
    assert client is not None
    heard: list[bytes] = []
    listener = await real_cluster.listen("of-this-test", heard.append)
    assert isinstance(listener, TopicListener)
    assert listener._registration is not None
    topic: Topic[Any] = await client.get_topic("of-this-test")
    await topic.publish(HazelcastJsonValue("[1]"))
    await until(lambda: heard == [b"[1]"])
    known = client._listener_service._active_registrations[listener._registration].connection_registrations
    assert listener._heard_from in {each.correlation_id for each in known.values()}
    await listener.close()


async def test_an_interruption_is_told_before_another_member_goes_on_with_the_topic() -> None:
    """It is by then that messages of the first one are lost."""
    told: list[object] = []
    listener = TopicListener(EVENT_STREAM, told.append, lambda: told.append("interrupted"), lambda _: None)
    for registration, content in ((7, "[1]"), (7, "[2]"), (9, "[3]"), (9, "[4]"), (7, "[5]")):
        listener._on_message(registration, HazelcastJsonValue(content))
    assert told == [b"[1]", b"[2]", "interrupted", b"[3]", b"[4]", "interrupted", b"[5]"]


async def test_an_interruption_that_was_told_already_is_not_told_again(real_cluster: HazelcastCluster) -> None:
    """A subscriber without a place would lose the message behind it."""
    client = real_cluster._client
    assert client is not None
    told: list[object] = []
    listener = TopicListener(EVENT_STREAM, told.append, lambda: told.append("interrupted"), lambda _: None)
    await listener.attach(client)
    listener._on_message(7, HazelcastJsonValue("[1]"))
    listener._heard_on = frozenset()
    assert await listener.check(client)
    listener._on_message(9, HazelcastJsonValue("[2]"))
    assert told == [b"[1]", "interrupted", b"[2]"]
    await listener.close()


async def test_a_deaf_listener_is_registered_anew(
    real_cluster: HazelcastCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = real_cluster._client
    assert client is not None
    interruptions: list[bool] = []
    listener = TopicListener(EVENT_STREAM, lambda message: None, lambda: interruptions.append(True), lambda _: None)
    await listener.attach(client)
    deaf = listener._registration
    assert deaf is not None
    client._listener_service._active_registrations[deaf].connection_registrations.clear()
    assert not await listener.check(client)
    assert listener._registration == deaf, "the client may still be about to register it"
    monkeypatch.setattr(listeners, "DEAF_SECONDS", 0.0)
    assert [await listener.check(client) for _ in range(2)] == [False, True]
    assert listener._registration != deaf
    assert interruptions == [True]
    await listener.close()
