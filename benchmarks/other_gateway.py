"""
Today's gateway, but for one thing: `python -m benchmarks.other_gateway asyncio`.

It takes the same settings from the environment as `hazelgate serve`.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import uvicorn

from hazelgate.operations.cli import main
from hazelgate.resolvers.plans import members


def _asyncio() -> None:
    """The event loop of the standard library, in place of uvloop's."""

    usual = uvicorn.Config

    def configured(*given: Any, **named: Any) -> uvicorn.Config:
        return usual(*given, **{**named, "loop": "asyncio"})

    patch.object(uvicorn, "Config", configured).start()


def _unfrozen() -> None:
    """What lives as long as the process is walked through by each full collection."""
    patch.object(gc, "freeze", lambda: None).start()


def _usual_thresholds() -> None:
    """The garbage collector comes as often as Python has it."""
    patch.object(gc, "set_threshold", lambda *_: None).start()


def _uncollected() -> None:
    """No collection at all: the most that can be gained."""
    patch.object(gc, "set_threshold", lambda *_: gc.disable()).start()


def _always_selected() -> None:
    """Members select of one entry, too."""
    patch.object(members, "FEWEST_ENTRIES", 1).start()


def _never_selected() -> None:
    """The gateway reads whole entries."""
    patch.object(members, "FEWEST_ENTRIES", 10**9).start()


PROCESSES: dict[str, Callable[[], None]] = {
    "asyncio": _asyncio,
    "unfrozen": _unfrozen,
    "usual-thresholds": _usual_thresholds,
    "uncollected": _uncollected,
}
"""How its process is set up."""
ALWAYS_SELECTED, NEVER_SELECTED = "always-selected", "never-selected"
_OTHERS = {**PROCESSES, ALWAYS_SELECTED: _always_selected, NEVER_SELECTED: _never_selected}


def command(name: str) -> tuple[str, str]:
    """What `running_gateway` runs for it."""
    return "benchmarks.other_gateway", name


if __name__ == "__main__":
    _OTHERS[sys.argv.pop(1)]()
    sys.argv[1:] = ["serve", *sys.argv[1:]]
    main()
