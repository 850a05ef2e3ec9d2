"""Snapshots in a bucket of a server that speaks S3, from the process that a member starts."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from hazelgate.operations.ports import free_ports
from hazelgate.operations.snapshot_store.archive import Archive
from hazelgate.operations.snapshot_store.location import open_location
from hazelgate.operations.snapshot_store.retention import Retention, prune
from tests.unit.operations.snapshot_store.test_archive import ENTRIES, keep, kept, sent

SERVER = Path(__file__).parents[4] / ".venv-s3" / "bin" / "moto_server"
LOCATION = "s3://shop/views"


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    """What the environment says of the server, which has the bucket `shop`."""
    if not SERVER.is_file():
        pytest.skip("the S3 server for tests is not installed: `make .venv-s3/.installed`")
    [port] = free_ports(1)
    process = subprocess.Popen(
        [SERVER, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    endpoint = f"http://127.0.0.1:{port}"
    try:
        make_bucket(f"{endpoint}/shop")
        yield {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }
    finally:
        process.terminate()
        process.wait(10)


def make_bucket(url: str) -> None:
    """As soon as the server answers."""
    deadline = time.monotonic() + 30
    while True:
        with contextlib.suppress(urllib.error.URLError):
            urllib.request.urlopen(urllib.request.Request(url, method="PUT"), timeout=10).close()
            return
        assert time.monotonic() < deadline, "the S3 server does not answer"
        time.sleep(0.1)


def ran(location: str, *words: str, given: bytes = b"", environ: dict[str, str]) -> tuple[int, bytes, str]:
    """Exit status, output, and what it said."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "hazelgate.operations.snapshot_store", *words],
        input=given,
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, **environ, "HAZELGATE_SNAPSHOTS": location},
    )
    return done.returncode, done.stdout, done.stderr.decode()


def test_a_bucket_keeps_them_as_a_folder_does(s3: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    status, _, said = ran(LOCATION, "write", "sn-1", "--keep", "2", given=sent(*ENTRIES).getvalue(), environ=s3)
    assert status == 0, said
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    archive = Archive(open_location(LOCATION), LOCATION)
    assert [tuple(chunk) for chunk in archive.read(archive.verify("sn-1"))] == list(ENTRIES)
    for number in (2, 3):
        keep(archive, f"sn-{number}", position=100 + number)
    prune(archive, Retention(2), spare="sn-3")
    assert kept(archive) == ["sn-3", "sn-2"]
    part = archive.manifest("sn-3").parts[0].name
    archive.put(f"sn-3/{part}", b"something else")
    status, _, said = ran(LOCATION, "read", "sn-3", "a-view", environ=s3)
    assert (status, "snapshot sn-3 is damaged" in said) == (3, True)
    assert len(said.splitlines()) == 1


def test_a_bucket_that_is_not_there_is_said_in_a_line(s3: dict[str, str]) -> None:
    given = sent(*ENTRIES).getvalue()
    status, output, said = ran("s3://nobody/views", "write", "sn-1", "--keep", "2", given=given, environ=s3)
    assert (status, output, len(said.splitlines())) == (1, b"", 1), said
    assert "s3://nobody/views" in said
