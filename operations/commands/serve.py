"""`hazelgate serve`: a gateway."""

from __future__ import annotations

import click

from hazelgate.gateway.settings import Settings
from hazelgate.operations.command_line.domains import load_domain, mistakes_of
from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.settings import settings


@click.command()
@settings(Settings)
def serve(settings: Settings) -> None:
    """Run a gateway: GraphQL over HTTP and websockets."""
    from hazelgate.operations.ports import PortUnavailable, check_free

    try:
        check_free(settings.port, settings.host)
    except PortUnavailable as error:
        raise CannotStart(str(error)) from None
    catalog = load_domain(settings.domain)
    from hazelgate.gateway.server import run

    with mistakes_of(settings.domain):
        run(settings, catalog)
