"""Every process writes its log as it is told to: in one form, to stderr."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hazelgate.operations.ports import free_ports

LINES_OF_JSON = {"HAZELGATE_LOG_FORM": "json"}


@contextmanager
def running(*arguments: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-P", "-m", "hazelgate.operations.cli", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environ}
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=20)


def first_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stderr is not None
    line: dict[str, Any] = json.loads(process.stderr.readline())
    return line


def test_a_gateway_writes_uvicorn_s_lines_in_the_same_form() -> None:
    [port] = free_ports(1)
    with running("serve", f"--port={port}", "--members=127.0.0.1:1", **LINES_OF_JSON) as gateway:
        line = first_line(gateway)
    assert (line["level"], line["logger"]) == ("INFO", "uvicorn.error")
    assert "Started server process" in line["message"]


def test_a_projector_s_supervisor_writes_its_lines_in_the_same_form() -> None:
    with running("projector", "--port=0", "--domain=tests.support.ledger", "--log-form=json") as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline().startswith("projector listens on")
        [worker] = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children").read_text().split()
        os.kill(int(worker), signal.SIGKILL)
        line = first_line(supervisor)
    assert (line["level"], line["logger"]) == ("WARNING", "hazelgate.projector")
    assert line["message"] == "the worker ended its process (signal 9, SIGKILL); it is started again at once"


def test_the_option_comes_before_the_environment() -> None:
    with running(
        "projector", "--port=0", "--domain=tests.support.ledger", "--log-level=error", HAZELGATE_LOG_LEVEL="info"
    ) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline().startswith("projector listens on")
        [worker] = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children").read_text().split()
        os.kill(int(worker), signal.SIGKILL)
        assert supervisor.stdout.readline().startswith("projector listens on")
        supervisor.terminate()
        _, said = supervisor.communicate(timeout=20)
    assert said == ""
