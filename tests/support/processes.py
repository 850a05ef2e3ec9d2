"""Real members and projectors as child processes: started on free ports, waited for, ended by their own pid."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from hazelgate.operations.java import find_java
from hazelgate.operations.member import MemberOptions, SnapshotOptions, member_command, member_environ
from hazelgate.operations.ports import free_ports

ROOT = Path(__file__).parents[2]
ENGINE_JAR = ROOT / "engine" / "target" / "engine.jar"
START_SECONDS = 60.0
STOP_SECONDS = 15.0
TEST_HEAP = "512m"


_given_out: set[int] = set()


def free_port() -> int:
    """A port that nobody listens on, and that nobody is given: no other test, and no outgoing connection."""
    while (port := free_ports(1)[0]) in _given_out:
        continue
    _given_out.add(port)
    return port


def engine_jar() -> Path:
    """The engine's jar; built once with Maven where it is missing, whatever number of test runs ask for it."""
    if not ENGINE_JAR.is_file():
        with (ROOT / "engine" / ".build.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not ENGINE_JAR.is_file():
                subprocess.run(
                    ["mvn", "-B", "-q", "-f", "engine/pom.xml", "package", "-DskipTests"],
                    cwd=ROOT,
                    check=True,
                    timeout=600,
                )
    return ENGINE_JAR


class Child:
    """
    A process that says in a line when it is up.

    Args:
        command: How to start it; again in the same way by `restart`.
        ready: What the line contains.
        log: Where its output goes; shown when it does not come up.
    """

    def __init__(self, command: list[str], *, ready: str, log: Path, environ: dict[str, str] | None = None) -> None:
        self._command = command
        self._ready = ready
        self.environ = environ or {}
        """What it is told besides; changes count from its next start on."""
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None

    def inside(self, prefix: list[str]) -> Child:
        """The same, not yet started, behind another command that turns into it: `ip netns exec NAME`."""
        return Child([*prefix, *self._command], ready=self._ready, log=self._log)

    def start(self) -> None:
        """Start it, and return when it is up."""
        self._output = self._log.open("ab")
        said_before = self._log.stat().st_size
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.environ},
        )
        deadline = time.monotonic() + START_SECONDS
        while self._ready.encode() not in self._log.read_bytes()[said_before:]:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"{self._command[0]} did not come up:\n{self.output()[-4000:]}")
            time.sleep(0.02)

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End it without a chance to say goodbye."""
        self._end(signal.SIGKILL)

    def children(self) -> list[int]:
        """What it has started and has not ended yet."""
        assert self._process is not None
        children: list[int] = []
        for task in Path(f"/proc/{self._process.pid}/task").iterdir():
            with contextlib.suppress(OSError):  # threads come and go
                children += map(int, (task / "children").read_text().split())
        return children

    def kill_children(self) -> None:
        """End what it has started, as a crash does; it may start them again."""
        for pid in self.children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end; insist after a while."""
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """Let it hang: its connections stay open, and it does nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def output(self) -> str:
        """All that it has said."""
        return self._log.read_text(errors="replace")

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(how)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_SECONDS)
        if self._output is not None:
            self._output.close()
            self._output = None


def projector(port: int, *, log: Path, domain: str = "tests.support.ledger") -> Child:
    """A projector, not yet started."""
    command = [sys.executable, "-m", "hazelgate.projector", "--port", str(port), "--domain", domain]
    return Child(command, ready=f"projector listens on {port}", log=log)


def supervised_projector(port: int, *, log: Path, domain: str, handler_timeout_seconds: float = 5.0) -> Child:
    """A projector that is started again when a handler takes it along, not yet started."""
    command = [sys.executable, "-m", "hazelgate.operations.cli", "projector", "--port", str(port), "--domain", domain]
    command += ["--handler-timeout-seconds", str(handler_timeout_seconds), "--max-memory-mib", "1024"]
    return Child(command, ready=f"projector listens on {port}", log=log)


def member(
    port: int,
    *,
    cluster_name: str,
    projector_port: int,
    log: Path,
    max_in_flight: int = 20_000,
    postgres_dsn: str | None = None,
    recent_events: int = 100_000,
    snapshots: SnapshotOptions | None = None,
    recent_seconds: int = 0,
) -> Child:
    """A member, not yet started."""
    options = MemberOptions(
        cluster_name=cluster_name,
        port=port,
        projector=f"127.0.0.1:{projector_port}",
        heap=TEST_HEAP,
        max_in_flight=max_in_flight,
        postgres_dsn=postgres_dsn,
        recent_events=recent_events,
        snapshots=snapshots,
        recent_seconds=recent_seconds,
    )
    return member_with(options, log=log)


def member_with(options: MemberOptions, *, log: Path) -> Child:
    """
    A member with these options, not yet started.

    It runs from a copy of the jar: a build meanwhile would take the classes from under it.
    """
    jar = log.parent / "engine.jar"
    if not jar.is_file():
        shutil.copyfile(engine_jar(), jar)
    ready = f"member listens on {options.host}:{options.port}"
    return Child(member_command(find_java(), jar, options), ready=ready, log=log, environ=member_environ(options))
