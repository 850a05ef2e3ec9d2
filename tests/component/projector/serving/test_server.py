"""The projector as a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import grpc
import pytest

from hazelgate.projector.core.messages import (
    Delivery,
    Description,
    Request,
    Response,
    decode_description,
    decode_response,
    encode,
)
from hazelgate.projector.process import Processor
from hazelgate.projector.serving.server import ProjectorServer
from tests.unit.sourcing.counters import CATALOG


@pytest.fixture
def server() -> Iterator[ProjectorServer]:
    server = ProjectorServer(Processor(CATALOG))
    server.start()
    yield server
    server.stop()


def describe(port: int) -> Description:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        ask = channel.unary_unary("/hazelgate.Projector/Describe", bytes, bytes)
        return decode_description(ask(encode([]), timeout=10, wait_for_ready=True))


def process(port: int, *requests: bytes) -> list[Response]:
    """All answers of one conversation."""
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        ask = channel.stream_stream("/hazelgate.Projector/Process", bytes, bytes)
        return [decode_response(answer) for answer in ask(iter(requests), timeout=10, wait_for_ready=True)]


def test_it_describes_its_domain(server: ProjectorServer) -> None:
    description = describe(server.port)
    assert description.fingerprint == CATALOG.fingerprint
    assert [name for name, *_ in description.event_types] == ["CounterStarted", "Counted", "Noted"]


def test_it_processes_batches(server: ProjectorServer) -> None:
    request = encode(Request(1, 0, [Delivery(b"nonsense", 1, 1, "2026-01-01T00:00:00.000000Z")], {}))
    (answer,) = process(server.port, request)
    assert b"INVALID_EVENT" in answer.outcomes[0].completion


def test_a_conversation_goes_on(server: ProjectorServer) -> None:
    requests = [
        encode(Request(number, 0, [Delivery(b"nonsense", 1, 1, "2026-01-01T00:00:00.000000Z")] * number, {}))
        for number in range(1, 6)
    ]
    assert [len(answer.outcomes) for answer in process(server.port, *requests)] == [1, 2, 3, 4, 5]


def test_a_body_that_is_none_is_an_error_and_no_end(server: ProjectorServer) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        process(server.port, b"\xc1")
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    test_it_processes_batches(server)


def test_a_large_batch_goes_through(server: ProjectorServer) -> None:
    big = Delivery(b"x" * 8_000_000, 1, 1, "2026-01-01T00:00:00.000000Z")
    (answer,) = process(server.port, encode(Request(1, 0, [big], {})))
    assert len(answer.outcomes) == 1


def test_a_port_that_is_taken_is_said_plainly(server: ProjectorServer) -> None:
    with pytest.raises(OSError, match=f"port {server.port}"):
        ProjectorServer(Processor(CATALOG), port=server.port)


def run(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "hazelgate.projector", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_command_says_where_it_listens_and_ends_when_told() -> None:
    with run("--port", "0", "--domain", "hazelgate.domain") as started:
        try:
            assert started.stdout is not None
            words = started.stdout.readline().split()
            assert words[:3] == ["projector", "listens", "on"]
            description = describe(int(words[3]))
            assert "OrderCreated" in {name: reads for name, _, reads, _ in description.event_types}
            started.send_signal(signal.SIGTERM)
            assert started.wait(30) == 0
        finally:
            started.kill()


@pytest.mark.parametrize("domain", ["no_such_module", "hazelgate.sourcing.clock"])
def test_a_domain_that_is_none_is_said_in_one_line(domain: str) -> None:
    with run("--port", "0", "--domain", domain) as started:
        _, errors = started.communicate(timeout=20)
    assert started.returncode == 2
    assert errors.startswith("projector: ")
    assert len(errors.splitlines()) == 1
