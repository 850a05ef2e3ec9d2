"""A user's domain, loaded so that a mistake in it is one line: the file, the line in it, and the reason."""

from __future__ import annotations

import sys
import sysconfig
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

from hazelgate.sourcing.catalog import Catalog
from hazelgate.sourcing.errors import CatalogError

_LONGEST = 400
"""Characters of a reason; what is longer is cut."""


def load_catalog(domain: str) -> Catalog:
    """
    The catalog of a domain: of a module or package, or of several that are parted by commas.

    Raises:
        CatalogError: It is not there, can't be imported, or contradicts itself. The message is one line.
    """
    modules = domain.split(",")
    try:
        return Catalog.load(*modules)
    except ModuleNotFoundError as error:
        if any(module == error.name or module.startswith(f"{error.name}.") for module in modules):
            raise CatalogError(f"{error}; give the import path of a module with events") from None
        raise CatalogError(one_line(error, modules)) from error
    except (Exception, SystemExit) as error:  # whatever a user's module does when it is imported
        raise CatalogError(one_line(error, modules)) from error


def files_of(domain: str) -> list[Path]:
    """The files of a domain that is loaded: its own, and those beside it that it has imported."""
    modules = domain.split(",")
    found = [(name, getattr(module, "__file__", None)) for name, module in sys.modules.items() if name != "__main__"]
    return sorted({Path(path) for name, path in found if path and is_users(path, name, modules)})


def one_line(error: BaseException, modules: Sequence[str]) -> str:
    """What went wrong in these modules, and where: `tickets.py, line 12: NameError: name 'key' is not defined`."""
    reason = error.message if isinstance(error, CatalogError) else _last_line(error)
    place = _place(error, modules)
    return f"{place}: {reason}" if place else reason


def _last_line(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    lines = traceback.format_exception_only(error)
    return " ".join(lines[-1].split())[:_LONGEST]


def _place(error: BaseException, modules: Sequence[str]) -> str | None:
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return f"{_shown(error.filename)}, line {error.lineno}"
    own = [(path, line) for path, line, module in _frames(error.__traceback__) if is_users(path, module, modules)]
    return f"{_shown(own[-1][0])}, line {own[-1][1]}" if own else None


def _frames(trace: TracebackType | None) -> Iterator[tuple[str, int, str]]:
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno, str(trace.tb_frame.f_globals.get("__name__", ""))
        trace = trace.tb_next


def is_users(path: str, module: str, modules: Sequence[str]) -> bool:
    """Whether the code is the domain's own, and not that of a library or of ours."""
    if any(module == each or module.startswith(f"{each}.") for each in modules):
        return True
    if module.partition(".")[0] == "hazelgate" or path.startswith("<"):
        return False
    installed = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
    return not path.startswith(tuple(f"{folder}/" for folder in installed)) and "site-packages" not in path


def _shown(path: str) -> str:
    """As seen from the current folder, where it is below that."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return path
