"""
Everything that other rooms may ask of the Hazelcast cluster.

`Cluster` is the whole of it: submit events, read entries, query maps, ask for figures, listen to topics. The real one
is `hazelgate.client.hazelcast.cluster.HazelcastCluster`; `hazelgate.testing.memory.MemoryCluster` is the same in one
process, and tests/contract holds both to the same behaviour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from hazelgate.client.event_stream import Wish
from hazelgate.client.figures.diagnosis import Finding, examine, examine_pipelines
from hazelgate.client.figures.metrics import READY, RUNNING, PipelineStats
from hazelgate.client.figures.pipelines import PipelineState, pipeline_of
from hazelgate.client.reading.gathering import Told
from hazelgate.client.reading.queries import AggregatePage, AggregateQuery, EntryPage, EntryQuery
from hazelgate.client.resolutions import Resolution, ResolveOrder

EVENT_STREAM = "event-stream"
"""The topic on which everybody hears the whole of every event."""

Callback = Callable[[bytes], None]


def stream_topic(gateway_id: str) -> str:
    """The topic on which a gateway hears of every event, and the whole of those that it wants."""
    return f"{EVENT_STREAM}.{gateway_id}"


def completions_topic(gateway_id: str) -> str:
    """The topic on which a gateway hears how its events fared."""
    return f"completions.{gateway_id}"


class Admission(Enum):
    """The fate of a submitted event; the values are the bytes that a member answers with."""

    TAKEN = 0
    """It is pending."""
    FULL = 1
    """The pipeline takes no more just now; nothing was kept."""
    CONFLICT = 2
    """Another payload is pending under its id, and stays; nothing of this one was kept."""


@dataclass(frozen=True, slots=True)
class ClusterState:
    """The last known state of the cluster, at most about a second old: asking costs nothing."""

    connected: bool = False
    """A member answers."""
    projector: str = "UNKNOWN"
    """READY, AWAY, or UNKNOWN while nothing is connected."""
    job: str = "UNKNOWN"
    """The Jet job's status, RUNNING when all is well."""
    members: int = 0
    pending: int = 0
    """Events that are in and not yet through."""
    events_per_second: float = 0.0
    pipelines: tuple[PipelineState, ...] = ()
    store_problem: str | None = None
    """Why nothing can be stored just now, in a sentence: PostgreSQL is away, or views are being restored from it."""
    views_problem: str | None = None
    """Why views do not hold all that is stored, in a sentence: they are being restored, or a log is imported."""
    examined: tuple[Finding, ...] = ()
    """What was looked at besides the pipelines."""

    @property
    def problem(self) -> str | None:
        """Why no event can be taken in just now, in a sentence; None when one can."""
        if not self.connected:
            return "no member of the cluster answers"
        problems = [pipeline.problem for pipeline in self.pipelines]
        if problems:
            return problems[0] if all(problems) else self.store_problem
        if self.job != RUNNING:
            return f"the pipeline's job is {self.job}"
        if self.projector != READY:
            return "the projector is away"
        return self.store_problem

    @property
    def read_problem(self) -> str | None:
        """
        Why nothing can be read just now, in a sentence; None when all can.

        Entries lie in the members. Neither the projector nor the database is needed to read them.
        """
        return self.views_problem if self.connected else "no member of the cluster answers"

    def problem_of(self, event_type: str) -> str | None:
        """Why no event of that type can be taken in just now; None when it can, whatever stops other pipelines."""
        pipeline = pipeline_of(event_type, self.pipelines) if self.connected else None
        return self.problem if pipeline is None else pipeline.problem or self.store_problem

    @property
    def warnings(self) -> list[str]:
        """Everything that needs an operator, though events may be taken in: the pipelines' first."""
        return [
            *(warning for pipeline in self.pipelines for warning in pipeline.warnings),
            *(str(finding) for finding in self.examined if finding.warning),
        ]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that was looked at, what is right, too."""
        return (*examine_pipelines(self.pipelines), *self.examined)


def state_of(stats: PipelineStats, silent: Iterable[str] = ()) -> ClusterState:
    """
    The state of a cluster whose members have just given these figures.

    Args:
        silent: Those that gave none.
    """
    return ClusterState(
        True,
        stats.projector,
        stats.job,
        stats.members,
        stats.pending,
        stats.events_per_second,
        stats.pipelines,
        stats.store_problem,
        stats.views_problem,
        examine(stats, silent),
    )


class Subscription(Protocol):
    """A callback that hears a topic until `close`."""

    async def close(self) -> None:
        """Hear no more. A second call does nothing."""


@dataclass(frozen=True, slots=True)
class LogPositions:
    """
    Where the log stands.

    Args:
        log: Its id.
        settled: Every event at or below this position is stored and in the views. None comes below it any more.
        reached: Every position given out so far is at or below it, and every later one above.
    """

    log: str
    settled: int
    reached: int


class Cluster(Protocol):
    """
    The maps, tasks and topics of one cluster, seen from one gateway.

    Every call is bounded in time, and raises PipelineUnavailable when the cluster is away.
    """

    gateway_id: str

    async def start(self) -> None:
        """Begin to connect, and return at once; `state` tells when it is done."""

    async def close(self) -> None:
        """Let go of the cluster. A second call does nothing."""

    async def wait_until_ready(self, timeout_seconds: float) -> None:
        """
        Return once events can be taken in.

        Raises:
            PipelineUnavailable: Not within the time; the message says what is missing.
        """

    def state(self) -> ClusterState:
        """The last known state, without asking the cluster."""

    async def submit(self, events: Sequence[tuple[str, bytes]]) -> Sequence[Admission]:
        """
        Put envelopes into pending-events under their keys `<eventId>@<aggregateId>`.

        Submissions of one aggregate keep the order of the calls. A pending event stays as it was first sent; the same
        payload under its id is taken again.

        Returns:
            Per event, in order, whether it was taken.
        """

    async def read(self, map_name: str, keys: Sequence[str]) -> list[bytes | None]:
        """
        The entries' raw JSON in the order of the keys, None where there is none.

        Calls made at about the same time go to a member together.
        """

    def tell(self, map_name: str, key: str, told: Told) -> None:
        """
        Read one entry as `read` does, and tell it, or what went wrong: without a task for each read.

        Raises:
            PipelineUnavailable: The cluster is away; nobody is told.
        """

    async def select(self, map_name: str, keys: Sequence[str], selection: str) -> bytes | None:
        """
        What is selected of entries, as one JSON list in the order of the keys; null where there is none.

        Args:
            selection: JSON, as docs/reference/protocol.md has it.

        Returns:
            None where an entry is not as the selection has it, or where entries are read as a whole alone.
        """

    async def query(self, query: EntryQuery) -> EntryPage:
        """One page of a map, merged from all members."""

    async def aggregate(self, query: AggregateQuery) -> AggregatePage:
        """Figures over the entries of a map in groups, merged from all members."""

    async def log_positions(self) -> LogPositions:
        """Where the log stands just now, by what all members know."""

    async def resolve_dead_letters(self, orders: Sequence[ResolveOrder]) -> list[Resolution]:
        """Retry, edit or discard dead letters, in order; an answer for each."""

    async def stats(self) -> PipelineStats:
        """Fresh figures, merged from all members."""

    async def maintain_views(self, request: bytes) -> bytes:
        """
        Ask for something about rebuilds or snapshots of views, JSON for JSON.

        `Rebuilds` and `Snapshots` in `hazelgate.client.operators` know what may be asked.
        """

    async def want(self, wish: Wish, by: object) -> None:
        """
        Have all members know what is wanted of the stream, in place of what was wanted `by` the same before.

        A wish only spares bytes. `stream_topic` brings the mark of an event that is not wanted, and the whole of any
        other; of every event, until a member knows the wish.

        Args:
            by: Whose wish it is, while that is there. The wishes of several are joined.
        """

    async def listen(
        self, topic: str, callback: Callback, *, interrupted: Callable[[], None] | None = None
    ) -> Subscription:
        """
        Call back with every message of a topic, in the event loop; the listener lives through reconnects.

        `interrupted` is called when messages may have been missed, once listening works again.
        The callback must neither block nor raise.
        """
