"""Real members and projectors as child processes: started on free ports, waited for, ended by their own pid."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from hazelgate.operations.java import find_java
from hazelgate.operations.member import MemberOptions, SnapshotOptions, member_command, member_environ
from tests.support.engine import engine
from tests.support.ports import free_port
from tests.support.until import PATIENCE_SECONDS

__all__ = ["Child", "free_port", "is_alive", "member", "member_with", "projector", "supervised_projector"]

ROOT = Path(__file__).parents[2]
STOP_SECONDS = 60.0
TEST_HEAP = "512m"


def is_alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


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
        self._said_before = 0

    def inside(self, prefix: list[str]) -> Child:
        """The same, not yet started, behind another command that turns into it: `ip netns exec NAME`."""
        return Child([*prefix, *self._command], ready=self._ready, log=self._log)

    def start(self) -> None:
        """Start it, and return when it is up."""
        self.launch()
        self.wait_until_up()

    def launch(self) -> None:
        """Start it, and return at once: others may be started meanwhile."""
        self._output = self._log.open("ab")
        self._said_before = self._log.stat().st_size
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.environ},
        )

    def wait_until_up(self) -> None:
        """Return when what was launched is up."""
        assert self._process is not None
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._ready.encode() not in self._log.read_bytes()[self._said_before :]:
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
    """A member with these options, not yet started."""
    java = find_java()
    built = engine(java)
    command = member_command(java, built.jar, options)
    ready = f"member listens on {options.host}:{options.port}"
    return Child([command[0], *built.flags, *command[1:]], ready=ready, log=log, environ=member_environ(options))
