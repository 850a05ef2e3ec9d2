"""Tells when a file of a domain has changed, and never misses a change: events only wake it up, files decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from watchfiles import awatch

_LOOK_AGAIN_MS = 1_000
"""Where the system tells nothing: network folders, containers' mounts."""
_GATHER_MS, _STEP_MS = 300, 30
"""An editor that saves several files is waited for."""

Seen = Mapping[Path, tuple[int, int]]


class Watch:
    """
    The Python files in the folders of a domain.

    Args:
        files: The files that the domain consists of. Others may come beside them.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        self._folders: set[Path] = set()
        self.follow(files)
        self._seen = self._look()

    def follow(self, files: Iterable[Path]) -> None:
        """Watch the folders of these files as well, as they are once they change from now on."""
        self._folders |= {path.parent for path in files}

    async def changed(self) -> list[Path]:
        """Wait until files are other than when this was last said. Returns those that are, or that are gone."""
        if found := self._differences():
            return found
        folders = [folder for folder in self._folders if folder.is_dir()]
        async for _ in awatch(
            *folders,
            recursive=False,
            debounce=_GATHER_MS,
            step=_STEP_MS,
            rust_timeout=_LOOK_AGAIN_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
        ):
            if found := self._differences():
                return found
        return []

    def _differences(self) -> list[Path]:
        now, before = self._look(), self._seen
        self._seen = now
        return sorted(path for path in {*now, *before} if now.get(path) != before.get(path))

    def _look(self) -> Seen:
        found = {}
        for folder in self._folders:
            for path in folder.glob("*.py"):
                try:
                    told = path.stat()
                except OSError:  # gone in between
                    continue
                found[path] = (told.st_mtime_ns, told.st_size)
        return found
