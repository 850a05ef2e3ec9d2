"""`hazelgate member`: a Hazelcast member with the engine."""

from __future__ import annotations

import os
from pathlib import Path

import click

from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.settings import settings
from hazelgate.operations.command_line.snapshots import snapshot_options
from hazelgate.operations.member import MemberOptions, SnapshotOptions

_YAML = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@settings(MemberOptions, argument="options", but=("snapshots", "clock_offset_ms"), types={"config": _YAML})
@snapshot_options
def member(options: MemberOptions, snapshots: SnapshotOptions | None) -> None:
    """Run a Hazelcast member with the engine. This process becomes the JVM."""
    from hazelgate.operations.java import JavaUnusable, find_java
    from hazelgate.operations.member import EngineMissing, engine_jar, member_command, member_environ

    wanted = options.model_copy(update={"snapshots": snapshots})
    try:
        command = member_command(find_java(), engine_jar(), wanted)
    except (JavaUnusable, EngineMissing) as error:
        raise CannotStart(str(error)) from None
    os.execve(command[0], command, {**os.environ, **member_environ(wanted)})
