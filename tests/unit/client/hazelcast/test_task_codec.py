"""The bytes of the tasks, as docs/reference/protocol.md has them."""

from __future__ import annotations

import msgspec

from hazelgate.client.cluster import Admission
from hazelgate.client.hazelcast import task_codec as tasks
from hazelgate.client.reading.filters import condition
from hazelgate.client.reading.queries import AggregateQuery, EntryQuery


def test_submitted_events_are_counted_and_each_part_has_its_length() -> None:
    task = tasks.submit_events([("1@ä", b"{}"), ("2@b", b'{"a":1}')], 2)
    assert (task.get_factory_id(), task.get_class_id()) == (7101, 1)
    assert task._request == (
        b"\x00\x00\x00\x02"
        b"\x00\x00\x00\x04" + "1@ä".encode() + b"\x00\x00\x00\x02{}"
        b'\x00\x00\x00\x032@b\x00\x00\x00\x07{"a":1}'
    )


def test_an_answer_has_a_byte_per_event() -> None:
    assert tasks.admissions(b"\x00\x01\x02") == [Admission.TAKEN, Admission.FULL, Admission.CONFLICT]


def test_reads_are_asked_for_map_by_map() -> None:
    task = tasks.read_entries([("m", ["a", "b"]), ("n", ["c"])])
    assert (task.get_class_id(), task._request) == (2, b'[["m",["a","b"]],["n",["c"]]]')


def test_entries_come_raw_and_null_is_none() -> None:
    assert tasks.entries(b'[[{"a": 1},null],["null"]]') == [[b'{"a": 1}', None], [b'"null"']]


def test_a_query_and_the_figures_have_their_class() -> None:
    query = tasks.query_entries(EntryQuery(map_name="m"))
    assert (query.get_class_id(), msgspec.json.decode(query._request)["map"]) == (3, "m")
    aggregate = tasks.aggregate_entries(AggregateQuery(map_name="m", index="id"))
    assert (aggregate.get_class_id(), msgspec.json.decode(aggregate._request)["index"]) == (9, "id")
    figures = tasks.pipeline_stats()
    assert (figures.get_class_id(), figures._request) == (4, b"")


def test_no_kind_of_task_waits_behind_another() -> None:
    scan = EntryQuery(map_name="m", filter=condition(["a"], "eq", "b"))
    kinds = {
        "hazelgate": [tasks.submit_events([], 0)],
        "hazelgate-reads": [tasks.query_entries(EntryQuery(map_name="m")), tasks.read_entries([("m", ["a"])])],
        "hazelgate-log": [
            tasks.query_entries(EntryQuery(map_name="event-store")),
            tasks.read_entries([("event-ids", [])]),
        ],
        "hazelgate-scans": [
            tasks.query_entries(scan),
            tasks.aggregate_entries(AggregateQuery(map_name="m", index="id")),
        ],
        "hazelgate-operators": [tasks.control_pipeline({}), tasks.resolve_dead_letters([]), tasks.maintain_views(b"")],
        "hazelgate-stats": [tasks.pipeline_stats()],
    }
    assert {each.executor for kind in kinds.values() for each in kind} == set(tasks.EXECUTORS)
    assert {kind: {each.executor for each in kinds[kind]} for kind in kinds} == {kind: {kind} for kind in kinds}
