"""
Hostile requests: how soon each is refused, and what others feel of a hundred of them a second.

`python -m benchmarks.hostile URL` is the attacker: a process of its own, until it is ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import sys
import time
from collections.abc import AsyncIterator
from statistics import median

from benchmarks.figures import Figure, percentile
from benchmarks.http_load import load
from benchmarks.stack import RunningStack, cpu_seconds_of, event_handler
from hazelgate.client.submitting.handler import SubmitOptions
from hazelgate.domain.customers import CustomerCreated

_REPEATS = 30
_PER_SECOND = 100
_OTHERS = 4
_OTHERS_REQUESTS = 1_500
"""In each turn."""
_REFUSED_WITHIN_MS = 50.0
_MOST_OPEN = 64
_ROUNDS = 7


def requests() -> dict[str, bytes]:
    """The body of each, by its name."""
    levels = "{ edges { node { orders(first: %d) { edges { node { customer { orders(first: %d) "
    nested, pages = levels % (1, 1), levels % (1_000, 1_000)
    documents = {
        "depth 50": "{ customers(first: 1) " + nested * 7 + "{ totalCount }" + " } } } } } } }" * 7 + " }",
        "10,000 aliases": "{ " + " ".join(f"a{number}: __typename" for number in range(10_000)) + " }",
        "a cycle of fragments": "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
        "800 fragments": "{ ...f0 } "
        + " ".join(f"fragment f{number} on Query {{ ...f{number + 1} }}" for number in range(799))
        + " fragment f799 on Query { __typename }",
        "500 repeats of a field": "{ " + "__typename " * 500 + "}",
        "a million entries by nesting": "{ customers(first: 1000) "
        + pages
        + "{ totalCount }"
        + " } } } } } } }"
        + " }",
    }
    bodies = {name: json.dumps({"query": text}).encode() for name, text in documents.items()}
    bodies["10 MB"] = b'{"query": "' + b"a" * 10_000_000 + b'"}'
    return bodies


async def refusals_and_others(stack: RunningStack) -> list[Figure]:
    """How soon each is refused; then point reads of others, without and beside the attack, in turns."""
    url = f"{stack.url}/graphql"
    async with event_handler(stack) as handler:
        customer = CustomerCreated(customer_id="hostile-1", name="Ada", email="ada@example.org")
        await handler.handle_event(customer, SubmitOptions())
    gateway, kinds = stack.pids["gateway"], requests()
    used = cpu_seconds_of(gateway)
    figures = [await _refused(url, name, body) for name, body in kinds.items()]
    used = (cpu_seconds_of(gateway) - used) * 1_000 / (_REPEATS * len(kinds))
    body = json.dumps({"query": '{ customer(customerId: "hostile-1") { name email } }'}).encode()

    async def others() -> float:
        made = await load(url, lambda _: body, connections=_OTHERS, requests=_OTHERS_REQUESTS, expect=b'"Ada"')
        return percentile(made.latencies, 0.99)

    await others()
    quiet: list[float] = []
    attacked: list[float] = []
    sent = 0
    for _ in range(_ROUNDS):
        quiet.append(await others())
        async with _attacker(url) as told:
            attacked.append(await others())
        sent += told[0]
    ratios = [one / other for one, other in zip(attacked, quiet, strict=True)]
    return [
        *figures,
        Figure("a hostile request, processor time of the gateway", used, "ms", beside="each kind as often"),
        Figure(
            f"point reads of others beside {_PER_SECOND} hostile requests a second, p99",
            median(ratios),
            "×",
            at_most=2,
            beside=f"the median of {_ROUNDS} turns, {min(ratios):.1f} to {max(ratios):.1f}; {median(attacked):.1f} ms, "
            f"without {median(quiet):.1f} ms; {sent:,} hostile requests, each kind as often",
        ),
    ]


async def _refused(url: str, name: str, body: bytes) -> Figure:
    """How long until the answer to one of this kind, the gateway being idle."""
    latencies = []
    code = ""
    for _ in range(_REPEATS):
        started = time.perf_counter()
        answer = await _post(url, body)
        latencies.append((time.perf_counter() - started) * 1_000)
        if b'"errors"' not in answer or b'"data":{' in answer:
            raise RuntimeError(f"{name} was not refused: {answer[:300]!r}")
        code = json.loads(answer.partition(b"\r\n\r\n")[2])["errors"][0]["extensions"]["code"]
    return Figure(
        f"{name} is refused within",
        percentile(latencies, 0.95),
        "ms",
        at_most=_REFUSED_WITHIN_MS,
        beside=f"{code}; median {percentile(latencies, 0.5):.1f} ms",
    )


async def _post(url: str, body: bytes) -> bytes:
    """The whole answer, on a connection of its own."""
    address, _, path = url.partition("://")[2].partition("/")
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        head = f"POST /{path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode())
        writer.write(body)
        return await reader.read()
    finally:
        writer.close()


@contextlib.asynccontextmanager
async def _attacker(url: str) -> AsyncIterator[list[int]]:
    """It, from before the block to its end; how many requests it has sent is in the list then."""
    told = [0]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.hostile", url),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        await process.stdout.readline()
        yield told
    finally:
        process.stdin.close()
        told[0] = int((await process.stdout.read()).split()[-1])
        await process.wait()


async def _attack(url: str) -> int:
    """Send one each hundredth of a second, whatever became of those before, until stdin is closed."""
    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    print("begun", flush=True)
    bodies = itertools.cycle(requests().values())
    started, sent = time.perf_counter(), 0
    open_: set[asyncio.Task[bytes]] = set()
    while not ended.done():
        await asyncio.sleep(max(0.0, started + sent / _PER_SECOND - time.perf_counter()))
        if len(open_) >= _MOST_OPEN:
            await asyncio.wait(open_, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.create_task(_post(url, next(bodies)))
        open_.add(task)
        task.add_done_callback(open_.discard)
        sent += 1
    await asyncio.gather(*open_, return_exceptions=True)
    return sent


if __name__ == "__main__":
    print(asyncio.run(_attack(sys.argv[1])))
