"""`hazelgate demo`: orders for the shop, as a client of the gateway makes them."""

from __future__ import annotations

import asyncio
from typing import Annotated

import click
from pydantic import Field

from hazelgate.operations.command_line.settings import settings
from hazelgate.sourcing import logs
from hazelgate.sourcing.settings import LogOptions, Named


class DemoOptions(LogOptions):
    """What the demo does, and where."""

    url: Annotated[str, Named("demo_url", "--url")] = "http://127.0.0.1:8000/graphql"
    """The gateway's GraphQL address."""
    orders_per_second: Annotated[
        float, Field(ge=0.01, le=100), Named("demo_orders_per_second", "--orders-per-second")
    ] = 1.5
    """The trickle, on average."""
    seed: Annotated[int, Named("demo_seed", "--seed")] = 2026
    """The same seed makes the same customers, products and choices."""


@click.command()
@settings(DemoOptions, argument="options")
def demo(options: DemoOptions) -> None:
    """Fill a gateway with demo data, and keep orders trickling in until it is ended."""
    from hazelgate.operations.demo.running import run

    logs.configure(options.log_level, options.log_form)
    asyncio.run(run(options.url, orders_per_second=options.orders_per_second, seed=options.seed))
