"""`hazelgate dev`: everything on this machine, with one command."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click
from click.core import ParameterSource

from hazelgate.operations.command_line.domains import find_in_current_folder, mistakes_of
from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.settings import settings
from hazelgate.operations.command_line.snapshots import snapshot_options
from hazelgate.operations.member import SnapshotOptions
from hazelgate.operations.stack.options import DevOptions
from hazelgate.sourcing import logs

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@settings(DevOptions, argument="options", but=("snapshots",), types={"data_dir": _FOLDER})
@snapshot_options
@click.pass_context
def dev(context: click.Context, options: DevOptions, snapshots: SnapshotOptions | None) -> None:
    """
    Run everything on this machine: a member, a projector and a gateway, or several. Ctrl-C ends all of it.

    With --reload, a change of the domain's files counts once they are saved. It is checked first, and then put in
    place of the old code without losing a write; views that it changes are built again beside the live ones.
    """
    from hazelgate.operations.domain_check import check_domain
    from hazelgate.operations.java import JavaUnusable
    from hazelgate.operations.member import EngineMissing
    from hazelgate.operations.ports import PortUnavailable
    from hazelgate.operations.postgres.connecting import PostgresUnusable
    from hazelgate.operations.stack.planning import plan_stack
    from hazelgate.operations.stack.reloading import checked
    from hazelgate.operations.stack.running import run_stack

    logs.configure(options.log_level, options.log_form)
    if not options.postgres:
        if context.get_parameter_source("data_dir") is not ParameterSource.DEFAULT:
            raise CannotStart("--data-dir is where --postgres keeps its data: give both, or neither")
        if context.get_parameter_source("postgres_dsn") is ParameterSource.COMMANDLINE:
            raise CannotStart("--postgres-dsn is where --postgres keeps events: give both, or neither")
    find_in_current_folder()
    with mistakes_of(options.domain):
        if options.reload:
            report = asyncio.run(checked(options.domain, options.api))
        else:
            report = check_domain(options.domain, api=options.api)
    try:
        stack = plan_stack(options.model_copy(update={"snapshots": snapshots}))
    except (JavaUnusable, EngineMissing, PortUnavailable, PostgresUnusable) as error:
        raise CannotStart(str(error)) from None
    sys.exit(asyncio.run(run_stack(stack, click.echo, reloaded_from=report if options.reload else None)))
