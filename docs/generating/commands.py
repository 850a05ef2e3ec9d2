"""The page of commands, from the command line itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import click

from docs.generating.markdown import code, one_line, paragraphs, table
from hazelgate.operations.cli import main


@dataclass(frozen=True)
class Command:
    """One command, with the context in which it runs."""

    name: str
    command: click.Command
    context: click.Context

    def options(self) -> list[click.Option]:
        """What can be given by name; `--help` is the same everywhere."""
        parameters = self.command.get_params(self.context)
        options = [each for each in parameters if isinstance(each, click.Option)]
        return [each for each in options if not {"--help", "--version"} & set(each.opts)]


def all_commands() -> Iterator[Command]:
    """Every command and group, in the order of their names."""
    context = click.Context(main, info_name="hazelgate", **main.context_settings)
    yield from _below(Command("hazelgate", main, context))


def _below(command: Command) -> Iterator[Command]:
    yield command
    if isinstance(command.command, click.Group):
        for name in command.command.list_commands(command.context):
            child = command.command.get_command(command.context, name)
            assert child is not None
            context = click.Context(child, info_name=name, parent=command.context, **child.context_settings)
            yield from _below(Command(f"{command.name} {name}", child, context))


def environment_names(option: click.Option, context: click.Context) -> list[str]:
    """The environment variables that stand for an option, as click looks them up."""
    shown = option.show_envvar
    option.show_envvar = True
    try:
        return list(option.get_help_extra(context).get("envvars", ()))
    finally:
        option.show_envvar = shown


def default_of(option: click.Option, context: click.Context) -> str:
    """The default as `--help` shows it."""
    shown = option.show_default
    option.show_default = True
    try:
        default = option.get_help_extra(context).get("default", "")
    finally:
        option.show_default = shown
    return "" if default in ("False", "()", "") else default


def spelling(option: click.Option, context: click.Context) -> str:
    """How an option is written, with what it takes."""
    names = ", ".join(sorted(option.opts, key=len, reverse=True)[:1] + list(option.secondary_opts))
    return names if option.is_flag else f"{names} {option.make_metavar(context)}"


def page() -> str:
    """The page."""
    text = ["# Commands\n\nThis page comes from the command line itself, as `hazelgate COMMAND --help` does.\n\n"]
    for each in all_commands():
        text.append(f"{'##' if each.name.count(' ') < 2 else '###'} {each.name}\n\n")
        text.append(f"```text\n{each.command.get_usage(each.context).removeprefix('Usage: ')}\n```\n\n")
        text.append(paragraphs((each.command.help or "").replace("\b", "")))
        if options := each.options():
            rows = (
                (code(spelling(option, each.context)), one_line(option.help), code(default_of(option, each.context)))
                for option in options
            )
            text.append(table(("option", "meaning", "default"), rows))
    return "".join(text)
