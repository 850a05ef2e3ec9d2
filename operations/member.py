"""How a Hazelcast member with the engine is started: the JVM's command line."""

import json
import re
import sys
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from hazelgate.operations.java import Java
from hazelgate.operations.postgres.options import PostgresOptions
from hazelgate.sourcing.settings import LogOptions, Named, Options, Port, environment_name, require_addresses

ENGINE_JAR = Path(__file__).parent / "_bundled" / "engine.jar"

# Hazelcast reaches into these packages for its memory and garbage collection figures; without them it only guesses.
_MODULES = (
    "--add-modules=java.se",
    "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.management/sun.management=ALL-UNNAMED",
    "--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED",
)
# From that version on. Newer Javas warn at every start of what Hazelcast and gRPC do on purpose; and a store of small
# objects is smaller, and sooner looked through, where each has four bytes less in front.
_OF_NEWER = (
    (22, "--enable-native-access=ALL-UNNAMED"),
    (24, "--sun-misc-unsafe-memory-access=allow"),
    (25, "-XX:+UseCompactObjectHeaders"),
)
# With one core left for the common pool, a CompletableFuture starts a thread for each of its tasks.
_COMMON_POOL = "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2"
# An entry that changes points from old memory to new. The collector looks such places through when it collects:
# threads that do so in between cost twice as much (17 µs an event in place of 8, with 400,000 entries).
_COLLECTOR = "-XX:G1RSetUpdatingPauseTimePercent=50"
# Hazelcast holds a configuration against a schema, a third of the time until it starts. A user's own is looked at.
_OURS_IS_VALID = "-Dhazelcast.config.schema.validation.enabled=false"
_LEVELS = {"debug": "FINE", "info": "INFO", "warning": "WARNING", "error": "SEVERE"}
"""As java.util.logging calls them."""
# Half a member is worse than none: the others take over what it had.
_WHOLE_OR_NOT_AT_ALL = "-XX:+ExitOnOutOfMemoryError"


def _heap(size: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]*[kmgKMG]", size):
        raise ValueError(f"heap {size!r} is not a size like 512m or 4g")
    return size


Heap = Annotated[str, AfterValidator(_heap)]
"""An upper bound, as `-Xmx` takes it."""


class EngineMissing(Exception):
    """The engine's jar is not built; the message says how to build it."""


class SnapshotOptions(Options):
    """Where snapshots of views are kept, and when they are taken."""

    location: Annotated[str, Named("snapshots", metavar="LOCATION")]
    """Where snapshots of views are kept: a folder, or s3://bucket/path. Better given by the environment."""
    every_seconds: Annotated[int, Named("snapshot_every")] = 0
    """How often one is taken, where anything has happened, like 6h.  [default: by hand only]"""
    keep: Annotated[int, Field(ge=1), Named("snapshots_keep")] = 5
    """How many are kept."""
    max_age_seconds: Annotated[int, Named("snapshots_max_age")] = 0
    """How old those may get, but for the newest, like 7d.  [default: as old as they like]"""
    other_code: Annotated[bool, Named("snapshots_of_other_code")] = False
    """Start from one even where projections have changed."""


class MemberOptions(LogOptions, PostgresOptions):
    """What a member is told. It binds to loopback unless told otherwise."""

    cluster_name: str = "dev"
    """The name of the cluster; only members and gateways of one name meet."""
    host: Annotated[str, Named("member_host", "--host")] = "127.0.0.1"
    """The address to bind to. Keep it on a private network."""
    port: Annotated[Port, Named("member_port", "--port")] = 5701
    """The port to bind to; 0 finds a free one."""
    members: Annotated[tuple[str, ...], Named(metavar="HOST:PORT[,…]")] = ()
    """Members to join, itself among them or not, parted by commas; none: it stands alone."""
    projector: Annotated[str, Named(metavar="HOST:PORT")] = "127.0.0.1:50051"
    """The projector, where one pipeline takes all events."""
    pipelines: Annotated[
        tuple[str, ...], Named(option="--pipeline", metavar="NAME=TYPE,…@HOST:PORT", repeated=True)
    ] = ()
    """A pipeline for these event types, * for the rest, and its projector; once for each. The same on all members."""
    heap: Heap = "1g"
    """Upper bound of the member's heap, like 512m or 4g."""
    pretouch_heap: bool = False
    """Take all of the heap at the start, and not while events come."""
    completed_ttl_seconds: Annotated[int, Field(ge=1)] = 3_600
    """How long completions stay."""
    max_in_flight: Annotated[int, Field(ge=1)] = 20_000
    """Pending events at most."""
    quorum: Annotated[int, Field(ge=1, le=100)] = 1
    """Members that must see one another before anything is read or written; of n members n/2+1."""
    journal_capacity: Annotated[int, Field(ge=2, le=1_000_000)] = 4_096
    """Slots of the journal, per partition; what is in flight is bounded to half of them."""
    projector_timeout_seconds: Annotated[int, Field(ge=1)] = 30
    """How long the projector may take for a batch, before it is asked again."""
    recent_events: Annotated[int, Field(ge=1)] = 100_000
    """With PostgreSQL: how many events stay in the memory of all members together."""
    recent_seconds: Annotated[int, Field(ge=0)] = 0
    """With PostgreSQL: how long they stay there at most; 0: as long as they are not too many."""
    retry_attempts: Annotated[int, Field(ge=1, le=30)] = 6
    """Tries of an event that a view can't take yet."""
    retry_backoff_ms: Annotated[int, Field(ge=1, le=60_000)] = 100
    """The pause between them; it doubles."""
    snapshots: SnapshotOptions | None = None
    config: Annotated[Path | None, Named("member_config", "--config")] = None
    """A Hazelcast configuration (YAML) in place of the built-in one."""
    clock_offset_ms: int = 0
    """How far the member's clock is wrong. For tests of just that: it has no option."""

    @field_validator("members")
    @classmethod
    def _are_addresses(cls, members: tuple[str, ...]) -> tuple[str, ...]:
        return require_addresses(members)


def engine_jar(jar: Path = ENGINE_JAR) -> Path:
    """
    Where the engine's jar is.

    Raises:
        EngineMissing: A checkout that has not built it. A wheel always holds it.
    """
    if not jar.is_file():
        raise EngineMissing("the engine is not built: run `make engine` (it needs a JDK and Maven)")
    return jar


def member_command(java: Java, jar: Path, options: MemberOptions) -> list[str]:
    """The command line that starts one member."""
    properties = {
        "cluster-name": options.cluster_name,
        "host": options.host,
        "port": options.port,
        "projector": options.projector,
        "completed-ttl-seconds": options.completed_ttl_seconds,
        "max-in-flight": options.max_in_flight,
        "quorum": options.quorum,
        "journal-capacity": options.journal_capacity,
        "projector-timeout-seconds": options.projector_timeout_seconds,
        "retry-attempts": options.retry_attempts,
        "retry-backoff-ms": options.retry_backoff_ms,
    }
    if options.pipelines:
        properties["pipelines"] = ";".join(options.pipelines)
    if options.postgres_dsn is not None:
        properties["recent-events"] = options.recent_events
        properties["recent-seconds"] = options.recent_seconds
    if options.snapshots is not None:
        properties["snapshot-every-seconds"] = options.snapshots.every_seconds
        properties["snapshots-keep"] = options.snapshots.keep
        properties["snapshots-max-age-seconds"] = options.snapshots.max_age_seconds
        properties["snapshots-of-other-code"] = str(options.snapshots.other_code).lower()
    if options.log_level != "info":
        properties["log-level"] = _LEVELS[options.log_level]
    if options.log_form != "console":
        properties["log-form"] = options.log_form
    if options.members:
        properties["members"] = ",".join(options.members)
    if options.config is not None:
        properties["config"] = options.config
    return [
        str(java.executable),
        f"-Xmx{options.heap}",
        *((f"-Xms{options.heap}", "-XX:+AlwaysPreTouch") if options.pretouch_heap else ()),
        *_MODULES,
        *(flag for since, flag in _OF_NEWER if java.version >= since),
        _COMMON_POOL,
        _COLLECTOR,
        _WHOLE_OR_NOT_AT_ALL,
        *((_OURS_IS_VALID,) if options.config is None else ()),
        *((f"-Dhazelcast.clock.offset={options.clock_offset_ms}",) if options.clock_offset_ms else ()),
        *(f"-Dhazelgate.{name}={value}" for name, value in properties.items()),
        "-jar",
        str(jar),
    ]


def member_environ(options: MemberOptions) -> dict[str, str]:
    """What the member is told by its environment."""
    environ = {}
    if options.postgres_dsn is not None:
        environ[environment_name(PostgresOptions, "postgres_dsn")] = options.postgres_dsn
    if options.snapshots is not None:
        environ[environment_name(SnapshotOptions, "location")] = options.snapshots.location
        environ["HAZELGATE_SNAPSHOT_COMMAND"] = json.dumps(
            [sys.executable, "-P", "-m", "hazelgate.operations.snapshot_store"]
        )
        environ[environment_name(LogOptions, "log_level")] = options.log_level
        environ[environment_name(LogOptions, "log_form")] = options.log_form
    return environ
