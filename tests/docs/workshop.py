"""A folder in which pages are played: files are written, commands run, operations sent, as the page says."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx

from tests.docs.browser import Browser
from tests.docs.pages import Block, blocks
from tests.support.ports import free_port
from tests.support.until import PATIENCE_SECONDS

STOP_SECONDS = PATIENCE_SECONDS
LAST_LINES = 40

_PORT = re.compile(r"(127\.0\.0\.1:|--port |--bind 127\.0\.0\.1 )(\d{4,5})\b")
_BIN = str(Path(sys.executable).parent)


class NotAsWritten(AssertionError):
    """A page says one thing, and another happens."""


@dataclass
class Running:
    """A process that a page has started."""

    command: str
    process: subprocess.Popen[bytes]
    log: Path
    output: IO[bytes]

    def said(self) -> str:
        """All that it has printed."""
        return self.log.read_text(errors="replace")

    def end(self, number: signal.Signals) -> None:
        """Tell it to end, and insist after a while."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(STOP_SECONDS)
        self.output.close()


@dataclass
class Workshop:
    """
    A reader at a machine: a folder, an environment, terminals.

    Ports that pages name are others here, since the machine may run more than this: each stands for a free one.
    """

    folder: Path
    browser: Browser
    environ: dict[str, str] = field(default_factory=dict)
    terminals: list[Running] = field(default_factory=list)
    ports: dict[str, int] = field(default_factory=dict)
    last_output: str = ""
    last_answer: Any = None
    place: Path | None = None
    """Where the page has gone by `cd`."""

    def play(self, text: str) -> None:
        """
        Do what a page says, block by block.

        Raises:
            NotAsWritten: Something came out otherwise; it names the line.
        """
        self.place = None
        self._allot_ports(text)
        for block in blocks(text):
            if block.is_picture:
                continue
            try:
                self._do(block)
            except NotAsWritten as error:
                raise NotAsWritten(f"line {block.line}, {block.instruction}: {error}") from None

    def _do(self, block: Block) -> None:
        word, _, rest = block.instruction.partition(" ")
        text = self.translated(block.text)
        match word.rstrip(","):
            case "run":
                self._run(text, status=int(rest.removeprefix("exit ") or 0))
            case "output":
                _require_match(text, self.last_output)
            case "keep":
                self._keep_running(text, until=_quoted(rest))
            case "says":
                self._wait_until_said(self.translated(_quoted(rest)), text)
            case "start":
                self._keep_running(text, until=None)
            case "end":
                self._end(self.translated(_quoted(rest)))
            case "file":
                (self.folder / rest).write_text(text)
            case "append":
                with (self.folder / rest).open("a") as file:
                    file.write(text)
            case "edit":
                self._edit(self.folder / rest, text)
            case "paste":
                self._paste(rest)
            case "send":
                self._send(block.text, rest)
            case "answer":
                _require_same(json.loads(block.text), self.last_answer)
            case "ready":
                self._wait_until_ready(rest)
            case "browser":
                first, _, shown = rest.partition("\n")
                self.browser.require(self.translated(first.removesuffix("shows").strip()), shown.splitlines())
            case "not":
                pass
            case _:
                raise NotAsWritten("a block that nobody runs: say how, or `not run: why`")

    def translated(self, text: str) -> str:
        """The text with the ports of this machine, and `hazelgate dev` on its own."""

        def there(found: re.Match[str]) -> str:
            return found[1] + str(self.port(found[2]))

        return _PORT.sub(there, text).replace("hazelgate dev ", f"hazelgate dev --port {self.port('8000')} ")

    def port(self, written: str) -> int:
        """The port that stands for the one on the page."""
        return self.ports[written]

    def _allot_ports(self, text: str) -> None:
        """Higher ports stand for higher ones: what is listed by address is in the order of the page."""
        new = sorted({"8000", *(found[1] for found in _PORT.findall(text))} - set(self.ports))
        self.ports.update(zip(new, sorted(free_port() for _ in new), strict=True))

    # ---------------------------------------------------------------- files and commands

    def _edit(self, path: Path, change: str) -> None:
        lines = [(line[:1] or " ", line[1:]) for line in change.splitlines()]
        before = "\n".join(text for sign, text in lines if sign in " -")
        after = "\n".join(text for sign, text in lines if sign in " +")
        old = path.read_text()
        if old.count(before) != 1:
            raise NotAsWritten(f"the lines of the change stand {old.count(before)} times in {path.name}")
        path.write_text(old.replace(before, after))

    def _environ(self) -> dict[str, str]:
        environ = {**os.environ, "PYTHONUNBUFFERED": "1", **self.environ}
        environ.pop("PYTEST_ADDOPTS", None)
        environ["PATH"] = f"{_BIN}:{environ['PATH']}"
        return environ

    def _run(self, script: str, *, status: int) -> None:
        """Run a block in a shell of its own; what it exports is there in the next one, and so is where it is."""
        kept, place = self.folder / ".environ", self.folder / ".place"
        keep = f"env -0 > {shlex.quote(str(kept))}; pwd > {shlex.quote(str(place))}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"trap {shlex.quote(keep)} EXIT\n{script}"],
            cwd=self.place or self.folder,
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE_SECONDS,
        )
        self.last_output = done.stdout.decode(errors="replace")
        if done.returncode != status:
            raise NotAsWritten(f"exit status {done.returncode}:\n{self.last_output}\n{self.logs()}")
        exported = dict(line.split("=", 1) for line in kept.read_text().split("\0") if "=" in line)
        self.environ.update({name: value for name, value in exported.items() if name.startswith("HAZELGATE_")})
        self.place = Path(place.read_text().removesuffix("\n"))

    def _keep_running(self, script: str, *, until: str | None) -> None:
        log = self.folder / f".terminal-{len(list(self.folder.glob('.terminal-*')))}.log"
        output = log.open("wb")
        process = subprocess.Popen(
            ["bash", "-c", f"exec {script}"],
            cwd=self.place or self.folder,
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        running = Running(script, process, log, output)
        self.terminals.append(running)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while until is not None and until not in running.said():
            if process.poll() is not None or time.monotonic() > deadline:
                raise NotAsWritten(f"it never says {until!r}:\n{running.said()[-4_000:]}")
            time.sleep(0.02)

    def _wait_until_said(self, command: str, expected: str) -> None:
        """Until what runs has printed these lines."""
        running = self._running(command)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return _require_match(expected, running.said())
            except NotAsWritten:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.05)

    def _running(self, text: str) -> Running:
        [running] = [each for each in self.terminals if text in each.command and each.process.poll() is None]
        return running

    def _end(self, text: str) -> None:
        self._running(text).end(signal.SIGINT)

    def _paste(self, name: str) -> None:
        """What the last `hazelgate dev` has printed under that name goes into the environment."""
        [*_, running] = [each for each in self.terminals if "hazelgate dev" in each.command]
        [line] = [line for line in running.said().splitlines() if line.startswith(name)]
        for setting in line.split("export ", 1)[1].split():
            variable, _, value = setting.partition("=")
            self.environ[variable] = value

    def end_all(self) -> None:
        """End whatever still runs. `dev` ends what it has started; the others have nothing to lose."""
        for running in reversed(self.terminals):
            running.end(signal.SIGINT if "hazelgate dev" in running.command else signal.SIGKILL)
        self.terminals.clear()
        self.environ.clear()

    def logs(self) -> str:
        """How the output of what runs ends."""
        ends = []
        for running in self.terminals:
            lines = running.said().splitlines()[-LAST_LINES:]
            ends.append("\n".join([f"--- {running.command.strip()}", *lines]))
        return "\n".join(ends)

    # ---------------------------------------------------------------- GraphQL

    def _send(self, operation: str, how: str) -> None:
        port, times = ("8000", 2) if how == "twice" else (how or "8000", 1)
        for _ in range(times):
            answer = httpx.post(
                f"http://127.0.0.1:{self.port(port)}/graphql",
                json={"query": operation},
                timeout=PATIENCE_SECONDS,
                trust_env=False,
            )
            self.last_answer = answer.json()
            if self.last_answer.get("errors"):
                raise NotAsWritten(f"{self.last_answer['errors']}\n{self.logs()}")

    def _wait_until_ready(self, port: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = httpx.get(f"http://127.0.0.1:{self.port(port)}/ready", timeout=5.0, trust_env=False)
                if answer.status_code == httpx.codes.OK and not _unexpected(answer.json()["warnings"]):
                    return
                problem = answer.text
            except httpx.HTTPError as error:
                problem = repr(error)
            if time.monotonic() > deadline:
                raise NotAsWritten(f"not ready: {problem}\n{self.logs()}")
            time.sleep(0.05)


def _unexpected(warnings: list[str]) -> list[str]:
    """A page starts a gateway with new code while the one with the old code is still there: that is warned of."""
    return [each for each in warnings if not each.startswith("gateways have other code")]


def new_folder() -> Path:
    """A folder that another user may look into, as PostgreSQL has to that does not run as root."""
    folder = Path(tempfile.mkdtemp(prefix="hazelgate-docs-"))
    folder.chmod(0o755)
    return folder


def _quoted(text: str) -> str:
    [found] = re.findall(r'"(.*)"', text)
    return str(found)


def _require_match(expected: str, actual: str) -> None:
    """`…` stands for anything, also for lines."""
    parts = [re.escape(part) for part in expected.strip("\n").split("…")]
    if re.search("^" + ".*?".join(parts), actual, re.MULTILINE | re.DOTALL) is None:
        raise NotAsWritten(f"the output is another one:\n{actual}")


def _require_same(expected: Any, actual: Any) -> None:
    if expected != actual:
        raise NotAsWritten(f"the answer is another one:\n{json.dumps(actual, indent=2)}")
