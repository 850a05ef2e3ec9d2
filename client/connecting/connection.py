"""The connection of a program to a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Self, TypeVar

from hazelgate.client.cluster import Cluster
from hazelgate.client.connecting.settings import settings_of
from hazelgate.client.connecting.streams import StoredEvent, Stream
from hazelgate.client.connecting.views import ViewReads
from hazelgate.client.following.feed import Feed
from hazelgate.client.following.happenings import Happening
from hazelgate.client.following.inbox import Gap
from hazelgate.client.following.interests import EventsOf
from hazelgate.client.following.since import events_since
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.client.reads import ClusterReads, available
from hazelgate.client.submitting.handler import EventHandler
from hazelgate.client.submitting.submissions import DEFAULT_OPTIONS, Receipt, Submission, SubmitOptions
from hazelgate.client.tenants.cluster import Tenants
from hazelgate.client.views.frontiers import Frontier, end_of
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.declaring.values import Event, View
from hazelgate.sourcing.envelope import Completion
from hazelgate.sourcing.errors import EventError, InvalidArgument
from hazelgate.sourcing.ids import TENANT_DESCRIPTION, is_tenant
from hazelgate.sourcing.loading import load_catalog

V = TypeVar("V", bound=View)

READY_SECONDS = 30.0


def connect(
    *,
    domain: str | None = None,
    catalog: Catalog | None = None,
    cluster_name: str | None = None,
    members: str | Iterable[str] | None = None,
    cluster: Cluster | None = None,
    source: str = "python",
    ready_timeout_seconds: float = READY_SECONDS,
    operation_timeout_seconds: float | None = None,
    max_scanned_entries: int | None = None,
    subscriber_queue_size: int | None = None,
    tenant: str | None = None,
) -> Hazelgate:
    """
    Connect to a cluster: submit events, read views, follow what happens.

        async with hazelgate.connect(domain="helpdesk") as hg:
            await hg.handle_event(TicketOpened(ticket_id="t1", title="It whistles"))
            ticket = await hg.view(Ticket).get("t1")

    A setting that is left out comes from the environment as a gateway's does, `HAZELGATE_` and its name in capitals:
    `HAZELGATE_MEMBERS`. `hazelgate dev` prints the line that sets them.

    Args:
        domain: Import path of the events, guards and projections.
        catalog: The domain, where it is loaded already.
        cluster_name: The name of the cluster.
        members: Some of its members, `host:port`.
        cluster: In place of both, a cluster: `MemoryCluster.of(catalog)` in a test. Who made it closes it.
        source: What the events' `source` says: the program that submits them.
        ready_timeout_seconds: How long to wait at the start until events can be taken in.
        operation_timeout_seconds: How long one read may take.
        max_scanned_entries: Entries that one query may look at where no index answers its filter.
        subscriber_queue_size: Events that wait for one slow stream; beyond, it gets a `Gap`.
        tenant: Whose events and entries: nothing of others is seen or changed. Left out, those of no tenant are
            written, and lists and streams have everybody's.

    Returns:
        The connection: `async with` opens and closes it, or `start()` and `close()` where there is no block.

    Raises:
        InvalidArgument: A setting will not do, or two are given that exclude each other.
        CatalogError: The domain is not there, or contradicts itself.
    """
    if catalog is not None and domain is not None:
        raise InvalidArgument.of("domain", "give either domain or catalog, not both")
    if cluster is not None and (cluster_name is not None or members is not None):
        raise InvalidArgument.of("cluster", "give either cluster, or cluster_name and members")
    settings = settings_of(
        {
            "domain": domain,
            "cluster_name": cluster_name,
            "members": members if members is None or isinstance(members, str) else tuple(members),
            "operation_timeout_seconds": operation_timeout_seconds,
            "max_scanned_entries": max_scanned_entries,
            "subscriber_queue_size": subscriber_queue_size,
        }
    )
    if tenant is not None and not is_tenant(tenant):
        raise InvalidArgument.of("tenant", f"no tenant's name: {TENANT_DESCRIPTION}")
    catalog = load_catalog(settings.domain) if catalog is None else catalog
    whole = cluster or HazelcastCluster(
        cluster_name=settings.cluster_name,
        members=settings.members,
        deadline_seconds=settings.operation_timeout_seconds,
    )
    return Hazelgate(
        catalog,
        whole if tenant is None else Tenants(whole, catalog.views).cluster_of(tenant),
        closes_cluster=cluster is None,
        source=source,
        ready_timeout_seconds=ready_timeout_seconds,
        max_scanned_entries=settings.max_scanned_entries,
        subscriber_queue_size=settings.subscriber_queue_size,
    )


class Hazelgate:
    """
    A connection to a cluster. `hazelgate.connect` makes it.

    One is enough for a process: it is made for many tasks at once, and reconnects by itself.
    """

    def __init__(
        self,
        catalog: Catalog,
        cluster: Cluster,
        *,
        closes_cluster: bool,
        source: str,
        ready_timeout_seconds: float,
        max_scanned_entries: int,
        subscriber_queue_size: int,
    ) -> None:
        self._catalog = catalog
        self._cluster = cluster
        self._closes_cluster = closes_cluster
        self._ready_timeout_seconds = ready_timeout_seconds
        self._queue_size = subscriber_queue_size
        self._handler = EventHandler(catalog, cluster, source=source)
        self._reads = ClusterReads(cluster, max_scanned_entries=max_scanned_entries)
        self._feed: Feed | None = None
        self._starting_feed = asyncio.Lock()

    # ------------------------------------------------------------------ coming and going

    async def start(self) -> Self:
        """
        Connect, and wait until events can be taken in.

        Raises:
            PipelineUnavailable: Not within `ready_timeout_seconds`. The message says what is missing, and where the
                cluster was looked for.
        """
        try:
            await self._cluster.start()
            await self._cluster.wait_until_ready(self._ready_timeout_seconds)
            await self._handler.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def close(self) -> None:
        """Let go of the cluster; streams end. A second call does nothing."""
        feed, self._feed = self._feed, None
        if feed is not None:
            await feed.close()
        await self._handler.close()
        if self._closes_cluster:
            await self._cluster.close()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def catalog(self) -> Catalog:
        """The domain."""
        return self._catalog

    @property
    def problem(self) -> str | None:
        """Why no event can be taken in just now, in a sentence; None when one can. Asking costs nothing."""
        return self._cluster.state().problem

    # ------------------------------------------------------------------ writing

    async def handle_event(self, event: Event, options: SubmitOptions | None = None) -> Receipt:
        """
        Submit one event and wait until the views show it, or as `options.wait_for` says.

        Raises:
            EventRejected: A guard or a check said no; nothing is stored.
            SequenceConflict: Another event of the aggregate came after `options.expected_sequence`.
            EventIdConflict: The eventId was used before, with another payload.
            EventDeadLettered: Stored, but a view could not be updated.
            EventTimedOut: Not there in time. It is still on its way: the same eventId is safe to send again.
            PipelineOverloaded: The pipeline takes no more just now; nothing is stored.
            PipelineUnavailable: A member or the projector is away; the message says whether anything was sent.
        """
        return await self._handler.handle_event(event, options or DEFAULT_OPTIONS)

    async def handle_events(self, events: Sequence[Event | Submission]) -> list[Receipt | EventError]:
        """
        Submit events together, in order, and wait for each. A `Submission` has options of its own.

        Returns:
            A receipt or an error per event, in order.

        Raises:
            PipelineUnavailable: A member or the projector is away; the message says whether anything was sent.
        """
        return await self._handler.handle_events(
            [each if isinstance(each, Submission) else Submission(each) for each in events]
        )

    async def completion(self, event_id: str) -> Completion | None:
        """What is known of an event that was submitted before; None where nothing is (yet)."""
        available(self._cluster)
        return await self._handler.completion(event_id)

    # ------------------------------------------------------------------ reading and following

    def view(self, cls: type[V], name: str | None = None) -> ViewReads[V]:
        """
        The view whose entries are of a class.

        Args:
            name: Which one, where several views have entries of the class.

        Raises:
            InvalidArgument: The catalog has no such view, or several.
        """
        there = [spec for spec in self._catalog.views.values() if spec.cls is cls and name in (None, spec.name)]
        if len(there) == 1:
            return ViewReads(self._catalog, there[0], self._reads, self._followed)
        shown = getattr(cls, "__qualname__", repr(cls))
        if there:
            names = ", ".join(spec.name for spec in there)
            raise InvalidArgument.of("name", f"several views have entries of {shown}: {names}; say which")
        known = ", ".join(f"{spec.cls.__name__} ({spec.name})" for spec in self._catalog.views.values())
        raise InvalidArgument.of("cls", f"no view of this domain has entries of {shown}; there are {known or 'none'}")

    def events(
        self,
        types: str | type[Event] | Iterable[str | type[Event]] | None = None,
        aggregate_id: str | None = None,
        after: str | None = None,
    ) -> Stream[StoredEvent]:
        """
        Every event from now on, as soon as it is applied.

        Args:
            types: Of this type, or of these types, alone: names or classes.
            aggregate_id: Of the aggregates with this id alone.
            after: Every event since this cursor first: `cursor` of an event or a change, or one that the API gave.

        Raises:
            UnknownEventType: The catalog has no such type.
            InvalidArgument: `after` is no cursor.
        """
        several = [types] if isinstance(types, (str, type)) else types
        chosen = None if several is None else frozenset(self._catalog.spec(each).name for each in several)

        async def make(happening: Happening) -> list[StoredEvent]:
            return [StoredEvent(self._catalog, happening.record, happening.frontier)]

        wanted = EventsOf(chosen, aggregate_id)
        if after is None:
            return Stream(self._followed, wanted, make)
        place = Frontier.parse("after", after)

        async def since(feed: Feed) -> AsyncGenerator[StoredEvent | Gap, None]:
            async with aclosing(events_since(feed, wanted, place)) as told:
                async for each in told:
                    yield each if isinstance(each, Gap) else StoredEvent(self._catalog, each.record, each.frontier)

        return Stream(self._followed, wanted, make, since)

    async def stream_cursor(self) -> str:
        """Where the streams stand now: read, then follow `after` this, and nothing is missed in between."""
        where = await available(self._cluster).log_positions()
        return Frontier(where.log, end_of(where.settled)).text

    async def _followed(self) -> Feed:
        """The feed of this connection; it listens from the first stream on."""
        async with self._starting_feed:
            if self._feed is None:
                feed = Feed(available(self._cluster), queue_size=self._queue_size)
                await feed.start()
                self._feed = feed
            return self._feed
