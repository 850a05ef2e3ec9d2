"""How commands are told where PostgreSQL is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def postgres_dsn(**settings: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """
    The option `--postgres-dsn`.

    Prefer the environment variable: a command line can be read by everybody on the machine.
    """
    return click.option(
        "--postgres-dsn",
        envvar="GATEWAY_POSTGRES_DSN",
        metavar="DSN",
        help="postgresql://user:password@host:5432/database; better given as GATEWAY_POSTGRES_DSN.",
        show_default=False,
        **settings,
    )
