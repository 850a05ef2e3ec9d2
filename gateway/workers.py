"""
One of several gateway processes at one port, and the figures of all of them.

A scrape of `/metrics` reaches one worker, each time another one. So a worker asks its siblings for theirs, over a
socket in a folder that this user alone may open, and answers the sum.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path

_PATIENCE_SECONDS = 1.0
_CREATED = b"_created"
"""How the names of samples end that tell since when a counter counts."""


class Worker:
    """
    This process among its siblings.

    Args:
        folder: Each has a socket in it, by its number.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self._folder = folder
        self._path = folder / f"{number}.socket"
        self._own: Callable[[], bytes] = bytes
        self._server: asyncio.Server | None = None

    async def start(self, own: Callable[[], bytes]) -> None:
        """Tell siblings that ask this process's figures."""
        self._own = own
        self._path.unlink(missing_ok=True)  # of one that has died, in whose place this one is
        self._server = await asyncio.start_unix_server(self._tell, self._path)

    def close(self) -> None:
        """Tell nobody any more."""
        if self._server is not None:
            self._server.close()
        self._path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # siblings are still there; or the process that made it has taken it away
            self._folder.rmdir()

    async def _tell(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self._own())
        with contextlib.suppress(OSError):
            await writer.drain()
        writer.close()

    async def figures_of_all(self) -> bytes:
        """The figures of all workers together. One that does not answer soon is left out."""
        siblings = [each for each in self._folder.glob("*.socket") if each != self._path]
        told = await asyncio.gather(*map(_asked, siblings))
        return summed([self._own(), *(each for each in told if each is not None)])


async def _asked(path: Path) -> bytes | None:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                return await reader.read()
            finally:
                writer.close()
    except OSError:  # it is just being started again, or hangs
        return None


def summed(texts: Iterable[bytes]) -> bytes:
    """
    Prometheus texts of the same metrics as one: values of the same sample are added up.

    Since when something is counted is the earliest of all.
    """
    heads: dict[bytes, list[bytes]] = {}
    values: dict[bytes, dict[bytes, float]] = {}
    for text in texts:
        name = b""
        for line in text.splitlines():
            if line.startswith(b"#"):
                name = line.split(b" ", 3)[2]
                head = heads.setdefault(name, [])
                if line not in head:
                    head.append(line)
                values.setdefault(name, {})
                continue
            sample, _, number = line.rpartition(b" ")
            found, value = values[name], float(number)
            if sample not in found:
                found[sample] = value
            elif sample.partition(b"{")[0].endswith(_CREATED):
                found[sample] = min(found[sample], value)
            else:
                found[sample] += value
    lines = [
        line
        for name, head in heads.items()
        for line in (*head, *(b"%b %b" % (sample, repr(value).encode()) for sample, value in values[name].items()))
    ]
    return b"".join(line + b"\n" for line in lines)
