"""What one request reads is gathered, asked once, and forgotten with the request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from hazelgate import Catalog, Identity
from hazelgate.client.reading.queries import EntryQuery
from hazelgate.client.rights.rights import LimitedRights
from hazelgate.client.rights.shapes import shape_of
from hazelgate.projector.process import Processor
from hazelgate.resolvers.requests import RequestReads
from hazelgate.sourcing.errors import PipelineUnavailable, TooMuchRead
from hazelgate.testing.memory import MemoryCluster
from tests.unit.gateway.rights.clinic import visits
from tests.unit.sourcing.counters import CATALOG


class Counting(MemoryCluster):
    """Counts the reads that reach it."""

    def __init__(self) -> None:
        super().__init__(Processor(CATALOG))
        self.asked: list[tuple[str, list[str]]] = []
        self.engine.map("m").update({key: f"m/{key}".encode() for key in "abc"})
        self.engine.map("n").update({"a": b"n/a"})

    async def read(self, map_name: str, keys: Sequence[str]) -> list[bytes | None]:
        self.asked.append((map_name, list(keys)))
        return await super().read(map_name, keys)


@pytest.fixture
async def cluster() -> Counting:
    made = Counting()
    await made.start()
    return made


def reads_of(cluster: Counting) -> RequestReads:
    return RequestReads(cluster, max_scanned_entries=10)


async def test_a_tick_is_one_read_a_map_and_each_key_is_asked_for_once(cluster: Counting) -> None:
    reads = reads_of(cluster)
    wanted = [("m", "a"), ("m", "b"), ("n", "a"), ("m", "a"), ("m", "none")]
    found = await asyncio.gather(*(reads.load(*each) for each in wanted))
    assert found == [b"m/a", b"m/b", b"n/a", b"m/a", None]
    assert cluster.asked == [("m", ["a", "b", "none"]), ("n", ["a"])]


async def test_what_was_read_is_kept_until_something_is_written(cluster: Counting) -> None:
    reads = reads_of(cluster)
    assert [await reads.load("m", "a"), await reads.load("m", "a")] == [b"m/a", b"m/a"]
    assert len(cluster.asked) == 1
    cluster.engine.map("m")["a"] = b"new"
    reads.forget()
    assert await reads.load("m", "a") == b"new"


async def test_a_read_that_nobody_waits_for_does_no_harm(cluster: Counting) -> None:
    """A field that fails leaves those beside it unanswered."""
    reads = reads_of(cluster)
    reads.load("m", "a")
    assert await reads.load("m", "b") == b"m/b"


async def test_another_request_reads_for_itself(cluster: Counting) -> None:
    assert await reads_of(cluster).load("m", "a") == await reads_of(cluster).load("m", "a")
    assert len(cluster.asked) == 2


async def test_nothing_is_asked_while_the_cluster_is_away(cluster: Counting) -> None:
    cluster.disconnect()
    reads = reads_of(cluster)
    answers = await asyncio.gather(reads.load("m", "a"), reads.load("n", "a"), return_exceptions=True)
    assert [type(answer) for answer in answers] == [PipelineUnavailable, PipelineUnavailable]
    assert cluster.asked == []


async def test_several_entries_are_read_once_and_known_to_whoever_asks_for_one(cluster: Counting) -> None:
    reads = reads_of(cluster)
    assert await reads.load_several("m", ["b", "none", "a", "b"]) == [b"m/b", None, b"m/a", b"m/b"]
    assert [await reads.load("m", "a"), await reads.load("m", "none")] == [b"m/a", None]
    assert cluster.asked == [("m", ["b", "none", "a"])]


async def test_those_that_are_under_way_are_not_asked_for_again(cluster: Counting) -> None:
    reads = reads_of(cluster)
    found = await asyncio.gather(reads.load_several("m", ["a", "b"]), reads.load_several("m", ["b", "c"]))
    assert list(found) == [[b"m/a", b"m/b"], [b"m/b", b"m/c"]]
    assert cluster.asked == [("m", ["a", "b"]), ("m", ["c"])]


async def test_entries_that_could_not_be_read_are_not_asked_for_again(cluster: Counting) -> None:
    """A plan that fails is followed by the executor: what takes seconds to fail does so once."""
    reads = reads_of(cluster)
    cluster.disconnect()
    with pytest.raises(PipelineUnavailable):
        await reads.load_several("m", ["a"])
    cluster.connect()
    with pytest.raises(PipelineUnavailable):
        await reads.load("m", "a")
    with pytest.raises(PipelineUnavailable):
        await reads.load_several("m", ["a"])
    assert cluster.asked == []
    reads.forget()
    assert await reads.load("m", "a") == b"m/a"


async def test_whoever_stops_waiting_takes_nothing_from_others(cluster: Counting) -> None:
    """The executor cancels what is beneath a null; others may wait for the same entry."""
    reads = reads_of(cluster)
    first = asyncio.create_task(reads.load_several("m", ["a", "b"]))
    others = [asyncio.create_task(reads.load_several("m", ["b"])) for _ in range(2)]
    await asyncio.sleep(0)
    others[0].cancel()
    first.cancel()
    assert await others[1] == [b"m/b"]


async def test_a_page_is_read_once(cluster: Counting) -> None:
    reads = reads_of(cluster)
    query = EntryQuery(map_name="m", limit=2)
    first, second = await asyncio.gather(reads.query(query), reads.query(EntryQuery(map_name="m", limit=2)))
    assert first is second
    assert await reads.query(query) is first
    assert await reads.query(EntryQuery(map_name="m", limit=1)) is not first


async def test_one_and_several_that_are_asked_for_at_once_are_read_once(cluster: Counting) -> None:
    reads = reads_of(cluster)
    found = await asyncio.gather(
        reads.load("m", "a"), reads.load_several("m", ["a", "b"]), reads.load("m", "b"), reads.load("m", "c")
    )
    assert tuple(found) == (b"m/a", [b"m/a", b"m/b"], b"m/b", b"m/c")
    assert cluster.asked == [("m", ["a", "b"]), ("m", ["c"])]


async def test_an_entry_that_came_otherwise_is_not_read_and_counts_as_read(cluster: Counting) -> None:
    reads = RequestReads(cluster, max_scanned_entries=10, max_read_entries=2)
    reads.offer("m", "a", b"newer")
    assert [await reads.load("m", "a"), *await reads.load_several("m", ["a", "b"])] == [b"newer", b"newer", b"m/b"]
    assert cluster.asked == [("m", ["b"])]
    reads.offer("m", "c", b"newer")
    with pytest.raises(TooMuchRead):
        await reads.load("m", "c")


SELECTION = '[["x","text",false]]'


async def test_what_is_selected_counts_as_read_and_what_is_not_selected_does_not(cluster: Counting) -> None:
    cluster.engine.map("m").update({"d": b'{"_meta":{},"x":"1"}', "e": b'{"_meta":{},"x":1}'})
    reads = RequestReads(cluster, max_scanned_entries=10, max_read_entries=3)
    assert await reads.select("m", ["d"], SELECTION) == b'[{"x":"1"}]'
    assert await reads.select("m", ["d", "e"], SELECTION) is None
    assert len(await reads.load_many("m", ["d", "e"])) == 2
    with pytest.raises(TooMuchRead):
        await reads.select("m", ["d"], SELECTION)


async def test_nothing_is_selected_of_rows_that_are_looked_at_first() -> None:
    """Whether a caller may see an entry is told by the whole of it."""
    clinic = Catalog.load("tests.unit.gateway.rights.clinic")
    cluster = MemoryCluster.of(clinic)
    await cluster.start()
    cluster.engine.map(visits.name)["a"] = b'{"_meta":{},"x":"1"}'
    limited = LimitedRights(clinic, shape_of(clinic, {"authenticated"}), Identity(subject="p1"))
    for rights, found in ((limited, None), (None, b'[{"x":"1"}]')):
        reads = RequestReads(cluster, max_scanned_entries=10, rights=rights)
        assert await reads.select(visits.name, ["a"], SELECTION) == found


class Heard:
    """Takes what is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def done(self) -> bool:
        return False

    def set_result(self, raw: bytes | None) -> None:
        self.told.append(raw)

    def set_exception(self, error: Exception) -> None:
        self.told.append(error)


async def test_what_is_told_is_what_the_caller_may_see_and_is_read_once(cluster: Counting) -> None:
    clinic = Catalog.load("tests.unit.gateway.rights.clinic")
    own = visits.name
    cluster.engine.map(own).update(
        {key: b'{"_meta":{},"visitId":"%b","patientId":"%b"}' % (key.encode(), key.encode()) for key in ("p1", "p2")}
    )
    limited = LimitedRights(clinic, shape_of(clinic, {"patient"}), Identity(subject="p1", roles=("patient",)))
    for key, is_seen in (("p1", True), ("p2", False)):
        reads, heard = RequestReads(cluster, max_scanned_entries=10, rights=limited), Heard()
        reads.tell(own, key, heard)
        while not heard.told:
            await asyncio.sleep(0)
        [raw] = heard.told
        assert (raw is not None) == is_seen
        assert await reads.load_several(own, [key]) == [raw]
    assert len(cluster.asked) == 2


async def test_what_can_not_be_told_is_not_read_again(cluster: Counting) -> None:
    reads, heard = RequestReads(cluster, max_scanned_entries=10), Heard()
    reads.tell("m", "a", heard)
    await cluster.close()
    while not heard.told:
        await asyncio.sleep(0)
    assert isinstance(heard.told[0], PipelineUnavailable)
    with pytest.raises(PipelineUnavailable):
        await reads.load_several("m", ["a"])
    assert len(cluster.asked) == 1
    with pytest.raises(PipelineUnavailable):
        reads.tell("m", "b", heard)
    with pytest.raises(TooMuchRead):
        RequestReads(cluster, max_scanned_entries=10, max_read_entries=0).tell("m", "a", heard)
    assert len(heard.told) == 1
