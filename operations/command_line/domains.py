"""How a command finds the domain that it is told of, and says what is wrong with it."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from hazelgate.operations.command_line.failing import CannotStart
from hazelgate.operations.command_line.settings import option
from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.settings import DomainOptions

domain_option = option(DomainOptions, "domain")
"""The option `--domain`."""


def find_in_current_folder() -> None:
    """A domain of one's own may lie in the current folder. It comes last, so that it shadows nothing installed."""
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())


def load_domain(domain: str) -> Catalog:
    """
    The catalog of a domain, of several modules where they are parted by commas.

    Raises:
        CannotStart: It is not there, contradicts itself, or can't be imported; the message is one line.
    """
    find_in_current_folder()
    with mistakes_of(domain):
        try:
            return Catalog.load(*domain.split(","))
        except (CatalogError, ImportError):
            raise
        except SyntaxError as error:
            place = f"{os.path.basename(error.filename or domain)}, line {error.lineno}"
            raise CannotStart(f"--domain {domain}: {place}: {error.msg}") from None
        except Exception as error:  # importing runs the user's code
            message = " ".join(f"{type(error).__name__}: {error}".split())
            raise CannotStart(f"--domain {domain}: {_place(error)}{message}") from None


def check_domain(domain: str) -> None:
    """
    Make of a domain all that its projector and its gateway make of it, and throw it away.

    Raises:
        CannotStart: As `load_domain` has it, or no plans or no schema can be made of it.
    """
    from hazelgate.gateway.graphql.executable_schema import graphql_schema
    from hazelgate.projector.core.plans import make_plans

    catalog = load_domain(domain)
    with mistakes_of(domain):
        make_plans(catalog)
        graphql_schema(catalog)


@contextmanager
def mistakes_of(domain: str) -> Iterator[None]:
    """Whatever is found to be wrong with the domain ends the command with one line."""
    try:
        yield
    except ImportError as error:
        missing = str(error.name or "").split(".")[0]
        is_domain = any(each.split(".")[0] == missing for each in domain.split(","))
        hint = "; give the import path of a module with events" if is_domain else ""
        raise CannotStart(f"--domain {domain}: {_place(error)}{error}{hint}") from None
    except CatalogError as error:
        raise CannotStart(f"--domain {domain}: {error.message}") from None


def _place(error: BaseException) -> str:
    """The line of the user's code that raised it, as far as one did."""
    ours = ("<frozen", os.sep + "msgspec" + os.sep)
    frames = [
        frame
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if not str(frame.f_globals.get("__name__", "")).startswith(("hazelgate.", "importlib"))
        and not any(each in frame.f_code.co_filename for each in ours)
    ]
    if not frames:
        return ""
    return f"{os.path.basename(frames[-1].f_code.co_filename)}, line {frames[-1].f_lineno}: "
