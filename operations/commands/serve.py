"""`hazelgate serve`: a gateway."""

from __future__ import annotations

import click

from hazelgate.gateway.settings import Settings
from hazelgate.operations.command_line.domains import cannot_use, find_in_current_folder
from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.settings import settings
from hazelgate.sourcing.errors import CatalogError


@click.command()
@settings(Settings)
def serve(settings: Settings) -> None:
    """Run a gateway: GraphQL over HTTP and websockets."""
    from hazelgate.operations.ports import PortUnavailable, check_free

    try:
        check_free(settings.port, settings.host)
    except PortUnavailable as error:
        raise CannotStart(str(error)) from None
    from hazelgate.gateway.server import run

    find_in_current_folder()
    try:
        run(settings)
    except CatalogError as error:
        raise cannot_use(settings.domain, error) from None
