"""
Topic listeners that live through whatever happens to the connections below them.

The client registers its listeners anew on every connection that it opens; where that fails, it logs a warning and the
listener stays deaf on that connection. So each listener is checked against the open connections, and replaced when
it is deaf.

A topic's messages come from the member that has the topic's partition, over its connection alone. Where another one
goes on with the topic, as when that member has died, messages of the first may be lost, or still lie unread. So whoever
listens is told of an interruption before the first message of another connection, and not once the lost one is noticed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from hazelcast.asyncio import HazelcastClient, Topic
from hazelcast.protocol.codec import topic_add_message_listener_codec, topic_remove_message_listener_codec

_logger = logging.getLogger(__name__)

DEAF_SECONDS = 1.0
"""How long the client may take to register a listener on a new connection."""


class TopicListener:
    """One callback on one topic; `check` keeps it hearing."""

    def __init__(
        self,
        topic: str,
        callback: Callable[[bytes], None],
        interrupted: Callable[[], None] | None,
        closed: Callable[[TopicListener], None],
    ) -> None:
        self.topic = topic
        self._callback = callback
        self._interrupted = interrupted
        self._closed = closed
        self._client: HazelcastClient | None = None
        self._registration: str | None = None
        self._heard_on: frozenset[int] = frozenset()
        self._deaf_since: float | None = None
        self._is_closed = False
        self._heard_from: int | None = None
        """The registration on a connection by which the last message came."""

    async def attach(self, client: HazelcastClient) -> None:
        """Listen through this client from now on; what an earlier client was to deliver is given up."""
        topic: Topic[Any] = await client.get_topic(self.topic)
        self._client = client
        self._heard_from = None
        self._registration = await _add_listener(topic, self._on_message)
        if self._is_closed:
            await self._detach()
            return
        self._heard_on = _registered_on(client, self._registration)
        self._deaf_since = None

    async def check(self, client: HazelcastClient) -> bool:
        """Whether every open connection delivers; the listener is registered anew when one has not for a while."""
        if client is not self._client or self._registration is None:
            await self.attach(client)
            self._tell_interrupted()
            return True
        heard_on = _registered_on(client, self._registration)
        if heard_on != _open_connections(client):
            now = time.monotonic()
            self._deaf_since = self._deaf_since or now
            if now - self._deaf_since >= DEAF_SECONDS:
                _logger.warning("listener of topic %s was deaf on a connection: registered anew", self.topic)
                await self._detach()
                await self.attach(client)
                self._tell_interrupted()
            return False
        self._deaf_since = None
        if heard_on != self._heard_on:
            self._heard_on = heard_on
            self._tell_interrupted()
        return True

    async def close(self) -> None:
        """Hear no more."""
        self._is_closed = True
        self._closed(self)
        await self._detach()

    async def _detach(self) -> None:
        client, registration = self._client, self._registration
        self._registration = None
        if client is not None and registration is not None and client.lifecycle_service.is_running():
            topic: Topic[Any] = await client.get_topic(self.topic)
            await topic.remove_listener(registration)

    def _on_message(self, registration: int, content: Any) -> None:
        if self._heard_from not in (None, registration):
            if self._client is not None and self._registration is not None:
                self._heard_on = _registered_on(self._client, self._registration)  # so that `check` tells nothing twice
            self._tell_interrupted()
        self._heard_from = registration
        # An exception would close the connection under everybody else: the client calls back from its reader.
        try:
            self._callback(content.to_string().encode())
        except Exception:
            _logger.exception("a listener of topic %s raised", self.topic)

    def _tell_interrupted(self) -> None:
        self._heard_from = None  # once is enough, whoever goes on
        if self._interrupted is not None:
            try:
                self._interrupted()
            except Exception:
                _logger.exception("a listener of topic %s raised while told of an interruption", self.topic)


async def _add_listener(topic: Topic[Any], callback: Callable[[int, Any], None]) -> str:
    """As the topic itself adds one, but the callback hears by which registration a message came."""
    codec: Any = topic_add_message_listener_codec
    removing: Any = topic_remove_message_listener_codec

    def handle(message: Any) -> None:
        codec.handle(message, lambda data, *_: callback(message.get_correlation_id(), topic._to_object(data)))

    added: str = await topic._register_listener(
        codec.encode_request(topic.name, topic._is_smart),
        codec.decode_response,
        lambda registration: removing.encode_request(topic.name, registration),
        handle,
    )
    return added


def _registered_on(client: HazelcastClient, registration_id: str) -> frozenset[int]:
    # The client has no public way to ask; the contract suite fails when a newer one keeps this elsewhere.
    registration = client._listener_service._active_registrations.get(registration_id)
    if registration is None:
        return frozenset()
    return frozenset(connection._id for connection in registration.connection_registrations)


def _open_connections(client: HazelcastClient) -> frozenset[int]:
    return frozenset(connection._id for connection in client._connection_manager.active_connections.values())
