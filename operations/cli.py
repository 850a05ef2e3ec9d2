"""The command `hazelgate`. What it can't start it says in one line, with exit status 2."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from hazelgate.operations.commands import rebuild as rebuild_commands
from hazelgate.operations.commands.dead_letters import dead_letters
from hazelgate.operations.commands.events import events
from hazelgate.operations.commands.log import export, import_, migrate
from hazelgate.operations.commands.pipeline import pipeline
from hazelgate.operations.commands.postgres import postgres_dsn
from hazelgate.operations.commands.show import show
from hazelgate.operations.commands.snapshots import snapshot, snapshot_options
from hazelgate.operations.commands.usage import AddressList, CannotStart
from hazelgate.operations.member import SnapshotOptions

_CONTEXT = {"auto_envvar_prefix": "HAZELGATE", "show_default": True, "help_option_names": ["-h", "--help"]}


def _port(default: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option("--port", type=click.IntRange(0, 65_535), default=default, help="0 finds a free one.")


def _host() -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option("--host", default="127.0.0.1", help="The address to bind to. Keep it on a private network.")


_DOMAIN = click.option(
    "--domain", default="hazelgate.domain", help="Import path of the events, guards and projections."
)
_HEAP = click.option("--heap", default="1g", help="Upper bound of the member's heap, like 512m or 4g.")
_PRETOUCH_HEAP = click.option(
    "--pretouch-heap", is_flag=True, help="Take all of the heap at the start, and not while events come."
)


def _let_the_current_folder_be_found() -> None:
    """A domain of one's own may lie in the current folder. It comes last, so that it shadows nothing installed."""
    sys.path.append(os.getcwd())


@click.group(context_settings=_CONTEXT)
@click.version_option(package_name="hazelgate", message="hazelgate %(version)s")
def main() -> None:
    """
    An event-sourced backend with a GraphQL front door, on Hazelcast Jet.

    Each option can be given as an environment variable too: HAZELGATE_DEV_PORT=8080 for `dev --port 8080`.
    """


@main.command()
@_port(8000)
@click.option(
    "--demo-data/--no-demo-data", default=True, help="The shop's customers, products, and a trickle of orders."
)
@click.option(
    "--postgres", is_flag=True, help="Keep events in PostgreSQL: GATEWAY_POSTGRES_DSN's, else one of this stack's own."
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the stack's own PostgreSQL keeps its data.  [default: hazelgate-data]",
)
@_DOMAIN
@_HEAP
@_PRETOUCH_HEAP
@snapshot_options
def dev(
    port: int,
    demo_data: bool,
    postgres: bool,
    data_dir: Path | None,
    domain: str,
    heap: str,
    pretouch_heap: bool,
    snapshots: SnapshotOptions | None,
) -> None:
    """Run everything on this machine: a member, a projector and a gateway. Ctrl-C ends all of it."""
    from hazelgate.operations.dev import DevOptions, plan_stack, run_stack
    from hazelgate.operations.java import JavaUnusable
    from hazelgate.operations.member import EngineMissing
    from hazelgate.operations.ports import PortUnavailable
    from hazelgate.operations.postgres.connecting import PostgresUnusable

    if data_dir is not None and not postgres:
        raise CannotStart("--data-dir is where --postgres keeps its data: give both, or neither")
    try:
        stack = plan_stack(
            DevOptions(
                port=port,
                demo_data=demo_data,
                domain=domain,
                heap=heap,
                pretouch_heap=pretouch_heap,
                postgres=postgres,
                postgres_dsn=os.environ.get("GATEWAY_POSTGRES_DSN") or None,
                data_dir=data_dir or DevOptions.data_dir,
                snapshots=snapshots,
            )
        )
    except (JavaUnusable, EngineMissing, PortUnavailable, PostgresUnusable, ValueError) as error:
        raise CannotStart(str(error)) from None
    asyncio.run(run_stack(stack, click.echo))


@main.command()
@click.option("--cluster-name", default="dev", help="Only members and gateways of one name meet.")
@_host()
@_port(5701)
@click.option("--members", type=AddressList(), default=(), help="Members to join; none: it stands alone.")
@click.option("--projector", default="127.0.0.1:50051", help="The projector, where one pipeline takes all events.")
@click.option(
    "--pipeline",
    "pipelines",
    multiple=True,
    metavar="NAME=TYPE,…@HOST:PORT",
    help="A pipeline for these event types, * for the rest, and its projector; once for each. The same on all members.",
)
@_HEAP
@_PRETOUCH_HEAP
@click.option("--completed-ttl-seconds", type=click.IntRange(1), default=3_600, help="How long completions stay.")
@click.option("--max-in-flight", type=click.IntRange(1), default=20_000, help="Pending events at most.")
@click.option(
    "--quorum", type=click.IntRange(1, 100), default=1, help="Members that must see one another; of n members n/2+1."
)
@click.option(
    "--journal-capacity", type=click.IntRange(2, 1_000_000), default=4_096, help="Slots of the journal, per partition."
)
@click.option(
    "--projector-timeout-seconds", type=click.IntRange(1), default=30, help="How long it may take for a batch."
)
@postgres_dsn()
@snapshot_options
@click.option(
    "--recent-events", type=click.IntRange(1), default=100_000, help="With PostgreSQL: how many stay in memory."
)
@click.option(
    "--recent-seconds",
    type=click.IntRange(0),
    default=0,
    help="With PostgreSQL: how long they stay there at most; 0: as long as they are not too many.",
)
@click.option(
    "--retry-attempts", type=click.IntRange(1, 30), default=6, help="Tries of an event that a view can't take yet."
)
@click.option(
    "--retry-backoff-ms", type=click.IntRange(1, 60_000), default=100, help="The pause between them; it doubles."
)
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A Hazelcast YAML.")
def member(**options: Any) -> None:
    """Run a Hazelcast member with the engine. This process becomes the JVM."""
    from hazelgate.operations.java import JavaUnusable, find_java
    from hazelgate.operations.member import EngineMissing, MemberOptions, engine_jar, member_command, member_environ

    try:
        wanted = MemberOptions(**options)
        command = member_command(find_java(), engine_jar(), wanted)
    except (JavaUnusable, EngineMissing, ValueError) as error:
        raise CannotStart(str(error)) from None
    os.execve(command[0], command, {**os.environ, **member_environ(wanted)})


@main.command()
@_host()
@_port(50_051)
@_DOMAIN
@click.option(
    "--handler-timeout-seconds",
    type=click.FloatRange(0.1),
    default=5.0,
    help="How long one guard or projection may take.",
)
@click.option(
    "--max-value-bytes", type=click.IntRange(1_024), default=16_777_216, help="How large an event or entry may be."
)
@click.option(
    "--max-memory-mib", type=click.IntRange(0), default=2_048, help="Memory of the worker at most; 0: no bound."
)
def projector(
    host: str, port: int, domain: str, handler_timeout_seconds: float, max_value_bytes: int, max_memory_mib: int
) -> None:
    """
    Run a projector: the domain's guards and projections, called by a member.

    They run in a worker process, which is started again when a handler hangs or takes it along.
    """
    from hazelgate.projector.serving.supervisor import Supervisor, worker_command

    arguments = [
        f"--host={host}",
        f"--domain={domain}",
        f"--handler-timeout-seconds={handler_timeout_seconds}",
        f"--max-value-bytes={max_value_bytes}",
        f"--max-memory-mib={max_memory_mib}",
        f"--path={os.getcwd()}",
    ]
    sys.exit(Supervisor(worker_command(arguments), port=port, limit_seconds=handler_timeout_seconds).run())


@main.command()
@click.option("--host", help="The address to bind to.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65_535), help="Where to listen.  [default: 8000]")
@click.option("--cluster-name", help="The cluster to connect to.  [default: dev]")
@click.option(
    "--members", "cluster_members", type=AddressList(), help="Some of its members.  [default: 127.0.0.1:5701]"
)
@click.option("--domain", help="Import path of the events, guards and projections.  [default: domain]")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="[default: info]")
def serve(**given: Any) -> None:
    """
    Run a gateway: GraphQL over HTTP and websockets.

    What is not given here comes from GATEWAY_… environment variables (GATEWAY_PORT), and then from the defaults.
    """
    from pydantic import ValidationError

    from hazelgate.gateway.settings import Settings
    from hazelgate.operations.ports import PortUnavailable, check_free

    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
        check_free(settings.port, settings.host)
    except ValidationError as error:
        problem = error.errors()[0]
        raise CannotStart(f"setting {'.'.join(map(str, problem['loc']))}: {problem['msg']}") from None
    except PortUnavailable as error:
        raise CannotStart(str(error)) from None
    from hazelgate.gateway.server import run

    _let_the_current_folder_be_found()
    run(settings)


main.add_command(migrate)
main.add_command(export)
main.add_command(import_)


@main.command()
@click.option("--url", default="http://127.0.0.1:8000/graphql", help="The gateway's GraphQL address.")
@click.option("--orders-per-second", type=click.FloatRange(0.01, 100), default=1.5, help="The trickle, on average.")
@click.option("--seed", type=int, default=2026, help="The same seed makes the same customers, products and choices.")
def demo(url: str, orders_per_second: float, seed: int) -> None:
    """Fill a gateway with demo data, and keep orders trickling in until it is ended."""
    from hazelgate.operations.demo.running import run

    asyncio.run(run(url, orders_per_second=orders_per_second, seed=seed))


main.add_command(events)
main.add_command(pipeline)

main.add_command(rebuild_commands.rebuild)
main.add_command(rebuild_commands.diff)
main.add_command(show)
main.add_command(snapshot)

main.add_command(dead_letters)


if __name__ == "__main__":
    main()
