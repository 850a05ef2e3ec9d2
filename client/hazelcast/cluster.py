"""
The real cluster, over the asyncio client of Hazelcast.

The client reconnects by itself, but an operation hangs while nothing is connected; so every call here has a deadline,
and is not even tried while the cluster is known to be away. A supervisor connects, asks for the pipeline's figures
every second, keeps the listeners hearing, and starts a new client when one has given up.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import msgspec
from hazelcast.asyncio import HazelcastClient
from hazelcast.errors import HazelcastError
from hazelcast.lifecycle import LifecycleState
from msgspec.structs import replace

from hazelgate.client.cluster import Admission, Callback, ClusterState, LogPositions, Subscription, state_of
from hazelgate.client.event_stream import Wish, joined
from hazelgate.client.figures.metrics import MemberStats, PipelineStats, decode_timed, merge_stats
from hazelgate.client.figures.pipelines import ControlAnswer
from hazelgate.client.hazelcast import task_codec as tasks
from hazelgate.client.hazelcast.configuration import client_config
from hazelgate.client.hazelcast.failures import deadline, plain_errors
from hazelgate.client.hazelcast.listeners import TopicListener
from hazelgate.client.reading.gathering import ReadGathering, Told
from hazelgate.client.reading.queries import (
    AggregatePage,
    AggregateQuery,
    EntryPage,
    EntryQuery,
    are_whole,
    decode_aggregate,
    decode_page,
    merge_aggregates,
    merge_pages,
)
from hazelgate.client.reading.selecting import SelectGathering
from hazelgate.client.resolutions import Resolution, ResolveOrder
from hazelgate.client.state_log import log_change
from hazelgate.client.submitting.gathering import SubmitGathering
from hazelgate.sourcing.errors import PipelineUnavailable


class ImportAnswer(msgspec.Struct, frozen=True):
    """A member's answer about a log that is taken in; `refused` says why it is not."""

    refused: str | None = None
    id: str = ""
    events: int = 0


Answer = TypeVar("Answer", EntryPage, AggregatePage)

_logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
POLL_WHILE_NOT_READY_SECONDS = 0.25
POLL_DEADLINE_SECONDS = 2.0
RESOLVE_SECONDS = 60.0
"""A projection that is tried again may hang, twice, until the projector's watchdog ends it."""
PATIENCE_SECONDS = 4.0
"""How long a connected cluster may answer nothing at all before it counts as away."""
RETRY_CONNECT_SECONDS = 0.2
CANCEL_AGAIN_SECONDS = 0.1
ASK_AGAIN_SECONDS = 0.1
"""The pause once every member has said that it can't just now."""
MOVING_SECONDS = 0.02
"""The pause after a partition was seen to move from one member to another."""
AVOID_SECONDS = 5.0
"""How long a member that left a call unanswered gets no other, while there are others to ask."""


class HazelcastCluster:
    """
    A cluster of Hazelcast members that run the engine.

    Args:
        cluster_name: The name that the members were started with.
        members: Addresses to look for members at, `host:port`. One that answers is enough.
        deadline_seconds: How long any one call may take.
        labels: What members are told of this client; `gateway_labels` of a gateway.
    """

    def __init__(
        self,
        *,
        cluster_name: str = "dev",
        members: Iterable[str] = ("127.0.0.1:5701",),
        deadline_seconds: float = 5.0,
        labels: Sequence[str] = (),
    ) -> None:
        self.gateway_id = f"gw-{uuid.uuid4().hex[:12]}"
        self._cluster_name = cluster_name
        self._members = list(members)
        self._deadline_seconds = deadline_seconds
        self._labels = list(labels)
        self._client: HazelcastClient | None = None
        self._executors: dict[str, Any] = {}
        self._connected = False
        self._state = ClusterState()
        self._state_changed = asyncio.Event()
        self._wake = asyncio.Event()
        self._supervisor: asyncio.Task[None] | None = None
        self._listeners: set[TopicListener] = set()
        self._wishes: WeakKeyDictionary[object, Wish] = WeakKeyDictionary()
        self._wishing = asyncio.Lock()
        self._next = itertools.count()
        self._avoided: dict[Any, float] = {}
        self._last_answer = 0.0
        self._poll_numbers = itertools.count(1)
        self._newest_poll = 0
        self._silent: dict[Any, str] = {}
        """Members that gave no figures when they were last asked, each told of once, and where they are."""
        self._reads = ReadGathering(self._read_entries)
        self._selections = SelectGathering(self._select_entries)
        self._submissions = SubmitGathering(self._submit_events)

    # ------------------------------------------------------------------ coming and going

    async def start(self) -> None:
        if self._supervisor is None:
            self._supervisor = asyncio.create_task(self._supervise(), name="cluster supervisor")

    async def close(self) -> None:
        supervisor, self._supervisor = self._supervisor, None
        while supervisor is not None and not supervisor.done():
            # More than once: the client takes a cancellation for a lost connection where it is just opening one.
            supervisor.cancel()
            await asyncio.wait([supervisor], timeout=CANCEL_AGAIN_SECONDS)
        self._reads.close()
        self._selections.close()
        self._submissions.close()
        await self._drop_client()

    def state(self) -> ClusterState:
        return self._state

    async def wait_until_ready(self, timeout_seconds: float) -> None:
        await self._wait_until(lambda state: state.problem is None, "ready", timeout_seconds)

    async def wait_until_connected(self, timeout_seconds: float) -> None:
        """
        Return once a member answers, whatever its pipeline does: enough to look at what is there.

        Raises:
            PipelineUnavailable: Not within the time.
        """
        await self._wait_until(lambda state: state.connected, "connected", timeout_seconds)

    async def _wait_until(self, good: Callable[[ClusterState], bool], what: str, timeout_seconds: float) -> None:
        try:
            async with asyncio.timeout(timeout_seconds):
                while not good(self._state):
                    self._state_changed.clear()
                    await self._state_changed.wait()
        except TimeoutError:
            raise PipelineUnavailable(
                f"not {what} after {timeout_seconds:g} s: {self._state.problem}; looked for cluster "
                f"{self._cluster_name!r} at {', '.join(self._members)}"
            ) from None

    # ------------------------------------------------------------------ what may be asked

    async def submit(self, events: Sequence[tuple[str, bytes]]) -> Sequence[Admission]:
        self._require_connection()
        return await self._submissions.submit(events)

    async def read(self, map_name: str, keys: Sequence[str]) -> list[bytes | None]:
        self._require_connection()
        return await self._reads.read(map_name, keys)

    def tell(self, map_name: str, key: str, told: Told) -> None:
        self._require_connection()
        self._reads.tell(map_name, key, told)

    async def select(self, map_name: str, keys: Sequence[str], selection: str) -> bytes | None:
        self._require_connection()
        return await self._selections.select(map_name, keys, selection)

    async def query(self, query: EntryQuery) -> EntryPage:
        pages = await self._ask_whole(tasks.query_entries(query), decode_page)
        if len({page.selected for page in pages}) > 1:
            # A member has found an entry that is not as the selection has it, and gives its own as they are.
            pages = await self._ask_whole(tasks.query_entries(replace(query, selection=None)), decode_page)
        return merge_pages(query, pages)

    async def aggregate(self, query: AggregateQuery) -> AggregatePage:
        return merge_aggregates(query, await self._ask_whole(tasks.aggregate_entries(query), decode_aggregate))

    async def log_positions(self) -> LogPositions:
        return tasks.positions(await self._ask_any(tasks.log_positions()))

    async def resolve_dead_letters(self, orders: Sequence[ResolveOrder]) -> list[Resolution]:
        return tasks.resolutions(await self._ask_any(tasks.resolve_dead_letters(orders), RESOLVE_SECONDS))

    async def stats(self) -> PipelineStats:
        task = tasks.pipeline_stats()
        task.seconds = self._deadline_seconds
        async with deadline(self._deadline_seconds):
            return merge_stats(await asyncio.gather(*(self._asked(each, task) for each in self._data_members())))

    async def look(self) -> ClusterState:
        """
        The state just now, from the members that answer soon.

        Raises:
            PipelineUnavailable: None does.
        """
        self._require_connection()
        stats = await self._poll()
        if stats is None:
            raise PipelineUnavailable("no member gives figures; try again when /ready is true")
        return state_of(stats, self._silent.values())

    async def maintain_views(self, request: bytes) -> bytes:
        return await self._ask_any(tasks.maintain_views(request))

    async def import_events(
        self, head: Mapping[str, str | int], events: Iterable[tuple[bytes, bytes]] = ()
    ) -> ImportAnswer:
        """Do "ImportEvents" of docs/reference/protocol.md; `hazelgate.operations.transfer` knows in which order."""
        answer = await self._ask_any(tasks.import_events(head, events))
        if head["op"] != "take":  # that changes nothing of the state
            await self._look_again()
        return msgspec.json.decode(answer, type=ImportAnswer)

    async def control_pipeline(self, request: Mapping[str, Any], *, on_all: bool = False) -> list[ControlAnswer]:
        """Do what docs/reference/protocol.md has under "ControlPipeline", on one member or on all of them."""
        task = tasks.control_pipeline(request)
        answers = await self._ask_all(task) if on_all else [await self._ask_any(task)]
        await self._look_again()
        return [msgspec.json.decode(answer, type=ControlAnswer) for answer in answers]

    async def want(self, wish: Wish, by: object) -> None:
        self._wishes[by] = wish
        async with self._wishing:  # so that the last one told is the last one that counts
            await self._ask_all(tasks.take_wish(self.gateway_id, joined(self._wishes.values())))

    async def listen(
        self, topic: str, callback: Callback, *, interrupted: Callable[[], None] | None = None
    ) -> Subscription:
        listener = TopicListener(topic, callback, interrupted, self._listeners.discard)
        if self._client is not None and self._connected:
            with plain_errors():
                async with deadline(self._deadline_seconds):
                    await listener.attach(self._client)
        self._listeners.add(listener)
        return listener

    # ------------------------------------------------------------------ calls

    def _require_connection(self) -> None:
        if not self._connected:
            raise PipelineUnavailable(
                "no member of the cluster answers; nothing was sent: try again when /ready is true"
            )

    async def _submit_events(self, events: Sequence[tuple[str, bytes]]) -> Sequence[Admission]:
        return tasks.admissions(await self._ask_any(tasks.submit_events(events, len(events))))

    async def _read_entries(self, requests: list[tuple[str, list[str]]]) -> list[list[bytes | None]]:
        logged = [tasks.is_logged(map_name) for map_name, _ in requests]
        if all(logged) or not any(logged):
            return tasks.entries(await self._ask_any(tasks.read_entries(requests)))
        # Entries of views do not wait for PostgreSQL.
        parts = [
            [each for each, is_part in zip(requests, logged, strict=True) if is_part is part] for part in (True, False)
        ]
        of_log, of_views = (iter(part) for part in await asyncio.gather(*map(self._read_entries, parts)))
        return [next(of_log if is_logged else of_views) for is_logged in logged]

    async def _select_entries(self, requests: list[tuple[str, Sequence[str], str]]) -> list[bytes | None]:
        return tasks.selected(await self._ask_any(tasks.select_entries(requests)))

    async def _ask_any(self, task: tasks.Task, deadline_seconds: float | None = None) -> bytes:
        """
        Have one member run the task, and another one when that one goes away, or hangs.

        Every task may run twice: reading is harmless, and the pipeline knows an event that it has seen before.
        """
        seconds = self._deadline_seconds if deadline_seconds is None else deadline_seconds
        async with deadline(seconds):
            not_now = 0
            while True:
                members = self._data_members()
                member = self._next_of(members)
                task.seconds = seconds if len(members) == 1 else seconds / 2
                try:
                    async with asyncio.timeout(None if len(members) == 1 else task.seconds):
                        return await self._run_on(member, task)
                except TimeoutError:
                    self._avoided[member.uuid] = time.monotonic() + AVOID_SECONDS
                except PipelineUnavailable:
                    if not self._connected or len(members) == 1:
                        raise
                    not_now += 1
                    if not_now % len(members) == 0:
                        await asyncio.sleep(ASK_AGAIN_SECONDS)

    def _next_of(self, members: list[Any]) -> Any:
        """In turn; one that has just left somebody waiting is not asked while there are others."""
        if self._avoided:
            now = time.monotonic()
            self._avoided = {uuid: until for uuid, until in self._avoided.items() if until > now}
            members = [member for member in members if member.uuid not in self._avoided] or members
        return members[next(self._next) % len(members)]

    async def _ask_all(self, task: tasks.Task) -> list[bytes]:
        task.seconds = self._deadline_seconds
        async with deadline(self._deadline_seconds):
            return await asyncio.gather(*(self._run_on(member, task) for member in self._data_members()))

    async def _ask_whole(self, task: tasks.Task, decoded: Callable[[bytes], Answer]) -> list[Answer]:
        """
        What the members find in their partitions; they are asked again where one moved meanwhile.

        Raises:
            PipelineUnavailable: A member went away, or partitions moved until the time was up.
        """
        async with deadline(self._deadline_seconds):
            while True:
                answers = [decoded(answer) for answer in await self._ask_all(task)]
                if are_whole(answers):
                    return answers
                await asyncio.sleep(MOVING_SECONDS)

    async def _run_on(self, member: Any, task: tasks.Task) -> bytes:
        with plain_errors():
            answer = bytes(await self._executors[task.executor].execute_on_member(member, task))
        self._last_answer = time.monotonic()
        return answer

    def _data_members(self) -> list[Any]:
        self._require_connection()
        client = self._client
        members = client.cluster_service.get_members(_is_data_member) if client is not None else []
        if not members:
            raise PipelineUnavailable("the cluster has no data member yet; try again when /ready is true")
        return members

    # ------------------------------------------------------------------ supervision

    async def _supervise(self) -> None:
        while True:
            client = HazelcastClient(
                client_config(
                    cluster_name=self._cluster_name,
                    members=self._members,
                    name=self.gateway_id,
                    labels=self._labels,
                    on_lifecycle=self._on_lifecycle,
                )
            )
            self._client = client
            try:
                # Not create_and_start: it keeps the client to itself until it is connected, so nobody could end it.
                await client._start()  # type: ignore[no-untyped-call]
                async with deadline(self._deadline_seconds):
                    self._executors = {name: await client.get_executor(name) for name in tasks.EXECUTORS}
                self._connected = True
                while client.lifecycle_service.is_running():
                    await self._refresh(client)
                    await self._pause()
            except Exception:
                _logger.exception("the client of cluster %s failed; a new one starts", self._cluster_name)
            finally:
                self._set_connected(False)
            await self._drop_client()
            await asyncio.sleep(RETRY_CONNECT_SECONDS)

    async def _pause(self) -> None:
        self._wake.clear()
        try:
            async with asyncio.timeout(POLL_SECONDS if self._state.problem is None else POLL_WHILE_NOT_READY_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _refresh(self, client: HazelcastClient) -> None:
        """Learn how the pipeline is, and see to the listeners."""
        if not self._connected:
            return
        number = next(self._poll_numbers)
        stats = await self._poll()
        hearing = await self._all_hear(client)
        if stats is not None and (hearing or self._state.connected):
            self._set_state_of(stats, number)
        elif time.monotonic() - self._last_answer > PATIENCE_SECONDS:
            self._set_state(ClusterState())

    async def _look_again(self) -> None:
        """Learn at once what a call has changed: the next one goes by it."""
        number = next(self._poll_numbers)
        stats = await self._poll()
        if stats is not None and self._state.connected:
            self._set_state_of(stats, number)

    def _set_state_of(self, stats: PipelineStats, number: int) -> None:
        """Unless figures are there that were asked for later."""
        if number > self._newest_poll:
            self._newest_poll = number
            self._set_state(state_of(stats, self._silent.values()))

    async def _poll(self) -> PipelineStats | None:
        """The figures of the members that answer; None when none does."""
        try:
            members = self._data_members()
        except PipelineUnavailable:
            return None
        task = tasks.pipeline_stats()
        task.seconds = POLL_DEADLINE_SECONDS
        answers = await asyncio.gather(
            *(self._figures_of(member, task) for member in members),
            return_exceptions=True,
        )
        silent = {
            member.uuid: (f"{member.address.host}:{member.address.port}", answer)
            for member, answer in zip(members, answers, strict=True)
            if isinstance(answer, BaseException)
        }
        if self._connected:  # else the loss of the cluster is told, and is the reason
            for each in silent.keys() - self._silent.keys():
                address, error = silent[each]
                _logger.warning("member %s of cluster %s gives no figures: %r", address, self._cluster_name, error)
        self._silent = {uuid: address for uuid, (address, _) in silent.items()}
        stats = [answer for answer in answers if isinstance(answer, MemberStats)]
        return merge_stats(stats) if stats else None

    async def _figures_of(self, member: Any, task: tasks.Task) -> MemberStats:
        async with asyncio.timeout(POLL_DEADLINE_SECONDS):
            return await self._asked(member, task)

    async def _asked(self, member: Any, task: tasks.Task) -> MemberStats:
        asked_at = time.time()
        answer = await self._run_on(member, task)
        return decode_timed(answer, asked_at, time.time())

    async def _all_hear(self, client: HazelcastClient) -> bool:
        """Whether every listener hears; what is wrong with one is logged, and tried again."""
        hearing = True
        for listener in list(self._listeners):
            try:
                async with asyncio.timeout(POLL_DEADLINE_SECONDS):
                    hearing = await listener.check(client) and hearing
            except (HazelcastError, OSError) as error:
                _logger.warning("topic %s can't be listened to just now: %r", listener.topic, error)
                hearing = False
        return hearing

    def _on_lifecycle(self, state: str) -> None:
        if state == LifecycleState.CONNECTED:
            self._set_connected(True)
        elif state in (LifecycleState.DISCONNECTED, LifecycleState.SHUTTING_DOWN, LifecycleState.SHUTDOWN):
            self._set_connected(False)

    def _set_connected(self, connected: bool) -> None:
        # Connected is not yet ready: the state says so once the members have answered.
        self._connected = connected and bool(self._executors)
        if not connected:
            self._set_state(ClusterState())
        self._wake.set()

    def _set_state(self, state: ClusterState) -> None:
        if self._supervisor is not None:  # else it is this process that leaves
            log_change(self._cluster_name, self.gateway_id, self._state, state)
        self._state = state
        self._state_changed.set()

    async def _drop_client(self) -> None:
        client, self._client, self._executors = self._client, None, {}
        if client is not None:
            await client.shutdown()


def _is_data_member(member: Any) -> bool:
    return not member.lite_member
