"""
Values that several aggregates hold, though events declare them unique: they were stored before the declaration.

Nothing is undone. Each holder keeps its value until it gives it up, and nobody else gets it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from hazelgate.client.cluster import Cluster
from hazelgate.client.figures.diagnosis import Finding
from hazelgate.client.operators.rebuilds import Rebuilds, ViewStatus
from hazelgate.client.reading.queries import EntryQuery, KeyRange
from hazelgate.sourcing.errors import HazelgateError
from hazelgate.sourcing.model.uniqueness import CONTESTED, VIEWS, Uniqueness
from hazelgate.sourcing.sort_keys import Kind, component

_PAGE = 500
_SUBJECT = "unique"
_SEVERAL = component(Kind.BOOLEAN, True, optional=False, descending=False)

_decode = msgspec.json.Decoder(Uniqueness).decode


async def examine_uniqueness(cluster: Cluster) -> tuple[Finding, ...]:
    """What stands about each declaration; nothing where the members give no answer, of which others warn."""
    try:
        views = [each for each in (await Rebuilds(cluster).report()).views if each.view.startswith(VIEWS)]
        return tuple([_finding(each, await count_shared(cluster, each)) for each in views])
    except HazelgateError:
        return ()


def _finding(view: ViewStatus, shared: int) -> Finding:
    if view.incomplete:
        text = f"{view.view} is younger than the log: values of earlier events count as free"
        return Finding(_SUBJECT, text, f"run `hazelgate rebuild {view.view}`", warning=True)
    if shared:
        text = f"{view.view}: values that several aggregates hold: {shared:,}"
        return Finding(_SUBJECT, text, "have all but one of them give it up", warning=True)
    return Finding(_SUBJECT, f"{view.view}: no two aggregates hold one value")


async def count_shared(cluster: Cluster, view: ViewStatus) -> int:
    """How many values several aggregates hold. It looks at those alone that several have ever said."""
    start, shared = _SEVERAL, 0
    while True:
        query = EntryQuery(map_name=view.view, index=CONTESTED, ranges=(KeyRange(start),), limit=_PAGE)
        page = (await cluster.query(query)).entries
        values = [_decode(each.entry) for each in page]
        keys = list(dict.fromkeys(holder for value in values for holder in value.said_by))
        holds = {holder.key: holder.holds for holder in await _read(cluster, view.view, keys)}
        shared += sum(sum(holds.get(each) == value.key for each in value.said_by) > 1 for value in values)
        if len(page) < _PAGE:
            return shared
        start = f"{page[-1].index_value}\0"


async def _read(cluster: Cluster, map_name: str, keys: Sequence[str]) -> list[Uniqueness]:
    found: list[Uniqueness] = []
    for some in _parts(keys):
        found += [_decode(each) for each in await cluster.read(map_name, some) if each is not None]
    return found


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for begin in range(0, len(keys), _PAGE):
        yield keys[begin : begin + _PAGE]
