"""Values on the command line that have a form of their own. A mistake is told before anything starts."""

import re
from typing import Any

import click

from hazelgate.sourcing.settings import parted, require_addresses

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class AddressList(click.ParamType[tuple[str, ...]]):
    """`host:port`, several parted by commas."""

    name = "host:port[,…]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The addresses."""
        try:
            return require_addresses(parted(value) if isinstance(value, str) else value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class NameList(click.ParamType[tuple[str, ...]]):
    """Names, several parted by commas."""

    name = "name[,…]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The names."""
        return parted(value) if isinstance(value, str) else tuple(value)


class Duration(click.ParamType[int]):
    """`90s`, `30m`, `6h`, `7d`: a number of seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """In seconds."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"([1-9][0-9]{0,8})([smhd])", value)
        if found is None:
            self.fail(f"{value!r} is not a duration like 90s, 30m, 6h or 7d", param, ctx)
        return int(found[1]) * _SECONDS[found[2]]
