"""A real PostgreSQL server in a folder of its own, that a test may stop, kill and start again."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hazelgate.operations.postgres.connecting import PostgresUnusable, connect
from hazelgate.operations.postgres.migrating import migrate
from hazelgate.operations.postgres.server import prepare_server
from tests.support.processes import free_port

START_SECONDS = 60.0
SLOW_SECONDS = 25
"""Longer than the engine's sockets wait for an answer."""
MANY = 200
"""A count of fewer rows is as fast as ever: appends count the lanes that they are about."""


class Postgres:
    """A server, with as many databases as are asked for."""

    def __init__(self, folder: Path) -> None:
        self._server = prepare_server(folder, free_port())
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """
        Start it, and return when it answers.

        After a kill it does not start while a helper of the one before still ends; then it is started again.
        """
        deadline = time.monotonic() + START_SECONDS
        while True:
            process = self._process = subprocess.Popen(
                self._server.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                process_group=0,
            )
            while process.poll() is None:
                try:
                    self._server.wait_until_it_answers(1.0)
                    return
                except PostgresUnusable:
                    if time.monotonic() > deadline:
                        raise
            assert time.monotonic() < deadline, f"PostgreSQL ended with {process.returncode} as it started"
            time.sleep(0.2)

    def kill(self) -> None:
        """End it and all its helpers at once, as a machine does that loses its power."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order, cutting off who is connected."""
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """Let it hang: connections stay open, and nothing is answered."""
        self._send_to_all(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._send_to_all(signal.SIGCONT)

    def _send_to_all(self, number: signal.Signals) -> None:
        """To the server and each of its helpers: they are no group."""
        assert self._process is not None
        server = self._process.pid
        helpers = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        for pid in (server, *map(int, helpers)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, how)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(15)

    def new_database(self, *, migrated: bool = True) -> str:
        """An empty database; how to connect to it."""
        name = f"test_{uuid.uuid4().hex}"
        with connect(self._server.dsn, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        dsn = self._server.dsn.rpartition("/")[0] + f"/{name}"
        if migrated:
            migrate(dsn)
        return dsn


def rows(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    """What a query finds."""
    with connect(dsn) as connection:
        return connection.execute(sql.encode()).fetchall()


def count_slowly(dsn: str) -> None:
    """From now on, for new connections, `count(*)` of many rows takes as long as that of a long log on a poor disk."""
    name = dsn.rpartition("/")[2]
    with connect(dsn, autocommit=True) as connection:
        for statement in (
            f"""CREATE FUNCTION counted_slowly(counted bigint) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN
                  IF counted = {MANY} THEN PERFORM pg_sleep({SLOW_SECONDS}); END IF; RETURN counted + 1; END $$""",
            "CREATE AGGREGATE public.count(*) (SFUNC = counted_slowly, STYPE = bigint, INITCOND = '0')",
            f"ALTER DATABASE {name} SET search_path = public, pg_catalog",
        ):
            connection.execute(statement.encode())


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server; nothing of it is left when the block ends. Its folder is where another user than root can get at it."""
    folder = Path(tempfile.mkdtemp(prefix="hazelgate-postgres-"))
    folder.chmod(0o755)
    try:
        try:
            postgres = Postgres(folder)
        except PostgresUnusable as error:
            pytest.skip(str(error))
        try:
            postgres.start()
            yield postgres
        finally:
            postgres.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
