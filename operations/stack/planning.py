"""Plans the one-command stack: members, projectors and gateways on one machine, as a cluster of their own."""

import os
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hazelgate.gateway.settings import Settings
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

_ORIGINS = environment_name(Settings, "allowed_origins")


@dataclass(frozen=True, kw_only=True)
class PlannedMember:
    """A member and the projector beside it. `address` is the member's own."""

    address: str
    spec: ChildSpec
    projector: ChildSpec
    options: MemberOptions

    def with_projector(self, address: str) -> ChildSpec:
        """How it is started where its projector is at another address."""
        return member_spec(self.spec.name, self.options.model_copy(update={"projector": address}))


@dataclass(frozen=True, kw_only=True)
class PlannedGateway:
    """A gateway, and where it listens."""

    url: str
    port: int
    spec: ChildSpec

    def inheriting(self, listener: int, pipe: int | None = None) -> ChildSpec:
        """The same that takes its connections from a socket of ours, and writes into a pipe once it does."""
        told = [f"--inherited-listener={listener}", *([] if pipe is None else [f"--inherited-pipe={pipe}"])]
        inherited = (listener,) if pipe is None else (listener, pipe)
        return replace(self.spec, command=(*self.spec.command, *told), inherits=inherited)


@dataclass(frozen=True, kw_only=True)
class Projectors:
    """How projectors of a domain are started, at whatever port."""

    domain: str
    logged: tuple[str, ...]
    reloaded: bool = False

    def at(self, port: int, name: str) -> ChildSpec:
        """One of them."""
        arguments = (f"--port={port}", f"--domain={self.domain}", *self.logged)
        spec = _python(name, "projector", *arguments, stop_seconds=1.0)
        if not self.reloaded:
            return spec
        # Compiled code could look as new as a file that is saved twice within a second.
        return replace(spec, environ={**spec.environ, "PYTHONDONTWRITEBYTECODE": "1"})


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Everything that will run, and where."""

    services: tuple[ChildSpec, ...]
    demo: ChildSpec | None
    """Started once the services are ready."""
    places: tuple[tuple[str, str], ...]
    urls: tuple[str, ...]
    """Of the gateways."""
    cluster_name: str = ""
    members: tuple[PlannedMember, ...] = ()
    gateways: tuple[PlannedGateway, ...] = ()
    api: str | None = None
    """What is told of the module that adds to the API."""
    projectors: Projectors | None = None
    """How others are started in place of those that run."""
    database: PostgresServer | None = None
    """The stack's own PostgreSQL: started, and its tables made, before the services."""

    @property
    def url(self) -> str:
        """Of the first gateway."""
        return self.urls[0]


def plan_stack(options: DevOptions) -> Stack:
    """
    Work out what to start, and make sure that it can be started.

    Raises:
        JavaUnusable, EngineMissing, PortUnavailable, PostgresUnusable: It can't; the message says why
            and how to mend it.
    """
    java = find_java()
    engine_jar()
    ports = _Ports(options)
    cluster = f"dev-{secrets.token_hex(4)}"
    database, dsn, store = _plan_store(options, ports.database)
    logged = (f"--log-level={options.log_level}", f"--log-form={options.log_form}")
    projectors = Projectors(domain=options.domain, logged=logged, reloaded=options.reload)
    names = _names(options.member_count)
    members = tuple(
        _plan_member(options, cluster, ports, dsn, number, projectors.at(ports.projectors[number], f"projector{name}"))
        for number, name in enumerate(names)
    )
    gateways = tuple(
        _plan_gateway(port, f"gateway{name}", cluster, members, options, logged)
        for port, name in zip(ports.gateways, _names(options.gateway_count), strict=True)
    )
    first = members[0].address
    url = gateways[0].url
    has_demo = options.demo_data and options.domain == DomainOptions().domain
    runtime = f"cluster {cluster}, Java {java.version} from {java.origin}, heap {options.heap}"
    return Stack(
        services=(
            *(member.projector for member in members),
            *(member.spec for member in members),
            *(gateway.spec for gateway in gateways),
        ),
        demo=_python("demo", "demo", f"--url={url}/graphql", *logged, stop_seconds=0.5) if has_demo else None,
        places=(
            *((member.spec.name, f"{member.address} ({runtime})") for member in members),
            *store,
            *((("snapshots", options.snapshots.location),) if options.snapshots is not None else ()),
            *((member.projector.name, f"{member.options.projector} (domain {options.domain})") for member in members),
            ("commands", _environment(cluster, first)),
            *((gateway.spec.name, gateway.url) for gateway in gateways),
            ("GraphiQL", f"{url}/graphql"),
        ),
        urls=tuple(gateway.url for gateway in gateways),
        cluster_name=cluster,
        members=members,
        gateways=gateways,
        api=options.api,
        projectors=projectors,
        database=database,
    )


class _Ports:
    """Ports for all that is planned, all different."""

    def __init__(self, options: DevOptions) -> None:
        members, gateways = options.member_count, options.gateway_count
        found = free_ports(2 * members + gateways + 1)
        self.database = found.pop()
        self.members, self.projectors = found[:members], found[members : 2 * members]
        self.gateways = found[2 * members :]
        if options.port:
            self.gateways = [options.port + number for number in range(gateways)]
            for port in self.gateways:
                check_free(port)


def _names(count: int) -> list[str]:
    """What is put behind the names of several; one is just called what it is."""
    return [""] if count == 1 else [f" {number}" for number in range(1, count + 1)]


def _plan_member(
    options: DevOptions, cluster: str, ports: _Ports, dsn: str | None, number: int, projector: ChildSpec
) -> PlannedMember:
    addresses = tuple(f"{LOOPBACK}:{port}" for port in ports.members)
    told = MemberOptions(
        cluster_name=cluster,
        port=ports.members[number],
        members=addresses if len(addresses) > 1 else (),
        projector=f"{LOOPBACK}:{ports.projectors[number]}",
        quorum=len(addresses) // 2 + 1 if len(addresses) > 2 else 1,
        heap=options.heap,
        pretouch_heap=options.pretouch_heap,
        postgres_dsn=dsn,
        snapshots=options.snapshots,
        log_level=options.log_level,
        log_form=options.log_form,
    )
    name = projector.name.replace("projector", "member")
    return PlannedMember(address=addresses[number], spec=member_spec(name, told), projector=projector, options=told)


def member_spec(name: str, options: MemberOptions) -> ChildSpec:
    """How a member is started."""
    return ChildSpec(
        name=name,
        command=tuple(member_command(find_java(), engine_jar(), options)),
        environ={DSN_VARIABLE: "", **member_environ(options)},  # without --postgres no database of another's
        stop_seconds=4.0,
    )


_WITHOUT_RATES = tuple(
    f"--max-{what}=0"
    for what in ("cost-per-second", "bytes-per-second", "connections-per-client", "subscriptions-per-client")
)
"""On one machine everybody is one client."""


def _plan_gateway(
    port: int, name: str, cluster: str, members: Sequence[PlannedMember], options: DevOptions, logged: tuple[str, ...]
) -> PlannedGateway:
    spec = _python(
        name,
        "serve",
        f"--host={LOOPBACK}",
        f"--port={port}",
        f"--cluster-name={cluster}",
        f"--members={','.join(member.address for member in members)}",
        f"--domain={options.domain}",
        *([] if options.api is None else [f"--api={options.api}"]),
        "--drain-seconds=0",  # nobody looks at /ready here
        *([] if _ORIGINS in os.environ else ["--allowed-origins=loopback"]),  # a page that is served beside it
        *_WITHOUT_RATES,
        *(["--federation"] if options.federation else []),
        *(["--incremental-delivery"] if options.incremental_delivery else []),
        *logged,
        stop_seconds=3.0,
    )
    return PlannedGateway(url=f"http://{LOOPBACK}:{port}", port=port, spec=spec)


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
