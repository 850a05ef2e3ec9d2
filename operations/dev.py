"""The one-command stack: a member, a projector and a gateway on one machine, as a cluster of their own."""

import asyncio
import contextlib
import secrets
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx

from hazelgate.operations.java import find_java
from hazelgate.operations.member import MemberOptions, SnapshotOptions, engine_jar, member_command, member_environ
from hazelgate.operations.ports import LOOPBACK, check_free, free_ports
from hazelgate.operations.postgres.connecting import PostgresUnusable
from hazelgate.operations.postgres.migrating import migrate
from hazelgate.operations.postgres.server import PostgresServer, prepare_server
from hazelgate.operations.services import ChildSpec, ServiceGroup, Write

_ASK_AGAIN_SECONDS = 0.1
_STILL_WAITING_SECONDS = 10.0
_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, kw_only=True)
class DevOptions:
    """What can be asked of the stack."""

    port: int = 8000
    """Where the gateway listens; 0 finds a free port, as is done for everything else."""
    demo_data: bool = True
    """Only the shop, the domain that comes along, has demo data."""
    domain: str = "hazelgate.domain"
    heap: str = "1g"
    pretouch_heap: bool = False
    postgres: bool = False
    """Keep events in PostgreSQL rather than in memory."""
    postgres_dsn: str | None = None
    """A PostgreSQL that is there; None: the stack has a server of its own."""
    data_dir: Path = Path("hazelgate-data")
    """Where the stack's own server keeps its data."""
    snapshots: SnapshotOptions | None = None
    """Where snapshots of views are kept; None: nowhere."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Everything that will run, and where."""

    services: tuple[ChildSpec, ...]
    demo: ChildSpec | None
    """Started once the services are ready."""
    places: tuple[tuple[str, str], ...]
    url: str
    database: PostgresServer | None = None
    """The stack's own PostgreSQL: started, and its tables made, before the services."""


def plan_stack(options: DevOptions) -> Stack:
    """
    Work out what to start, and make sure that it can be started.

    Raises:
        JavaUnusable, EngineMissing, PortUnavailable, PostgresUnusable: It can't; the message says why
            and how to mend it.
    """
    java, jar = find_java(), engine_jar()
    if options.port:
        check_free(options.port)
    found, member_port, projector_port, database_port = free_ports(4)
    port = options.port or found
    cluster = f"dev-{secrets.token_hex(4)}"
    url = f"http://{LOOPBACK}:{port}"
    member, projector = f"{LOOPBACK}:{member_port}", f"{LOOPBACK}:{projector_port}"
    database, dsn, store = _plan_store(options, database_port)
    member_options = MemberOptions(
        cluster_name=cluster,
        port=member_port,
        projector=projector,
        heap=options.heap,
        pretouch_heap=options.pretouch_heap,
        postgres_dsn=dsn,
        snapshots=options.snapshots,
    )
    has_demo = options.demo_data and options.domain == DevOptions.domain
    services = (
        _python("projector", "projector", f"--port={projector_port}", f"--domain={options.domain}", stop_seconds=1.0),
        ChildSpec(
            name="member",
            command=tuple(member_command(java, jar, member_options)),
            environ=member_environ(member_options),
            stop_seconds=4.0,
        ),
        _python(
            "gateway",
            "serve",
            f"--port={port}",
            f"--cluster-name={cluster}",
            f"--members={member}",
            f"--domain={options.domain}",
            stop_seconds=3.0,
        ),
    )
    return Stack(
        services=services,
        demo=_python("demo", "demo", f"--url={url}/graphql", stop_seconds=0.5) if has_demo else None,
        places=(
            ("member", f"{member} (cluster {cluster}, Java {java.version} from {java.origin}, heap {options.heap})"),
            *store,
            *((("snapshots", options.snapshots.location),) if options.snapshots is not None else ()),
            ("projector", f"{projector} (domain {options.domain})"),
            ("commands", f"export HAZELGATE_CLUSTER_NAME={cluster} HAZELGATE_MEMBERS={member}"),
            ("gateway", url),
            ("GraphiQL", f"{url}/graphql"),
        ),
        url=url,
        database=database,
    )


def _plan_store(
    options: DevOptions, port: int
) -> tuple[PostgresServer | None, str | None, tuple[tuple[str, str], ...]]:
    """The stack's own server if it has one, how to connect to PostgreSQL if there is one, and how to say so."""
    if not options.postgres:
        return None, None, ()
    if options.postgres_dsn is not None:
        migrate(options.postgres_dsn)
        return None, options.postgres_dsn, (("store", "PostgreSQL, as GATEWAY_POSTGRES_DSN says"),)
    server = prepare_server(options.data_dir, port)
    return server, server.dsn, (("store", f"{LOOPBACK}:{port} (PostgreSQL, data in {server.folder})"),)


async def run_stack(stack: Stack, write: Write) -> None:
    """Run everything until SIGINT, SIGTERM or SIGHUP; then end everything."""
    told_to_stop = asyncio.Event()

    def say(line: str) -> None:
        """Nobody reads any more when the other end of a pipe is gone: then there is no reason to run on."""
        try:
            write(line)
        except OSError:
            told_to_stop.set()

    loop = asyncio.get_running_loop()
    for number in _ENDING_SIGNALS:
        loop.add_signal_handler(number, told_to_stop.set)
    for name, place in stack.places:
        say(f"{name:<9}   {place}")
    async with ServiceGroup(say) as services:
        becoming_ready = asyncio.create_task(_start(stack, services, say))
        becoming_ready.add_done_callback(lambda task: _stop_if_failed(task, told_to_stop, say))
        await told_to_stop.wait()
        becoming_ready.cancel()
        with contextlib.suppress(asyncio.CancelledError, PostgresUnusable):
            await becoming_ready
        say("stopping")
    say("stopped")
    for number in _ENDING_SIGNALS:
        loop.remove_signal_handler(number)


def _stop_if_failed(task: asyncio.Task[None], told_to_stop: asyncio.Event, say: Write) -> None:
    if not task.cancelled() and task.exception() is not None:
        say(f"the stack can't go on: {task.exception()}")
        told_to_stop.set()


async def _start(stack: Stack, services: ServiceGroup, write: Write) -> None:
    """PostgreSQL first, then everything else, then the demo."""
    if stack.database is not None:
        services.start(ChildSpec(name="postgres", command=stack.database.command, stop_seconds=5.0))
        await asyncio.to_thread(stack.database.wait_until_it_answers)
        await asyncio.to_thread(migrate, stack.database.dsn)
    services.start(*stack.services)
    seconds = await wait_until_ready(f"{stack.url}/ready", write)
    write(f"ready after {seconds:.1f} s: {stack.url}/graphql")
    if stack.demo is not None:
        services.start(stack.demo)


async def wait_until_ready(url: str, write: Write, *, tell_after_seconds: float = _STILL_WAITING_SECONDS) -> float:
    """Ask until the answer is status 200, telling now and then what is missing. Returns how many seconds it took."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    tell_at = started + tell_after_seconds
    async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:
        while True:
            try:
                answer = await client.get(url)
                if answer.status_code == httpx.codes.OK:
                    return loop.time() - started
                missing = answer.json()["problem"]
            except httpx.HTTPError:
                missing = "the gateway does not answer yet"
            if loop.time() >= tell_at:
                write(f"not ready yet: {missing}")
                tell_at += tell_after_seconds
            await asyncio.sleep(_ASK_AGAIN_SECONDS)


def _python(name: str, *arguments: str, stop_seconds: float) -> ChildSpec:
    """One of our own commands, with this same Python; `-P` keeps the current folder from shadowing packages."""
    return ChildSpec(
        name=name,
        command=(sys.executable, "-P", "-m", "hazelgate.operations.cli", *arguments),
        environ={"PYTHONUNBUFFERED": "1"},
        stop_seconds=stop_seconds,
    )
