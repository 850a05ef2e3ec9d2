"""The connection: how it begins and ends, and the way in."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import hazelgate
from hazelgate import (
    Catalog,
    EventRejected,
    Hazelgate,
    InvalidArgument,
    PipelineUnavailable,
    Receipt,
    Submission,
    SubmitOptions,
    View,
    ViewReads,
    WaitFor,
)
from hazelgate.client.connecting.settings import settings_of
from hazelgate.testing.memory import MemoryCluster
from tests.unit.client.connecting.conftest import book
from tests.unit.resolvers.derived.shelf import Book


class Away(MemoryCluster):
    """A cluster that never answers."""

    async def start(self) -> None:
        """Connect to nothing."""


async def test_an_event_that_is_handled_shows_in_its_view(hg: Hazelgate) -> None:
    receipt: Receipt = await hg.handle_event(book("b1", "Emma"))
    assert (receipt.aggregate_id, receipt.sequence) == ("b1", 1)
    found = await hg.view(Book).get("b1")
    assert found is not None
    assert found.title == "Emma"


async def test_options_are_passed_on(hg: Hazelgate) -> None:
    options = SubmitOptions(event_id="mine", wait_for=WaitFor.STORED, metadata={"of": "me"})
    assert (await hg.handle_event(book("b1"), options)).event_id == "mine"
    completion = await hg.completion("mine")
    assert completion is not None
    assert completion.aggregate_id == "b1"
    assert await hg.completion("nobody's") is None


async def test_events_are_handled_together(hg: Hazelgate) -> None:
    own = Submission(book("b2"), SubmitOptions(event_id="second"))
    first, second, third = await hg.handle_events([book("b1"), own, book("b1")])
    assert isinstance(first, Receipt)
    assert isinstance(second, Receipt)
    assert second.event_id == "second"
    assert isinstance(third, EventRejected)


async def test_an_event_says_which_program_has_submitted_it(shelf: Catalog, cluster: MemoryCluster) -> None:
    async with hazelgate.connect(catalog=shelf, cluster=cluster, source="night-job") as hg, hg.events() as events:
        await hg.handle_event(book("b1"))
        seen = await anext(aiter(events))
    assert isinstance(seen, hazelgate.StoredEvent)
    assert seen.record.source == "night-job"


async def test_it_waits_until_the_cluster_is_ready(shelf: Catalog) -> None:
    cluster = Away.of(shelf)
    starting = asyncio.create_task(hazelgate.connect(catalog=shelf, cluster=cluster).start())
    await asyncio.sleep(0)
    assert not starting.done()
    cluster.connect()
    hg = await starting
    assert hg.problem is None
    await hg.close()


async def test_a_cluster_that_is_not_ready_in_time_is_an_error_that_says_so(shelf: Catalog) -> None:
    hg = hazelgate.connect(catalog=shelf, cluster=Away.of(shelf), ready_timeout_seconds=2)
    with pytest.raises(PipelineUnavailable, match="not ready after 2 s: no member of the cluster answers"):
        await hg.start()


async def test_while_the_cluster_is_away_reads_and_events_are_refused(hg: Hazelgate, cluster: MemoryCluster) -> None:
    cluster.disconnect()
    assert hg.problem == "no member of the cluster answers"
    with pytest.raises(PipelineUnavailable):
        await hg.view(Book).get("b1")
    with pytest.raises(PipelineUnavailable):
        await hg.handle_event(book("b1"))
    cluster.connect()
    assert await hg.view(Book).get("b1") is None


async def test_who_made_the_cluster_closes_it(shelf: Catalog, cluster: MemoryCluster) -> None:
    for number in range(2):
        async with hazelgate.connect(catalog=shelf, cluster=cluster) as hg:
            await hg.handle_event(book(f"b{number}"))
        await hg.close()
        assert cluster.state().problem is None


def test_a_view_is_of_the_type_of_its_class(shelf: Catalog) -> None:
    books: ViewReads[Book] = hazelgate.connect(catalog=shelf, cluster=Away.of(shelf)).view(Book)
    assert books.name == "book-view"


def test_a_class_of_no_view_is_refused_with_those_that_there_are(shelf: Catalog) -> None:
    class Elsewhere(View):
        """In no catalog."""

    hg = hazelgate.connect(catalog=shelf, cluster=Away.of(shelf))
    with pytest.raises(InvalidArgument, match=r"no view of this domain .*Elsewhere; there are Book \(book-view\), "):
        hg.view(Elsewhere)
    with pytest.raises(InvalidArgument, match="no view"):
        hg.view(Book, name="other-view")


def test_settings_come_from_the_environment_of_a_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAZELGATE_MEMBERS", "10.0.0.1:5701,10.0.0.2:5701")
    monkeypatch.setenv("HAZELGATE_CLUSTER_NAME", "shop")
    monkeypatch.setenv("HAZELGATE_MAX_SCANNED_ENTRIES", "7")
    settings = settings_of({"cluster_name": None, "domain": "tickets"})
    assert settings.members == ("10.0.0.1:5701", "10.0.0.2:5701")
    assert (settings.cluster_name, settings.domain, settings.max_scanned_entries) == ("shop", "tickets", 7)
    assert settings_of({"cluster_name": "own"}).cluster_name == "own"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"members": "nowhere"}, "members"),
    ({"members": []}, "members"),
    ({"max_scanned_entries": 0}, "max_scanned_entries"),
    ({"operation_timeout_seconds": 0}, "operation_timeout_seconds"),
    ({"domain": "tickets", "catalog": object()}, "domain"),
    ({"cluster": object(), "members": "127.0.0.1:5701"}, "cluster"),
]


@pytest.mark.parametrize(("given", "field"), REFUSED)
def test_a_setting_that_will_not_do_is_refused_by_its_name(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgument, match=field) as refused:
        hazelgate.connect(**given)
    assert refused.value.field == field


def test_a_domain_that_is_not_there_is_one_line() -> None:
    with pytest.raises(hazelgate.HazelgateError, match=r"^No module named 'nowhere'; give the import path"):
        hazelgate.connect(domain="nowhere")
