"""All settings and commands as data: for the reference, and to test that each has one name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
import msgspec

from hazelgate.operations.cli import main
from hazelgate.operations.command_line.settings import SettingOption


class Setting(msgspec.Struct, frozen=True):
    """One setting, and the commands that have it."""

    environment: str
    option: str
    help: str
    type: str
    defaults: dict[str, Any]
    """By command; None where it has none."""


def commands(command: click.Command = main, path: str = "hazelgate") -> Iterator[tuple[str, click.Command]]:
    """Each command that does something, by how it is called: `hazelgate snapshot list`."""
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            yield from commands(command.commands[name], f"{path} {name}")
    else:
        yield path, command


def options() -> Iterator[tuple[str, click.Option]]:
    """Each option of each command."""
    for path, command in commands():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                yield path, parameter


def settings() -> list[Setting]:
    """All of them, by their environment variables."""
    found: dict[tuple[str, str], Setting] = {}
    for path, option in options():
        if isinstance(option, SettingOption):
            key = (str(option.envvar), option.opts[0])
            setting = found.setdefault(key, Setting(*key, option.help or "", option.type.name, {}))
            setting.defaults[path] = option.default
    return [found[key] for key in sorted(found)]


if __name__ == "__main__":
    click.echo(msgspec.json.format(msgspec.json.encode(settings(), enc_hook=str), indent=2))
