"""The rules of this tier: a unit test starts no process, opens no port, and waits for no clock."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest

from tests.support.idle_time import idle_time

STARTS_A_PROCESS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "os.exec"}
OPENS_A_PORT = {"socket.bind", "socket.connect", "socket.sendto"}

_offences: list[str] | None = None
"""What the running unit test did against the rule; None while none runs: an audit hook can't be taken away."""


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _offences is None:
        return
    if event in STARTS_A_PROCESS:
        _refuse(f"{event}: a unit test starts no process")
    if event in OPENS_A_PORT and arguments[0].family in (socket.AF_INET, socket.AF_INET6):
        _refuse(f"{event} {arguments[1]}: a unit test opens no port")


def _refuse(offence: str) -> None:
    """Raise, and remember it: what runs under the test may take the exception for an answer."""
    if _offences is not None:
        _offences.append(offence)
    raise AssertionError(f"{offence}: move the test to tests/component")


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def _no_process_and_no_port(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test that needs either belongs to `tests/component`, where it is run beside others that wait."""

    def no_grpc(*arguments: object, **options: object) -> None:
        _refuse("grpc, whose sockets are not Python's: a unit test opens no port")

    monkeypatch.setattr(grpc, "server", no_grpc)
    monkeypatch.setattr(grpc, "insecure_channel", no_grpc)
    global _offences
    offences: list[str] = []
    _offences = offences
    try:
        yield
    finally:
        _offences = None
    assert offences == [], f"{offences}: move the test to tests/component"


@pytest.fixture(autouse=True)
async def _time_passes_while_nothing_happens() -> AsyncIterator[None]:
    """A second of the event loop takes no second, and a slow machine runs into no time limit."""
    with idle_time(asyncio.get_running_loop()):
        yield
