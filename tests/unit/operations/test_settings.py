"""Each setting has one name: one environment variable, by which every command that has the setting goes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from hazelgate.gateway.settings import Settings
from hazelgate.operations import cli
from hazelgate.operations.command_line.settings import SettingOption
from hazelgate.sourcing.settings import Options, environment_name, named

SOURCES = Path(cli.__file__).parents[1]
NO_OPTION = {"snapshots", "clock_offset_ms"}
"""Fields that no operator sets by themselves: options of their own, and what is for tests."""
OF_ONE_PROCESS = {"--host", "--port", "--members"}
"""Two processes on a machine have two of each, and so two settings; `dev` is told how many members there are."""
NO_SETTING = {"HAZELGATE_SNAPSHOT_COMMAND"}
"""The launcher tells the member, and no operator does."""


def commands(command: click.Command = cli.main, path: str = "hazelgate") -> Iterator[tuple[str, click.Command]]:
    """Each command that does something, by how it is called: `hazelgate snapshot list`."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from commands(child, f"{path} {name}")
    else:
        yield path, command


def options() -> Iterator[tuple[str, click.Option]]:
    """Each option of each command."""
    for path, command in commands():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                yield path, parameter


def variables() -> set[str]:
    """The environment variables of all settings."""
    return {str(option.envvar) for _, option in options() if isinstance(option, SettingOption)}


def models(of: type[Options] = Options) -> list[type[Options]]:
    """All models of settings: those that other commands and processes are built from, too."""
    return [each for model in of.__subclasses__() for each in (model, *models(model))]


COMMANDS = [path for path, _ in commands()]
"""Their modules define the settings, and are imported when a command is asked for."""
ALL_SETTINGS = [(model, field) for model in models() for field in model.model_fields if field not in NO_OPTION]


def test_there_are_settings_and_commands() -> None:
    """The tests below look at them all."""
    assert {"Settings", "MemberOptions", "DevOptions", "ProjectorOptions"} <= {model.__name__ for model in models()}
    assert len(variables()) > 40
    assert "hazelgate snapshot list" in COMMANDS


def test_every_option_and_every_command_has_a_help_text() -> None:
    assert [(path, option.opts) for path, option in options() if not option.help] == []
    assert [path for path, command in commands() if not command.help] == []


@pytest.mark.parametrize(("model", "field"), ALL_SETTINGS, ids=lambda value: getattr(value, "__name__", value))
def test_a_setting_has_a_description_and_an_option_with_its_variable(model: type[Options], field: str) -> None:
    assert model.model_fields[field].description
    have = {(option.envvar, option.opts[0]) for _, option in options()}
    assert (environment_name(model, field), named(model, field).option) in have


def test_an_option_of_a_setting_has_one_variable_and_no_other_option_has_any() -> None:
    for path, option in options():
        if isinstance(option, SettingOption):
            assert isinstance(option.envvar, str), f"{path} {option.opts}"
            assert re.fullmatch("HAZELGATE_[A-Z_]+", option.envvar)
        else:
            assert option.envvar is None, f"{path} {option.opts}: is it a setting?"
    for path, command in commands():
        assert "auto_envvar_prefix" not in command.context_settings, path
    assert "auto_envvar_prefix" not in cli.main.context_settings


def test_no_variable_means_two_settings_and_no_setting_has_two() -> None:
    of_variable, of_option = defaultdict(set), defaultdict(set)
    for _, option in options():
        if isinstance(option, SettingOption):
            of_variable[option.envvar].add(option.opts[0])
            of_option[option.opts[0]].add(option.envvar)
    assert {variable for variable, found in of_variable.items() if len(found) > 1} == set()
    assert {option for option, found in of_option.items() if len(found) > 1} == OF_ONE_PROCESS


def test_an_option_that_a_setting_has_is_that_setting_in_every_command() -> None:
    """A command that declares `--members` by itself would have no variable, or another."""
    of_settings = {option.opts[0] for _, option in options() if isinstance(option, SettingOption)}
    others = {option.opts[0] for _, option in options() if not isinstance(option, SettingOption)}
    assert of_settings & others <= {"--projector"}, "`pipeline replace` names new projectors; no member is told so"


def test_a_gateway_by_itself_reads_the_same_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        "host": "h", "port": 1, "cluster_name": "c", "members": ("a:1", "b:2"), "domain": "d", "log_level": "error",
        "log_form": "json", "graphiql": False, "max_body_bytes": 2_000, "max_query_tokens": 11,
        "max_query_characters": 1_100,
        "operation_timeout_seconds": 1.5, "connection_init_timeout_seconds": 2.5, "subscriber_queue_size": 3,
        "max_subscriptions_per_socket": 4, "max_scanned_entries": 5, "federation": True, "api": "a",
        "websocket_stall_timeout_seconds": 3.5,
        "plans": False, "without_identity": False, "oidc_issuer": "https://i.example", "oidc_audience": ("o", "p"),
        "oidc_algorithms": ("ES384",), "oidc_keys_url": "https://i.example/k", "oidc_roles_claim": "r.s",
        "oidc_leeway_seconds": 22.0, "api_keys_file": Path("k.toml"), "identity_proxies": ("10.0.0.7", "10.1.0.0/16"),
        "proxy_subject_header": "x-u", "proxy_roles_header": "x-r", "event_claims": ("t", "u"),
        "tenant_claim": "v", "proxy_tenant_header": "x-t",
        "allowed_hosts": ("n", "*.m"),
        "allowed_origins": ("https://a.example",), "introspection": False, "suggestions": False,
        "max_query_depth": 6, "max_query_aliases": 7, "max_query_repeated_fields": 8, "max_query_directives": 9,
        "max_query_fragments": 10, "max_query_root_fields": 12, "max_query_cost": 13,
        "execution_timeout_seconds": 14.0, "max_read_entries": 15, "max_header_bytes": 2_001, "max_headers": 16,
        "header_timeout_seconds": 17.0, "body_timeout_seconds": 18.0, "max_unfinished_requests": 19,
        "max_unfinished_requests_per_address": 20, "drain_seconds": 21.0,
        "root_path": "/r", "trusted_proxies": ("10.0.0.0/8",), "keep_alive_seconds": 22,
        "trusted_documents": Path("t.json"), "only_trusted_documents": True, "document_max_age_seconds": 23,
        "max_persisted_queries": 24, "max_batched_operations": 25, "compression": False,
        "max_cost_per_second": 26, "max_bytes_per_second": 27, "max_connections_per_client": 28,
        "max_subscriptions_per_client": 29, "workers": 30, "incremental_delivery": True,
    }  # fmt: skip
    for field, value in told.items():
        text = ",".join(value) if isinstance(value, tuple) else str(value)
        monkeypatch.setenv(environment_name(Settings, field), text)
    assert Settings().model_dump() == told


def test_no_source_names_another_variable() -> None:
    """`HAZELGATE_PORT` was the second name of a setting, `HAZELGATE_SERVE_PORT` the third."""
    known = variables() | NO_SETTING
    looked_at = 0
    for folder in (
        "sourcing",
        "projector",
        "client",
        "gateway",
        "operations",
        "subscriptions",
        "resolvers",
        "schema",
        "api",
    ):
        for file in (SOURCES / folder).rglob("*.py"):
            looked_at += 1
            named_there = set(re.findall(r"\b(?:HAZELGATE|GATEWAY)_[A-Z][A-Z_]+[A-Z]\b", file.read_text()))
            assert named_there <= known, file
    assert looked_at > 100


def test_a_variable_sets_its_option_and_the_option_comes_first() -> None:
    """Seen in the default that is shown, and in what is complained of."""
    wrong = CliRunner().invoke(cli.main, ["member"], env={"HAZELGATE_QUORUM": "0"})
    assert (wrong.exit_code, "setting quorum" in wrong.output, "HAZELGATE_QUORUM" in wrong.output) == (2, True, True)
    wrong = CliRunner().invoke(cli.main, ["member", "--quorum", "101"], env={"HAZELGATE_QUORUM": "0"})
    assert "101 is not in the range" in wrong.output
