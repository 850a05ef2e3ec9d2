"""The projector as a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import grpc
import pytest

from sourcing.projector.messages import Delivery, Request, decode_description, decode_response, encode
from sourcing.projector.process import Processor
from sourcing.projector.server import ProjectorServer
from tests.unit.sourcing.counters import CATALOG


@pytest.fixture
def server() -> Iterator[ProjectorServer]:
    server = ProjectorServer(Processor(CATALOG))
    server.start()
    yield server
    server.stop()


def call(port: int, method: str, request: bytes) -> bytes:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        ask = channel.unary_unary(f"/hazelgate.Projector/{method}", bytes, bytes)
        answer: bytes = ask(request, timeout=10, wait_for_ready=True)
        return answer


def test_it_describes_its_domain(server: ProjectorServer) -> None:
    description = decode_description(call(server.port, "Describe", encode([])))
    assert description.fingerprint == CATALOG.fingerprint
    assert [name for name, _ in description.event_types] == ["CounterStarted", "Counted", "Noted"]


def test_it_processes_batches(server: ProjectorServer) -> None:
    request = encode(Request(1, 0, [Delivery(b"nonsense", 1, 1, "2026-01-01T00:00:00.000000Z")], {}))
    (outcome,) = decode_response(call(server.port, "Process", request)).outcomes
    assert b"INVALID_EVENT" in outcome.completion


def test_a_body_that_is_none_is_an_error_and_no_end(server: ProjectorServer) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        call(server.port, "Process", b"\xc1")
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    test_it_processes_batches(server)


def test_a_large_batch_goes_through(server: ProjectorServer) -> None:
    big = Delivery(b"x" * 8_000_000, 1, 1, "2026-01-01T00:00:00.000000Z")
    assert len(decode_response(call(server.port, "Process", encode(Request(1, 0, [big], {})))).outcomes) == 1


def test_a_port_that_is_taken_is_said_plainly(server: ProjectorServer) -> None:
    with pytest.raises(OSError, match=f"port {server.port}"):
        ProjectorServer(Processor(CATALOG), port=server.port)


def run(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sourcing.projector", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_command_says_where_it_listens_and_ends_when_told() -> None:
    with run("--port", "0", "--domain", "domain") as process:
        try:
            assert process.stdout is not None
            words = process.stdout.readline().split()
            assert words[:3] == ["projector", "listens", "on"]
            description = decode_description(call(int(words[3]), "Describe", encode([])))
            assert "OrderCreated" in dict(description.event_types)
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            process.kill()


@pytest.mark.parametrize("domain", ["no_such_module", "sourcing.clock"])
def test_a_domain_that_is_none_is_said_in_one_line(domain: str) -> None:
    with run("--port", "0", "--domain", domain) as process:
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert errors.startswith("projector: ")
    assert len(errors.splitlines()) == 1
