"""Plans the one-command stack: a member, a projector and a gateway on one machine, as a cluster of their own."""

import secrets
import sys
from dataclasses import dataclass

from hazelgate.operations.java import find_java
from hazelgate.operations.member import MemberOptions, engine_jar, member_command, member_environ
from hazelgate.operations.ports import LOOPBACK, check_free, free_ports
from hazelgate.operations.postgres.connecting import require_driver
from hazelgate.operations.postgres.migrating import migrate
from hazelgate.operations.postgres.options import DSN_VARIABLE
from hazelgate.operations.postgres.server import PostgresServer, prepare_server
from hazelgate.operations.stack.options import DevOptions
from hazelgate.operations.stack.services import ChildSpec
from hazelgate.sourcing.settings import ClusterOptions, DomainOptions, environment_name


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
        log_level=options.log_level,
        log_form=options.log_form,
    )
    logged = (f"--log-level={options.log_level}", f"--log-form={options.log_form}")
    has_demo = options.demo_data and options.domain == DomainOptions().domain
    services = (
        _python(
            "projector",
            "projector",
            f"--port={projector_port}",
            f"--domain={options.domain}",
            *logged,
            stop_seconds=1.0,
        ),
        ChildSpec(
            name="member",
            command=tuple(member_command(java, jar, member_options)),
            environ={DSN_VARIABLE: "", **member_environ(member_options)},  # without --postgres no database of another's
            stop_seconds=4.0,
        ),
        _python(
            "gateway",
            "serve",
            f"--port={port}",
            f"--cluster-name={cluster}",
            f"--members={member}",
            f"--domain={options.domain}",
            *logged,
            stop_seconds=3.0,
        ),
    )
    return Stack(
        services=services,
        demo=_python("demo", "demo", f"--url={url}/graphql", *logged, stop_seconds=0.5) if has_demo else None,
        places=(
            ("member", f"{member} (cluster {cluster}, Java {java.version} from {java.origin}, heap {options.heap})"),
            *store,
            *((("snapshots", options.snapshots.location),) if options.snapshots is not None else ()),
            ("projector", f"{projector} (domain {options.domain})"),
            ("commands", _environment(cluster, member)),
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
    require_driver()
    if options.postgres_dsn is not None:
        migrate(options.postgres_dsn)
        return None, options.postgres_dsn, (("store", f"PostgreSQL, as {DSN_VARIABLE} says"),)
    server = prepare_server(options.data_dir, port)
    return server, server.dsn, (("store", f"{LOOPBACK}:{port} (PostgreSQL, data in {server.folder})"),)


def _environment(cluster: str, member: str) -> str:
    """What tells commands of this stack."""
    names = (environment_name(ClusterOptions, field) for field in ("cluster_name", "members"))
    return f"export {' '.join(f'{name}={value}' for name, value in zip(names, (cluster, member), strict=True))}"


def _python(name: str, *arguments: str, stop_seconds: float) -> ChildSpec:
    """One of our own commands, with this same Python; `-P` keeps the current folder from shadowing packages."""
    return ChildSpec(
        name=name,
        command=(sys.executable, "-P", "-m", "hazelgate.operations.cli", *arguments),
        environ={"PYTHONUNBUFFERED": "1"},
        stop_seconds=stop_seconds,
    )
