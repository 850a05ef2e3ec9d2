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


OTHERS: dict[str, Callable[[], None]] = {
    "asyncio": _asyncio,
    "unfrozen": _unfrozen,
    "usual-thresholds": _usual_thresholds,
    "uncollected": _uncollected,
}

if __name__ == "__main__":
    OTHERS[sys.argv.pop(1)]()
    sys.argv[1:] = ["serve", *sys.argv[1:]]
    main()
