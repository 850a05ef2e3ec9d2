"""
The command `hazelgate`. What it can't start it says in one line, with exit status 2.

A command's module is imported when it is called: one that only asks a cluster something starts in half the time.
"""

from __future__ import annotations

import importlib

import click

_CONTEXT = {"show_default": True, "help_option_names": ["-h", "--help"]}

_MODULES = {
    "import": "log:import_",
    "export": "log:export",
    "migrate": "log:migrate",
    "catalog": "catalog:catalog",
    "schema": "catalog:schema",
    "rights": "rights:rights",
    "api-key": "rights:api_key",
    **{
        name: f"{name.replace('-', '_')}:{name.replace('-', '_')}"
        for name in (
            *("new", "dev", "member", "projector", "serve", "demo"),
            *("doctor", "pipeline", "rebuild", "diff", "show", "history", "snapshot", "dead-letters", "events"),
        )
    },
}
"""Where each command is: its module in `operations.commands`, and its name there."""


class _Commands(click.Group):
    """Commands that are imported when somebody asks for them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the alphabet."""
        return sorted(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None where there is none."""
        if cmd_name not in _MODULES:
            return None
        module, _, name = _MODULES[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(f"hazelgate.operations.commands.{module}"), name)
        return command


@click.group(cls=_Commands, context_settings=_CONTEXT)
@click.version_option(package_name="hazelgate", message="hazelgate %(version)s")
def main() -> None:
    """
    An event-sourced backend with a GraphQL front door, on Hazelcast Jet.

    A setting can be given as an environment variable too; each has one, which the help of its option names.
    """


if __name__ == "__main__":
    main()
