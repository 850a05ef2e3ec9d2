"""The command `hazelgate`. What it can't start it says in one line, with exit status 2."""

import click

from hazelgate.operations.commands.catalog import catalog, schema
from hazelgate.operations.commands.dead_letters import dead_letters
from hazelgate.operations.commands.demo import demo
from hazelgate.operations.commands.dev import dev
from hazelgate.operations.commands.diff import diff
from hazelgate.operations.commands.doctor import doctor
from hazelgate.operations.commands.events import events
from hazelgate.operations.commands.history import history
from hazelgate.operations.commands.log import export, import_, migrate
from hazelgate.operations.commands.member import member
from hazelgate.operations.commands.new import new
from hazelgate.operations.commands.pipeline import pipeline
from hazelgate.operations.commands.projector import projector
from hazelgate.operations.commands.rebuild import rebuild
from hazelgate.operations.commands.serve import serve
from hazelgate.operations.commands.show import show
from hazelgate.operations.commands.snapshot import snapshot

_CONTEXT = {"show_default": True, "help_option_names": ["-h", "--help"]}


@click.group(context_settings=_CONTEXT)
@click.version_option(package_name="hazelgate", message="hazelgate %(version)s")
def main() -> None:
    """
    An event-sourced backend with a GraphQL front door, on Hazelcast Jet.

    A setting can be given as an environment variable too; each has one, which the help of its option names.
    """


_COMMANDS: tuple[click.Command, ...] = (
    *(new, dev, member, projector, serve, demo),
    *(migrate, export, import_, events, catalog, schema),
    *(doctor, pipeline, rebuild, diff, show, history, snapshot, dead_letters),
)
for command in _COMMANDS:
    main.add_command(command)


if __name__ == "__main__":
    main()
