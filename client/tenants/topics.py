"""Messages of a topic, each to its tenant: a process listens once, however many tenants follow."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from hazelgate.client.cluster import Callback, Cluster, Subscription, completions_topic, stream_topic
from hazelgate.client.event_stream import Mark, StreamedEvent
from hazelgate.client.tenants.stored import OtherTenant, Tenant, Whose
from hazelgate.sourcing.envelope import Completion, encode_json
from hazelgate.sourcing.errors import Forbidden
from hazelgate.sourcing.ids import prefix_of

_logger = logging.getLogger(__name__)

_decode_whose = msgspec.json.Decoder(list[Whose | Mark]).decode
_decode_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_streamed = msgspec.json.Decoder(StreamedEvent | Mark).decode
_decode_completion = msgspec.json.Decoder(Completion).decode


@dataclass(eq=False)
class _Listener:
    """One who hears of one tenant's."""

    tenant: Tenant
    callback: Callback
    interrupted: Callable[[], None] | None
    among: dict[_Listener, None]

    async def close(self) -> None:
        """Hear no more. A second call does nothing."""
        self.among.pop(self, None)


@dataclass(eq=False)
class _Topic:
    """One topic that is listened to, and who hears it, by the tenant's prefix."""

    plain: Callable[[Tenant, bytes], bytes]
    listeners: dict[_Listener, None] = field(default_factory=dict)

    def hear(self, message: bytes) -> None:
        if not self.listeners:
            return
        try:
            found: dict[str, list[bytes]] = {}
            for whose, item in zip(_decode_whose(message), _decode_items(message), strict=True):
                found.setdefault(prefix_of(whose.aggregate_id), []).append(bytes(item))
        except msgspec.MsgspecError:
            _logger.exception("a message can't be read; those who listen are told of a gap")
            self.interrupt(list(self.listeners))
            return
        for listener in [each for each in self.listeners if each.tenant.prefix in found]:
            self._tell(listener, found[listener.tenant.prefix])

    def _tell(self, listener: _Listener, items: Iterable[bytes]) -> None:
        try:
            told = [msgspec.Raw(self.plain(listener.tenant, each)) for each in items]
        except (msgspec.MsgspecError, OtherTenant):
            _logger.exception("a message can't be read; tenant %s is told of a gap", listener.tenant.name)
            self.interrupt([listener])
        else:
            listener.callback(encode_json(told))

    def interrupt(self, listeners: Iterable[_Listener]) -> None:
        for each in listeners:
            if each.interrupted is not None:
                each.interrupted()


def _plain_event(tenant: Tenant, item: bytes) -> bytes:
    event = _decode_streamed(item)
    return encode_json(tenant.of_mark(event) if isinstance(event, Mark) else tenant.of_streamed(event))


class Topics:
    """The topics of a cluster, as tenants hear them."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._known = {
            stream_topic(cluster.gateway_id): _Topic(_plain_event),
            completions_topic(cluster.gateway_id): _Topic(
                lambda tenant, item: encode_json(tenant.of_completion(_decode_completion(item)))
            ),
        }
        self._heard: dict[str, Subscription] = {}
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Listen to all of them: from now on `listen` counts at once."""
        for name in self._known:
            await self._start(name)

    async def close(self) -> None:
        """Hear no more."""
        heard, self._heard = self._heard, {}
        for each in heard.values():
            await each.close()

    async def listen(
        self, tenant: Tenant, name: str, callback: Callback, interrupted: Callable[[], None] | None
    ) -> Subscription:
        """
        Call back with what is the tenant's.

        Raises:
            Forbidden: Nothing tells whose the messages of that topic are.
        """
        topic = self._known.get(name)
        if topic is None:
            raise Forbidden(f"the topic {name!r} has messages of all tenants")
        listener = _Listener(tenant, callback, interrupted, topic.listeners)
        topic.listeners[listener] = None
        if name not in self._heard:
            await self._start(name)
        return listener

    async def _start(self, name: str) -> None:
        async with self._starting:
            if name not in self._heard:
                topic = self._known[name]
                self._heard[name] = await self._cluster.listen(
                    name, topic.hear, interrupted=lambda: topic.interrupt(list(topic.listeners))
                )
