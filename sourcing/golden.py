"""
Golden files: one stored event per version ever written, and the shape that each version had.

They are added, and never taken away. `check` reads them all with today's code and finds what history would not survive:
a field that was removed, renamed or tightened without a new version, a version that no upcaster lifts any more, an
upcaster that stumbles. `record` writes down what is new.

    def test_every_event_ever_written_can_be_read() -> None:
        require_readable(Catalog.load("tickets"), Path("tests/golden"))
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from hazelgate.sourcing.catalog import Catalog, EventSpec
from hazelgate.sourcing.envelope import EventRecord
from hazelgate.sourcing.errors import CatalogError, HazelgateError
from hazelgate.sourcing.ids import cursor
from hazelgate.sourcing.structure import samples
from hazelgate.sourcing.structure.shapes import Shape, changes, shape_of

AT = "2026-01-01T00:00:00.000000Z"


class Kind(StrEnum):
    """How bad it is."""

    INCOMPATIBLE = "INCOMPATIBLE"
    """The event was changed without a new version: what is stored would be read wrongly, or not at all."""
    UNREADABLE = "UNREADABLE"
    """A version that was written can't be read any more."""
    UNRECORDED = "UNRECORDED"
    """A version, or a compatible change, that the golden files don't have yet: record it."""


@dataclass(frozen=True)
class Finding:
    """One thing that `check` has found, and how to mend it."""

    kind: Kind
    event_type: str
    version: int
    message: str

    def __str__(self) -> str:
        return f"{self.kind} {self.event_type} version {self.version}: {self.message}"


class GoldenEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One file: a version of an event type as it was written."""

    event_type: str
    event_version: int
    aggregate_type: str
    shape: Shape
    records: tuple[msgspec.Raw, ...]
    """Stored records, whole, as in the event store: one with every field, and one with the required ones alone."""


def require_readable(catalog: Catalog, folder: Path | str) -> None:
    """
    For a test: everything ever written is readable, and everything that is written today is recorded.

    Raises:
        AssertionError: It is not; the message has every finding, and how to mend it.
    """
    findings = check(catalog, Path(folder))
    if findings:
        raise AssertionError("\n".join(["the event log and the code don't fit together:", *map(str, findings)]))


def check(catalog: Catalog, folder: Path) -> list[Finding]:
    """
    Everything in which the golden files and today's code don't fit together.

    Raises:
        CatalogError: A file there is no golden file.
    """
    golden = load(folder)
    findings = [finding for event in golden.values() for finding in _check_event(catalog, event)]
    for spec in catalog.specs.values():
        if (spec.name, spec.version) not in golden:
            message = f"no golden file: run `hazelgate events record --golden {folder}` and commit what it writes"
            findings.append(Finding(Kind.UNRECORDED, spec.name, spec.version, message))
    return findings


def record(catalog: Catalog, folder: Path) -> list[Path]:
    """
    Write golden files of today's versions where there are none, or where the event has changed compatibly.

    Files of older versions are left alone.

    Returns:
        The files that were written.

    Raises:
        CatalogError: An event has changed incompatibly, or no example of it comes to mind.
    """
    bad = [finding for finding in check(catalog, folder) if finding.kind is not Kind.UNRECORDED]
    if bad:
        raise CatalogError("\n".join(["nothing is recorded before this is mended:", *map(str, bad)]))
    golden = load(folder)
    written = []
    for spec in catalog.specs.values():
        old = golden.get((spec.name, spec.version))
        shape = _plain(shape_of(spec.cls))
        if old is not None and old.shape == shape:
            continue
        kept = () if old is None else old.records
        event = GoldenEvent(
            event_type=spec.name,
            event_version=spec.version,
            aggregate_type=spec.aggregate,
            shape=shape,
            records=(*kept, *(each for each in _examples(catalog, spec) if bytes(each) not in map(bytes, kept))),
        )
        path = folder / file_name(spec.name, spec.version)
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(event), indent=2) + b"\n")
        written.append(path)
    return written


def file_name(event_type: str, version: int) -> str:
    """The name of a golden file, whatever characters the event type has."""
    return f"{quote(event_type, safe='')}.v{version}.json"


def load(folder: Path) -> Mapping[tuple[str, int], GoldenEvent]:
    """
    All golden files of a folder, by event type and version; none where there is no folder.

    Raises:
        CatalogError: A file can't be read, or is not named after what is in it.
    """
    found = {}
    for path in sorted(folder.glob("*.json")):
        try:
            event = msgspec.json.decode(path.read_bytes(), type=GoldenEvent)
        except (ValueError, msgspec.MsgspecError) as error:
            raise CatalogError(f"{path} is no golden file: {error}; take it back from version control") from error
        if path.name != file_name(event.event_type, event.event_version):
            raise CatalogError(
                f"{path} holds {event.event_type} version {event.event_version}; "
                f"name it {file_name(event.event_type, event.event_version)}"
            )
        found[event.event_type, event.event_version] = event
    return found


# ---------------------------------------------------------------- one golden file


def _check_event(catalog: Catalog, golden: GoldenEvent) -> Iterator[Finding]:
    def finding(kind: Kind, message: str) -> Finding:
        return Finding(kind, golden.event_type, golden.event_version, message)

    spec = catalog.specs.get(golden.event_type)
    if spec is None:
        yield finding(Kind.UNREADABLE, "its class is gone; keep it (without a guard or a fold, if it is not used)")
        return
    if golden.event_version not in spec.readable_versions:
        step = f"add @upcast({spec.cls.__name__}, from_version={golden.event_version})"
        if golden.event_version > spec.version:
            step = f"the code is at version {spec.version}; raise it to {golden.event_version} or more, never lower it"
        yield finding(Kind.UNREADABLE, f"it was written, and is not read any more: {step}")
        return
    if golden.aggregate_type != spec.aggregate:
        yield finding(Kind.INCOMPATIBLE, f"it belongs to {spec.aggregate}, was stored as {golden.aggregate_type}'s")
    if golden.event_version == spec.version:
        yield from _check_shape(spec, golden, finding)
    for raw in golden.records:
        yield from _check_record(catalog, golden, raw, finding)


def _check_shape(spec: EventSpec, golden: GoldenEvent, finding: Any) -> Iterator[Finding]:
    found = changes(golden.shape, _plain(shape_of(spec.cls)))
    broken = [str(change) for change in found if not change.compatible]
    if broken:
        mend = (
            f"raise the version to {spec.version + 1} and write @upcast({spec.cls.__name__}, "
            f"from_version={spec.version}), or take it back"
        )
        yield finding(Kind.INCOMPATIBLE, f"{'; '.join(broken)}. {mend}")
    elif found:
        what = "; ".join(map(str, found))
        yield finding(Kind.UNRECORDED, f"{what}. That is compatible: run `hazelgate events record` and commit it")


def _check_record(catalog: Catalog, golden: GoldenEvent, raw: msgspec.Raw, finding: Any) -> Iterator[Finding]:
    try:
        stored = msgspec.json.decode(raw, type=EventRecord)
        data = msgspec.json.decode(stored.data)
    except (ValueError, msgspec.MsgspecError) as error:
        yield finding(Kind.UNREADABLE, f"its record does not read as one: {error}")
        return
    for variation, varied in (("", data), *_variations(golden.shape, data)):
        problem = _problem(catalog, golden, varied, stored.aggregate_id)
        if problem is not None:
            where = f"with {variation}, which it allowed, " if variation else ""
            yield finding(Kind.UNREADABLE, f"{where}{problem}")


def _problem(catalog: Catalog, golden: GoldenEvent, data: Any, aggregate_id: str) -> str | None:
    """Why an event of that version can't be read today; None where it can."""
    given = copy.deepcopy(data)
    try:
        event = catalog.decode(golden.event_type, golden.event_version, given)
        again = catalog.decode(golden.event_type, golden.event_version, copy.deepcopy(data))
    except HazelgateError as error:
        return f"it does not read: {error.message}; mend the upcaster, or the class"
    if given != data:
        return "an upcaster changes the data that it is given; let it return a new dict: {**data, …}"
    if event != again:
        return "an upcaster gives another result the second time; it must depend on the data alone"
    if catalog.spec(event).aggregate_id(event) != aggregate_id:
        return f"it belongs to {aggregate_id}, and reads as an event of {catalog.spec(event).aggregate_id(event)}"
    return None


def _variations(shape: Shape, data: Any) -> Iterator[tuple[str, Any]]:
    """The same event at the limits of what its version allowed: each bound of a number, each choice, each null."""
    for path, value in _limits(shape, data, ()):
        varied = copy.deepcopy(data)
        place = varied
        for step in path[:-1]:
            place = place[step]
        if place[path[-1]] != value:
            place[path[-1]] = value
            yield f"{'.'.join(map(str, path))}={msgspec.json.encode(value).decode()}", varied


def _limits(shape: Shape, data: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if path and "checks" not in shape:
        if shape.get("nullable"):
            yield path, None
        for value in (shape.get("minimum"), shape.get("maximum"), *shape.get("enum", ())):
            if value is not None:
                yield path, value
    if isinstance(data, dict):
        for name, below in shape.get("fields", {}).items():
            if name in data:
                yield from _limits(below, data[name], (*path, name))
    elif isinstance(data, list) and "items" in shape:
        for index, each in enumerate(data):
            yield from _limits(shape["items"], each, (*path, index))


def _examples(catalog: Catalog, spec: EventSpec) -> Iterator[msgspec.Raw]:
    made = []
    whole = msgspec.json.decode(catalog.encode(catalog.decode(spec.name, None, samples.full(spec.cls))))
    for data in (whole, samples.least(spec.cls)):
        event = catalog.decode(spec.name, None, data)
        if data not in made:
            made.append(data)
            stored = EventRecord(
                persisted_at=AT,
                cursor=cursor(len(made), 0),
                lane=0,
                position=len(made),
                event_id=f"golden-{spec.name}-{spec.version}-{len(made)}",
                event_type=spec.name,
                event_version=spec.version,
                aggregate_type=spec.aggregate,
                aggregate_id=spec.aggregate_id(event),
                sequence=len(made),
                correlation_id="golden",
                source="golden",
                timestamp=AT,
                received_at=AT,
                data=msgspec.Raw(msgspec.json.encode(data)),
            )
            yield msgspec.Raw(msgspec.json.encode(stored))


def _plain(shape: Shape) -> Shape:
    """The shape as it comes back from a file."""
    plain: Shape = msgspec.json.decode(msgspec.json.encode(shape))
    return plain
