"""How a command's own log is set: the same two options everywhere."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from hazelgate.operations.command_line.settings import settings
from hazelgate.sourcing import logs
from hazelgate.sourcing.settings import LogOptions


def log_options(command: Callable[..., None]) -> Callable[..., None]:
    """
    Give a command `--log-level` and `--log-form`, and log as they say from then on.

    A command says itself what it has done: unless told otherwise it logs no more than warnings.
    """

    @settings(LogOptions, argument="log", defaults={"log_level": "warning"})
    @functools.wraps(command)
    def logged(*arguments: Any, log: LogOptions, **options: Any) -> None:
        logs.configure(log.log_level, log.log_form)
        command(*arguments, **options)

    return logged
