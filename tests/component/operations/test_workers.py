"""`hazelgate serve --workers`: real processes at one port, without a cluster."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from hazelgate.operations.ports import free_ports
from tests.acceptance.processes import alive, descendants
from tests.support.until import until

COUNT = 2


class Serving:
    """A running `hazelgate serve`."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path, folder: Path) -> None:
        self.process = process
        self._folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def folders(self) -> list[Path]:
        """What it keeps in the system's folder for what is temporary."""
        return list(self._folder.iterdir())

    @property
    def workers(self) -> set[int]:
        return alive(descendants(self.process.pid))

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health").status_code == 200
        except httpx.TransportError:
            return False

    def has_started(self, times: int) -> bool:
        """Whether so many workers have begun to take requests since the beginning."""
        return self.log.count("startup complete") == times and len(self.workers) == COUNT

    def ask(self) -> None:
        httpx.post(f"{self.url}/graphql", json={"query": "{ __typename }"}).raise_for_status()

    def figure(self, name: str) -> float:
        lines = httpx.get(f"{self.url}/metrics").text.splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(name)), 0.0)


@contextmanager
def serving(tmp_path: Path, *arguments: str) -> Iterator[Serving]:
    [port, nowhere] = free_ports(2)
    log = tmp_path / "log"
    command = (sys.executable, "-m", "hazelgate.operations.cli", "serve", "--port", str(port), *arguments)
    with log.open("wb") as written, tempfile.TemporaryDirectory() as name:
        folders = Path(name)  # pytest's own are too long for the path of a socket
        process = subprocess.Popen(
            [*command, "--members", f"127.0.0.1:{nowhere}", "--workers", str(COUNT)],
            stderr=written,
            env={**os.environ, "TMPDIR": str(folders)},
        )
        found = Serving(process, port, log, folders)
        try:
            yield found
        finally:
            for pid in alive({process.pid, *found.workers}):
                os.kill(pid, signal.SIGKILL)
            process.wait()


async def test_they_serve_one_port_and_are_told_apart(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        await until(lambda: served.has_started(COUNT))
        assert served.answers()
        assert all(f"worker={number}" in served.log for number in (1, 2))


async def test_their_figures_are_told_together(tmp_path: Path) -> None:
    """Whichever worker is asked."""
    with serving(tmp_path) as served:
        await until(lambda: served.has_started(COUNT))
        for _ in range(20):  # each over a connection of its own, which the system gives to one of them
            served.ask()
        told = {served.figure('hazelgate_http_requests_total{method="POST",status="200"}') for _ in range(10)}
        assert told == {20.0}


async def test_one_that_dies_is_started_again(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        await until(lambda: served.has_started(COUNT))
        before = served.workers
        os.kill(min(before), signal.SIGKILL)
        await until(lambda: served.has_started(COUNT + 1))
        assert served.answers()
        assert "ended with status -9; starting it again" in served.log
        assert len(served.workers & before) == 1


async def test_a_signal_drains_all_of_them(tmp_path: Path) -> None:
    with serving(tmp_path, "--drain-seconds", "0.5") as served:
        await until(lambda: served.has_started(COUNT))
        workers = served.workers
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(30) == 0
        assert alive(workers) == set()
        assert served.log.count("ending: ready no more") == COUNT
        assert "starting it again" not in served.log


async def test_none_outlives_the_process_that_started_them(tmp_path: Path) -> None:
    with serving(tmp_path, "--drain-seconds", "0") as served:
        await until(lambda: served.has_started(COUNT))
        workers = served.workers
        served.process.kill()
        await until(lambda: alive(workers) == set())
        await until(lambda: served.folders == [])


def test_a_domain_that_is_wrong_is_told_once(tmp_path: Path) -> None:
    with serving(tmp_path, "--domain", "there.is.none") as served:
        assert served.process.wait(60) != 0
        assert served.log.count("there.is.none") == 1
        assert "workers at port" not in served.log
