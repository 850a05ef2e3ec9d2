"""`hazelgate projector`: a domain's guards and projections, called by a member."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import click
from pydantic import Field

from hazelgate.operations.command_line.settings import settings
from hazelgate.sourcing import logs
from hazelgate.sourcing.settings import DomainOptions, LogOptions, Named, Port


class ProjectorOptions(LogOptions, DomainOptions):
    """What a projector is told. It binds to loopback unless told otherwise."""

    host: Annotated[str, Named("projector_host", "--host")] = "127.0.0.1"
    """The address to bind to. Keep it on a private network."""
    port: Annotated[Port, Named("projector_port", "--port")] = 50_051
    """The port to bind to; 0 finds a free one."""
    handler_timeout_seconds: Annotated[float, Field(ge=0.1)] = 5.0
    """How long one guard or projection may take."""
    max_value_bytes: Annotated[int, Field(ge=1_024)] = 16_777_216
    """How large an event or a view entry may be, as JSON."""
    max_memory_mib: Annotated[int, Field(ge=0)] = 2_048
    """Memory of the worker at most; 0: no bound."""


@click.command()
@settings(ProjectorOptions, argument="options")
def projector(options: ProjectorOptions) -> None:
    """
    Run a projector: the domain's guards and projections, called by a member.

    They run in a worker process, which is started again when a handler hangs or takes it along.
    """
    from hazelgate.projector.serving.supervisor import Supervisor, worker_command

    logs.configure(options.log_level, options.log_form)
    arguments = [
        f"--host={options.host}",
        f"--domain={options.domain}",
        f"--handler-timeout-seconds={options.handler_timeout_seconds}",
        f"--max-value-bytes={options.max_value_bytes}",
        f"--max-memory-mib={options.max_memory_mib}",
        f"--log-level={options.log_level}",
        f"--log-form={options.log_form}",
        f"--path={os.getcwd()}",
    ]
    supervisor = Supervisor(worker_command(arguments), port=options.port, limit_seconds=options.handler_timeout_seconds)
    sys.exit(supervisor.run())
