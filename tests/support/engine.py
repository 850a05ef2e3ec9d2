"""
The engine as tests run it: a copy that no build takes away, with an archive of its classes, which starts sooner.

The commands that tests start run the engine that is bundled. An archive is good for a jar at one path: there are two.
"""

from __future__ import annotations

import asyncio
import fcntl
import functools
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from hazelgate import Catalog
from hazelgate.client.hazelcast.cluster import HazelcastCluster
from hazelgate.operations.java import Java, find_java
from hazelgate.operations.member import ENGINE_JAR, MemberOptions, member_command
from tests.support.accounts import log_of, open_accounts
from tests.support.connected import connected, handling
from tests.support.ledger import ACCOUNTS
from tests.support.ports import free_port
from tests.support.until import blocking_until

ROOT = Path(__file__).parents[2]
BUILT_JAR = ROOT / "engine" / "target" / "engine.jar"
# Members of tests live for seconds, and a dozen at a time: a JVM that compiles less costs half as much, and Jet looks
# for work every 20 ms in place of every 0.2 ms, which is a tenth of a core for each member. Nobody reads the metrics
# that Hazelcast publishes by JMX.
FRUGAL = (
    "-XX:TieredStopAtLevel=1",
    "-Dhazelcast.metrics.enabled=false",
    "-Dhazelcast.jet.idle.cooperative.min.microseconds=1000",
    "-Dhazelcast.jet.idle.cooperative.max.microseconds=20000",
)
ARCHIVE = "classes-at-work.jsa"
BUNDLED = "bundled"
KEEP_SECONDS = 86_400.0
"""Copies of engines that were built earlier go after a day: somebody may still test one."""


@dataclass(frozen=True)
class Engine:
    """A jar that stays as it is, and the flags that a JVM gets with it."""

    jar: Path
    flags: tuple[str, ...]


@functools.cache
def engine(java: Java) -> Engine:
    """The engine as it was built last, whatever number of test runs ask for it; built where it is missing."""
    (ROOT / "engine" / "target").mkdir(exist_ok=True)
    with (ROOT / "engine" / "target" / ".tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not BUILT_JAR.is_file():
            maven = ["mvn", "-B", "-q", "-f", "engine/pom.xml", "package", "-DskipTests"]
            subprocess.run(maven, cwd=ROOT, check=True)
        with BUILT_JAR.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
        folder = BUILT_JAR.parent / "tested" / f"{digest}-java-{java.version}"
        if not (folder / "engine.jar").is_file():
            _forget_old_ones(folder.parent)
            _prepare(folder, java)
        os.utime(folder)
    return Engine(folder / "engine.jar", _flags(folder))


def flags_of_bundled(java: Java) -> tuple[str, ...]:
    """For the JVMs of commands: how a member that runs the bundled engine starts sooner. Others start as they would."""
    return (*_flags(engine(java).jar.parent / BUNDLED), "-Xlog:cds=off", "-Xlog:cds+dynamic=off")


def _flags(folder: Path) -> tuple[str, ...]:
    archive = folder / ARCHIVE
    return (f"-XX:SharedArchiveFile={archive}",) if archive.is_file() else ()


def _forget_old_ones(folder: Path) -> None:
    for each in folder.glob("*"):
        if time.time() - each.stat().st_mtime > KEEP_SECONDS:
            shutil.rmtree(each, ignore_errors=True)


def _prepare(folder: Path, java: Java) -> None:
    """Copy the jar, and write down which classes members load from it, and from the bundled one."""
    (folder / BUNDLED).mkdir(parents=True, exist_ok=True)
    jar = folder / "engine.jar"
    shutil.copyfile(BUILT_JAR, folder / "engine.jar.part")
    (folder / "engine.jar.part").rename(jar)
    jars = {folder: jar, folder / BUNDLED: ENGINE_JAR}
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(_archive, into, of, java) for into, of in jars.items() if of.is_file()]:
            done.result()


def _archive(folder: Path, jar: Path, java: Java) -> None:
    """Have one member at its work write down which classes it loads. A JVM without that archive runs, too."""
    folds_at, port = free_port(), free_port()
    options = MemberOptions(cluster_name="classes", port=port, projector=f"127.0.0.1:{folds_at}", heap="512m")
    command = member_command(java, jar, options)
    command.insert(1, f"-XX:ArchiveClassesAtExit={folder / ARCHIVE}")
    folds = [sys.executable, "-m", "hazelgate.projector", f"--port={folds_at}", "--domain=tests.support.ledger"]
    with tempfile.TemporaryFile() as output:
        projector = subprocess.Popen(folds, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

        def is_up() -> bool:
            output.seek(0)
            return process.poll() is not None or b"member listens on" in output.read()

        try:
            blocking_until(is_up)
            asyncio.run(_work(HazelcastCluster(cluster_name="classes", members=[f"127.0.0.1:{port}"])))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
            projector.kill()
            projector.wait()


async def _work(cluster: HazelcastCluster) -> None:
    """Some of what every test has its member do."""
    async with connected(cluster), handling(Catalog.load("tests.support.ledger"), cluster) as handler:
        await cluster.read(ACCOUNTS, await open_accounts(handler, 50))
        await log_of(cluster)


if __name__ == "__main__":
    flags_of_bundled(find_java())
