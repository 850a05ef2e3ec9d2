"""The page of the Python API: which names it shows. mkdocstrings fills it from their docstrings."""

from __future__ import annotations

from collections.abc import Iterable

import hazelgate

_PARTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("hazelgate.testing", "For tests of a domain.", ("given",)),
    ("hazelgate.sourcing.golden", "For tests of old events.", ("require_readable", "check", "record")),
    ("hazelgate.sourcing.errors", "The errors. [Error codes](errors.md) has their tree.", ()),
    ("hazelgate.client.hazelcast.cluster", "The connection to a cluster.", ("HazelcastCluster",)),
    ("hazelgate.client.submitting.handler", "The way in.", ("EventHandler",)),
    ("hazelgate.client.submitting.submissions", "What goes in, and what comes back.", ("SubmitOptions", "Receipt")),
    ("hazelgate.testing.memory", "A cluster in memory, for tests.", ("MemoryCluster", "MemoryEngine")),
)


def page() -> str:
    """The page."""
    text = ["# Python API\n\n", "## hazelgate\n\nA domain is written with these names.\n\n"]
    text.append(_shown("hazelgate", hazelgate.__all__))
    for module, about, names in _PARTS:
        text.append(f"## {module}\n\n{about}\n\n{_shown(module, names)}")
    return "".join(text)


def _shown(module: str, names: Iterable[str]) -> str:
    wanted = [f"{module}.{name}" for name in names] or [module]
    return "".join(f"::: {name}\n    options:\n      heading_level: 3\n\n" for name in wanted)
