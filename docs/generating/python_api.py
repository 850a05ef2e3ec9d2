"""The page of the Python API: which names it shows. Sphinx fills it from their docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from importlib import import_module

import hazelgate

_PARTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "hazelgate.api",
        "For what is added to the derived API.",
        ("query", "mutation", "subscription", "extend", "Context", "Reads", "context_of"),
    ),
    ("hazelgate.sourcing.declaring.projections", "What `projection` returns.", ("Projection",)),
    ("hazelgate.testing", "For tests of a domain.", ("given",)),
    ("hazelgate.sourcing.golden", "For tests of old events.", ("require_readable", "check", "record")),
    ("hazelgate.sourcing.errors", "The errors. [Error codes](errors.md) has their tree.", ()),
    ("hazelgate.client.hazelcast.cluster", "The client of a cluster, below `connect`.", ("HazelcastCluster",)),
    ("hazelgate.client.submitting.handler", "The way in, below `connect`.", ("EventHandler",)),
    ("hazelgate.testing.memory", "A cluster in memory, for tests.", ("MemoryCluster", "MemoryEngine")),
)


def page() -> str:
    """The page."""
    of_programs = [name for name in hazelgate.__all__ if hazelgate._MODULE_OF[name].startswith("client.")]
    others = [name for name in hazelgate.__all__ if name not in of_programs]
    text = ["# Python API\n\n", "## hazelgate, for a domain\n\nA domain is written with these names.\n\n"]
    text.append(_shown("hazelgate", others))
    text.append("## hazelgate, for programs\n\nA program begins with `connect`.\n\n")
    text.append(_shown("hazelgate", of_programs))
    for module, about, names in _PARTS:
        text.append(f"## {module}\n\n{about}\n\n{_shown(module, names)}")
    return "".join(text)


def _shown(module: str, names: Collection[str]) -> str:
    """Directives for the names, or for all of the module where there are none."""
    if not names:
        return _directive("automodule", module, "members", "show-inheritance", "no-index")
    there = import_module(module)
    return "".join(_of(f"{module}.{name}", getattr(there, name)) for name in names)


def _of(name: str, value: object) -> str:
    if inspect.isclass(value):
        return _directive("autoclass", name, "members", "show-inheritance")
    if inspect.isroutine(value):
        return _directive("autofunction", name)
    return _directive("py:data", name, f"value: {value}")


def _directive(kind: str, name: str, *options: str) -> str:
    lines = [f".. {kind}:: {name}", *(f"   :{option}" if ":" in option else f"   :{option}:" for option in options)]
    return "```{eval-rst}\n" + "\n".join(lines) + "\n```\n\n"
