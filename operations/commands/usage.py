"""What all commands share on the command line: how addresses are given, and how a failure is said."""

from typing import Any

import click


class CannotStart(click.ClickException):
    """One clear line on stderr, and exit status 2."""

    exit_code = 2


class AddressList(click.ParamType[tuple[str, ...]]):
    """`host:port`, several parted by commas."""

    name = "host:port[,…]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Check every part, so that a mistake is told before anything starts."""
        if isinstance(value, tuple):
            return value
        addresses = tuple(part.strip() for part in value.split(",") if part.strip())
        for address in addresses:
            host, _, port = address.rpartition(":")
            if not host or not port.isdigit():
                self.fail(f"{address!r} is not host:port", param, ctx)
        return addresses
