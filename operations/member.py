"""How a Hazelcast member with the engine is started: the JVM's command line."""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from hazelgate.operations.java import Java

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
# Half a member is worse than none: the others take over what it had.
_WHOLE_OR_NOT_AT_ALL = "-XX:+ExitOnOutOfMemoryError"


class EngineMissing(Exception):
    """The engine's jar is not built; the message says how to build it."""


@dataclass(frozen=True, kw_only=True)
class SnapshotOptions:
    """Where snapshots of views are kept, and when they are taken."""

    location: str
    """A folder, or `s3://bucket/path` and the like. It goes by the environment: it may hold a secret."""
    every_seconds: int = 0
    """How often one is taken, where anything has happened; 0: by hand only."""
    keep: int = 5
    max_age_seconds: int = 0
    """How old those kept may get, but for the newest; 0: as old as they like."""
    other_code: bool = False
    """Whether a start takes one that other code than today's has made."""


@dataclass(frozen=True, kw_only=True)
class MemberOptions:
    """What a member is told. It binds to loopback unless told otherwise."""

    cluster_name: str = "dev"
    host: str = "127.0.0.1"
    port: int = 5701
    members: tuple[str, ...] = ()
    """`host:port` of members to join, itself among them or not; none: a cluster of its own."""
    projector: str = "127.0.0.1:50051"
    """Of the one pipeline for everything, where no others are named."""
    pipelines: tuple[str, ...] = ()
    """`NAME=Type,Type@host:port` each; the member checks them."""
    heap: str = "1g"
    """The heap's upper bound, as `-Xmx` takes it."""
    pretouch_heap: bool = False
    """Whether all of it is taken from the machine at the start: that takes a while, and no event waits for it later."""
    completed_ttl_seconds: int = 3_600
    max_in_flight: int = 20_000
    quorum: int = 1
    """Members that have to see one another before anything is read or written: n/2+1 of n."""
    journal_capacity: int = 4_096
    """Events and removals that each of the journal's partitions remembers; in flight is bounded to half of it."""
    projector_timeout_seconds: int = 30
    """How long the projector may take for a batch, before it is asked again."""
    postgres_dsn: str | None = None
    """Where events are kept; None: in memory. It goes by the environment, which only the same user can read."""
    recent_events: int = 100_000
    """With PostgreSQL: how many events the members' maps hold together."""
    recent_seconds: int = 0
    """With PostgreSQL: how long an event stays in them; 0: as long as there are not too many."""
    retry_attempts: int = 6
    """How often an event is tried in all that a projection can't take yet."""
    retry_backoff_ms: int = 100
    snapshots: SnapshotOptions | None = None
    config: Path | None = None
    """A Hazelcast configuration (YAML) in place of the built-in one."""
    clock_offset_ms: int = 0
    """How far the member's clock is wrong. For tests of just that."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[1-9][0-9]*[kmgKMG]", self.heap):
            raise ValueError(f"heap {self.heap!r} is not a size like 512m or 4g")


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
        *((f"-Dhazelcast.clock.offset={options.clock_offset_ms}",) if options.clock_offset_ms else ()),
        *(f"-Dhazelgate.{name}={value}" for name, value in properties.items()),
        "-jar",
        str(jar),
    ]


def member_environ(options: MemberOptions) -> dict[str, str]:
    """What the member is told by its environment."""
    environ = {}
    if options.postgres_dsn is not None:
        environ["HAZELGATE_POSTGRES_DSN"] = options.postgres_dsn
    if options.snapshots is not None:
        environ["HAZELGATE_SNAPSHOTS"] = options.snapshots.location
        environ["HAZELGATE_SNAPSHOT_COMMAND"] = json.dumps(
            [sys.executable, "-P", "-m", "hazelgate.operations.snapshots"]
        )
    return environ
