"""
A load generator in a process of its own: raw HTTP/1.1 over uvloop, one request at a time on each connection.

It looks at the status, the length and a mark of each answer, and does not parse it. So it costs a small part of what
any of the servers does, and the same beside each.

`python -m benchmarks.generator` takes a `Job` as a line of JSON on stdin, and answers it by a `Made` on stdout.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections.abc import Iterator
from typing import cast
from urllib.parse import urlsplit

import msgspec
import uvloop

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"
_OK = b"HTTP/1.1 200"
_PATIENCE_SECONDS = 30.0


class Job(msgspec.Struct):
    """
    Load for some seconds.

    Args:
        bodies: Sent one after the other, again from the first.
        expect: A mark that the beginning of each answer holds.
    """

    url: str
    bodies: list[str]
    connections: int
    seconds: float
    expect: str = '"data"'


class Made(msgspec.Struct):
    """
    What came of a job. Latencies are in milliseconds.

    Args:
        seconds: From the first request to the last answer.
        cpu_seconds: Of the generator.
        wrong: The first answer that was not as expected; None: all were.
    """

    answers: int
    seconds: float
    cpu_seconds: float
    answer_bytes: int
    p50: float
    p99: float
    wrong: str | None = None

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds


class _Load:
    """One job at work: what its connections share."""

    def __init__(self, job: Job, requests: Iterator[bytes]) -> None:
        self.requests = requests
        self.expect = job.expect.encode()
        self.ends = 0.0
        self.latencies: list[float] = []
        self.answer_bytes = 0
        self.last = 0.0
        self.wrong: str | None = None


class _Connection(asyncio.Protocol):
    """Sends, takes the answer, and sends again until the time is up."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._missing = 0
        self._head = b""
        self._sent = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def send(self) -> None:
        self._sent = time.perf_counter()
        self.transport.write(next(self._load.requests))

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
        else:
            data = self._head + data
            end = data.find(_END_OF_HEAD)
            if end < 0 or len(data) == end + len(_END_OF_HEAD):  # a server may send the body apart
                self._head = data
                return
            self._head = b""
            head = data[:end].lower()
            at = head.find(_LENGTH)
            length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else -1
            if length < 0 or not data.startswith(_OK) or self._load.expect not in data:
                self._load.wrong = self._load.wrong or data[:600].decode(errors="replace")
                self._end()
                return
            self._load.answer_bytes += length
            self._missing = length - (len(data) - end - len(_END_OF_HEAD))
        if not self._missing:
            now = time.perf_counter()
            self._load.latencies.append(now - self._sent)
            self._load.last = now
            if now < self._load.ends:
                self.send()
            else:
                self._end()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self._load.wrong = self._load.wrong or f"the connection was closed: {error!r}"
            self.done.set_result(None)

    def _end(self) -> None:
        if not self.done.done():
            self.done.set_result(None)
        self.transport.close()


async def run(job: Job) -> Made:
    """Do a job."""
    parts = urlsplit(job.url)
    head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\nContent-Length: "
    requests = [f"{head}{len(body.encode())}\r\n\r\n{body}".encode() for body in job.bodies]
    load = _Load(job, itertools.cycle(requests))
    loop = asyncio.get_running_loop()
    connections = []
    for _ in range(job.connections):
        _, made = await loop.create_connection(lambda: _Connection(load), parts.hostname or "", parts.port or 80)
        connections.append(made)
    started, used = time.perf_counter(), time.process_time()
    load.ends = started + job.seconds
    for each in connections:
        each.send()
    await asyncio.wait_for(asyncio.gather(*(each.done for each in connections)), job.seconds + _PATIENCE_SECONDS)
    latencies = sorted(load.latencies) or [0.0]
    return Made(
        answers=len(load.latencies),
        seconds=max(load.last - started, 1e-9),
        cpu_seconds=time.process_time() - used,
        answer_bytes=load.answer_bytes // max(len(load.latencies), 1),
        p50=latencies[len(latencies) // 2] * 1_000,
        p99=latencies[int(len(latencies) * 0.99)] * 1_000,
        wrong=load.wrong,
    )


def main() -> None:
    """Do the jobs that come, until there are no more."""
    decode, encode = msgspec.json.Decoder(Job).decode, msgspec.json.encode
    for line in sys.stdin.buffer:
        made = uvloop.run(run(decode(line)))
        sys.stdout.buffer.write(encode(made) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
