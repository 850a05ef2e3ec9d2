"""The engine as tests run it: a copy that no build takes away, with an archive of its classes, which starts sooner."""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from hazelgate.operations.java import Java
from hazelgate.operations.member import MemberOptions, member_command
from tests.support.ports import free_port
from tests.support.until import blocking_until

ROOT = Path(__file__).parents[2]
BUILT_JAR = ROOT / "engine" / "target" / "engine.jar"
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
    archive = folder / "classes.jsa"
    return Engine(folder / "engine.jar", (f"-XX:SharedArchiveFile={archive}",) if archive.is_file() else ())


def _forget_old_ones(folder: Path) -> None:
    for each in folder.glob("*"):
        if time.time() - each.stat().st_mtime > KEEP_SECONDS:
            shutil.rmtree(each, ignore_errors=True)


def _prepare(folder: Path, java: Java) -> None:
    """Copy the jar, and have one member write down which classes it loads. A JVM without that archive runs, too."""
    folder.mkdir(parents=True, exist_ok=True)
    jar = folder / "engine.jar"
    shutil.copyfile(BUILT_JAR, folder / "engine.jar.part")
    (folder / "engine.jar.part").rename(jar)
    nowhere = f"127.0.0.1:{free_port()}"
    options = MemberOptions(cluster_name="classes", port=free_port(), projector=nowhere, heap="512m")
    command = member_command(java, jar, options)
    command.insert(1, f"-XX:ArchiveClassesAtExit={folder / 'classes.jsa'}")
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

        def is_up() -> bool:
            output.seek(0)
            return process.poll() is not None or b"member listens on" in output.read()

        blocking_until(is_up)
        process.send_signal(signal.SIGTERM)
        process.wait()
