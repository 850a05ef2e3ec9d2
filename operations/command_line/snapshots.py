"""The options by which a member, or a stack of one's own, is told of snapshots."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.settings import option
from hazelgate.operations.command_line.types import Duration
from hazelgate.operations.member import SnapshotOptions
from hazelgate.operations.snapshot_store.location import LocationUnusable, absolute, open_location
from hazelgate.sourcing.settings import environment_name

_FIELDS = tuple(SnapshotOptions.model_fields)


def snapshot_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options about snapshots; it gets them as `snapshots`, None where none are kept."""

    @option(SnapshotOptions, "location")
    @option(SnapshotOptions, "every_seconds", type=Duration(), show_default=False)
    @option(SnapshotOptions, "keep")
    @option(SnapshotOptions, "max_age_seconds", type=Duration(), show_default=False)
    @option(SnapshotOptions, "other_code")
    @functools.wraps(command)
    def told(*arguments: Any, **options: Any) -> None:
        given = {name: options.pop(name) for name in _FIELDS}
        command(*arguments, snapshots=_snapshots(**given), **options)

    return told


def _snapshots(location: str | None, **told: Any) -> SnapshotOptions | None:
    if not location:
        if told["every_seconds"] or told["max_age_seconds"] or told["other_code"]:
            variable = environment_name(SnapshotOptions, "location")
            raise click.UsageError(f"say where snapshots are kept: --snapshots LOCATION, or {variable}")
        return None
    try:
        open_location(location, make=True)
    except LocationUnusable as error:
        raise CannotStart(str(error)) from None
    return SnapshotOptions(location=absolute(location), **told)
