"""`hazelgate serve`: a gateway."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from pathlib import Path

import click

from hazelgate.gateway.door.hosts import is_loopback
from hazelgate.gateway.settings import LISTS, Settings
from hazelgate.operations.command_line.domains import find_in_current_folder, mistakes_of
from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.settings import settings
from hazelgate.operations.command_line.types import NameList


@click.command()
@settings(Settings, types={name: NameList() for name in LISTS})
@click.option("--inherited-listener", type=int, hidden=True, help="A socket that `hazelgate dev --reload` listens on.")
@click.option("--inherited-pipe", type=int, hidden=True, help="The pipe that is told when requests are taken.")
def serve(settings: Settings, inherited_listener: int | None, inherited_pipe: int | None) -> None:
    """Run a gateway: GraphQL over HTTP and websockets."""
    from hazelgate.operations.ports import PortUnavailable, check_free

    if not (settings.has_identity or settings.without_identity or is_loopback(settings.host)):
        raise CannotStart(
            f"a gateway at {settings.host} would let anybody who reaches it do everything: clients have no identity. "
            "Say how they are known (--oidc-issuer, --api-keys-file or --identity-proxies), or add --without-identity "
            "where its network is private (HAZELGATE_WITHOUT_IDENTITY=true in the environment)"
        )
    try:
        if inherited_listener is None:
            check_free(settings.port, settings.host)
    except PortUnavailable as error:
        raise CannotStart(str(error)) from None
    from hazelgate.gateway.server import run
    from hazelgate.gateway.workers import Worker

    def tell() -> None:
        with contextlib.suppress(OSError):  # it has been told before, by a process that this one stands in for
            os.write(inherited_pipe or 0, b"!")

    find_in_current_folder()
    if settings.workers > 1 and inherited_listener is None:  # `dev --reload` replaces one process by another
        from hazelgate.gateway.app import create_app
        from hazelgate.operations.workers import Workers

        with mistakes_of(settings.domain):
            create_app(settings)  # what is wrong with the domain is said once, before there are workers

        def work(number: int, listener: socket.socket, folder: Path) -> None:
            run(settings, listener=listener, worker=Worker(folder, number))

        sys.exit(Workers(settings.workers, settings.host, settings.port, work, settings).run())
    with mistakes_of(settings.domain):
        run(
            settings,
            listener=None if inherited_listener is None else socket.socket(fileno=inherited_listener),
            when_serving=None if inherited_pipe is None else tell,
        )
