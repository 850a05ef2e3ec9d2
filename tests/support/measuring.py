"""
A plugin of pytest: which lines and branches of the rooms its process runs.

SlipCover's probes take themselves out once they were passed, so the tests take a tenth longer, and not twice as long.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest
from slipcover import Slipcover
from slipcover.importer import SlipcoverLoader

from tests.support.coverage import PYTHON_REPORTS, UNMEASURED


class _Measured(MetaPathFinder):
    """Finds the modules of the rooms, with probes in them."""

    def __init__(self) -> None:
        self.slipcover = Slipcover(branch=True)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Nothing for other people's modules, and for those without lines in Python."""
        if not fullname.startswith("hazelgate.") or fullname.startswith(UNMEASURED):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None or not isinstance(spec.loader, SourceFileLoader):
            return None
        # The package links to the rooms: they are named as they lie at the top of the repository.
        spec.loader = SlipcoverLoader(self.slipcover, spec.loader, str(Path(spec.origin).resolve()))
        return spec


_measured = _Measured()
sys.meta_path.insert(0, _measured)  # before anything of the rooms is imported


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Write down what this process has run; a process that only hands out tests has run next to nothing."""
    PYTHON_REPORTS.mkdir(parents=True, exist_ok=True)
    report = json.dumps(_measured.slipcover.get_coverage())
    (PYTHON_REPORTS / f"{os.getpid()}.json").write_text(report, encoding="utf-8")
