"""A user's `api.py`: where it is found, and what it adds."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from hazelgate.api.declaring import AddedField, added_in
from hazelgate.sourcing.errors import CatalogError
from hazelgate.sourcing.loading import one_line

TAKEN_PATHS = ("/graphql", "/graphql/stream", "/health", "/ready", "/metrics")
"""What the gateway serves itself."""


_MEANT = re.compile(r"^\s*(from|import) hazelgate\.api\b|^\s*from hazelgate import .*\bapi\b", re.MULTILINE)


@dataclass(frozen=True)
class OwnApi:
    """What a user adds to the derived API. `middleware` is around all of the app, the first outermost."""

    fields: tuple[AddedField, ...] = ()
    routes: tuple[BaseRoute, ...] = ()
    middleware: tuple[Middleware, ...] = ()


def load_api(domain: str, named: str | None = None) -> OwnApi:
    """
    What is added to the API of a domain that is loaded.

    Args:
        domain: Its module or package, or several, parted by commas.
        named: The module that adds something; None: `api` in the package of the domain or in the folder of its module,
            where there is one that imports `hazelgate.api`.

    Raises:
        CatalogError: It is not there, can't be imported, or is not what it has to be. The message is one line.
    """
    if named is not None:
        return _load(named, domain)
    found = dict.fromkeys(name for name in map(_beside, domain.split(",")) if name is not None)
    parts = [_load(name, domain) for name in found]
    return OwnApi(
        tuple(each for part in parts for each in part.fields),
        tuple(each for part in parts for each in part.routes),
        tuple(each for part in parts for each in part.middleware),
    )


def _beside(module: str) -> str | None:
    """The module `api` beside a module, or in a package; None where there is none."""
    loaded = sys.modules[module]
    file = getattr(loaded, "__file__", None)
    if file is None:
        return None
    package = module if hasattr(loaded, "__path__") else module.rpartition(".")[0]
    name = f"{package}.api" if package else "api"
    found = None if name == module else importlib.util.find_spec(name)
    if found is None or found.origin is None:
        return None
    # Any package may be called `api`: one in the same folder is meant, and no other program's that lies there.
    origin = Path(found.origin)
    if Path(file).parent not in origin.parents or not _MEANT.search(origin.read_text(encoding="utf-8")):
        return None
    return name


def _load(name: str, domain: str) -> OwnApi:
    modules = [name, *domain.split(",")]
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise CatalogError(f"{error}; give the import path of the module that adds to the API") from None
        raise CatalogError(one_line(error, modules)) from error
    except (Exception, SystemExit) as error:  # whatever a user's module does when it is imported
        raise CatalogError(one_line(error, modules)) from error
    routes = _list_of(BaseRoute, module, "routes", "Starlette routes")
    for each in routes:
        if getattr(each, "path", None) in TAKEN_PATHS:
            raise CatalogError(f"{name}.routes: the gateway serves {each.path} itself; give yours another path")
    middleware = _list_of(Middleware, module, "middleware", "Starlette's `Middleware`")
    return OwnApi(tuple(added_in(name)), tuple(routes), tuple(middleware))


def _list_of(kind: type[Any], module: Any, name: str, about: str) -> Sequence[Any]:
    value = getattr(module, name, ())
    if not isinstance(value, list | tuple) or not all(isinstance(each, kind) for each in value):
        raise CatalogError(f"{module.__name__}.{name} has to be a list of {about}")
    return value
