"""How a command finds the domain that it is told of."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.settings import option
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.loading import load_catalog
from hazelgate.sourcing.settings import ApiOptions, DomainOptions

domain_option = option(DomainOptions, "domain")
"""The option `--domain`."""


api_option = option(ApiOptions, "api")
"""The option `--api`."""


def find_in_current_folder() -> None:
    """A domain of one's own may lie in the current folder. It comes last, so that it shadows nothing installed."""
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())


def load_domain(domain: str) -> Catalog:
    """
    The catalog of a domain, of several modules where they are parted by commas.

    Raises:
        CannotStart: It is not there, can't be imported, or contradicts itself.
    """
    find_in_current_folder()
    with mistakes_of(domain):
        return load_catalog(domain)


@contextmanager
def mistakes_of(domain: str) -> Iterator[None]:
    """A mistake in the domain ends the command with one line, which names the domain."""
    try:
        yield
    except CatalogError as error:
        raise CannotStart(f"--domain {domain}: {error.message}") from None
