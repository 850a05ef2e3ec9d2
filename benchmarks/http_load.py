"""A small HTTP/1.1 client, so that the load generator costs little beside what it measures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Load:
    """What came of it. Latencies in milliseconds."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds


class Connection:
    """One connection that is kept open."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        path: str,
        host: str,
        headers: Mapping[str, str],
    ) -> None:
        self._reader, self._writer = reader, writer
        own = "".join(f"{name}: {text}\r\n" for name, text in headers.items())
        self._head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{own}Content-Type: application/json\r\nContent-Length: "

    @classmethod
    async def to(cls, url: str, headers: Mapping[str, str] | None = None) -> Connection:
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        return cls(reader, writer, parts.path, parts.netloc, headers or {})

    async def post(self, body: bytes) -> bytes:
        """
        Send one request and read its answer.

        Raises:
            RuntimeError: The status was not 200.
        """
        self._writer.write(f"{self._head}{len(body)}\r\n\r\n".encode() + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        answer = await self._reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{head.splitlines()[0].decode()}: {answer[:300].decode()}")
        return answer

    def close(self) -> None:
        self._writer.close()


async def load(
    url: str,
    bodies: Callable[[int], bytes],
    *,
    connections: int,
    requests: int,
    expect: bytes = b'"SUCCESS"',
    headers: Mapping[str, str] | None = None,
) -> Load:
    """
    Send `requests` requests over `connections` connections, each waiting for its answer before the next.

    Raises:
        RuntimeError: An answer does not hold `expect`.
    """
    opened = [await Connection.to(url, headers) for _ in range(connections)]
    result = Load()
    numbers = iter(range(requests))

    async def work(connection: Connection) -> None:
        for number in numbers:
            body = bodies(number)
            started = time.perf_counter()
            answer = await connection.post(body)
            result.latencies.append((time.perf_counter() - started) * 1_000)
            if expect not in answer:
                raise RuntimeError(f"not what was expected: {answer[:400].decode()}")

    started = time.perf_counter()
    try:
        await asyncio.gather(*(work(connection) for connection in opened))
    finally:
        result.seconds = time.perf_counter() - started
        for connection in opened:
            connection.close()
    return result
