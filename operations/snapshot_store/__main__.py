"""
`python -m hazelgate.operations.snapshot_store write|read|list`: the member's way to where snapshots are kept.

It speaks over stdin and stdout.

The location is in the environment (HAZELGATE_SNAPSHOTS), and so is how it logs. Frames are a length (four bytes, big
endian) and so many bytes: JSON, or the name of a map, a line feed, and entries of it as lines of JSON, which are packed
where a snapshot is read. An empty frame ends a stream, so that one that was cut off is not taken for a whole one. What
goes wrong is one line on stderr and exit status 1; what is wrong with the snapshot, status 3.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import BinaryIO

import msgspec

from hazelgate.client.operators.manifests import Manifest
from hazelgate.operations.snapshot_store.archive import Archive, Chunk, SnapshotDamaged
from hazelgate.operations.snapshot_store.location import LocationUnusable, open_location
from hazelgate.operations.snapshot_store.retention import Retention, prune
from hazelgate.sourcing import logs

FAILED, DAMAGED = 1, 3
_LITTLE_PRIORITY = 10
_PIPE_BYTES = 1 << 20
_END = bytes(4)


class CutOff(Exception):
    """The member went away before it had sent all of the snapshot."""


def frames(stream: BinaryIO) -> Iterator[bytes]:
    """
    The frames of a stream, up to the empty one.

    Raises:
        CutOff: It ended without it.
    """
    while True:
        head = stream.read(4)
        size = int.from_bytes(head) if len(head) == 4 else -1
        if size == 0:
            return
        body = stream.read(size) if size > 0 else b""
        if size < 0 or len(body) < size:
            raise CutOff(str(CutOff.__doc__).strip())
        yield body


def send(stream: BinaryIO, *parts: bytes) -> None:
    """One frame."""
    stream.write(sum(map(len, parts)).to_bytes(4))
    for part in parts:
        stream.write(part)


def write(archive: Archive, snapshot_id: str, retention: Retention, source: BinaryIO, answer: BinaryIO) -> None:
    """Keep what comes as a snapshot, answer its manifest, and let go of older ones."""
    writing = archive.begin(snapshot_id)
    try:
        last = b""
        for frame in frames(source):
            if frame.startswith(b"{"):
                last = frame
            else:
                name, _, lines = frame.partition(b"\n")
                writing.add(Chunk(name.decode(), lines))
        whole = writing.finish(msgspec.json.decode(last, type=Manifest))
    except BaseException:
        writing.give_up()
        raise
    send(answer, msgspec.json.encode(whole))
    answer.flush()
    try:
        prune(archive, retention, spare=snapshot_id)
    except LocationUnusable as error:
        print(f"older snapshots stay: {error}", file=sys.stderr)


def read(archive: Archive, snapshot_id: str, maps: list[str], answer: BinaryIO) -> None:
    """Send a snapshot: its manifest, the parts of some maps as they are kept, the end."""
    try:
        manifest = archive.manifest(snapshot_id)
    except FileNotFoundError:
        raise SnapshotDamaged(f"there is no snapshot {snapshot_id}, or it was never finished") from None
    send(answer, msgspec.json.encode(manifest))
    for chunk in archive.packed(manifest, maps or None):
        send(answer, chunk.map.encode(), b"\n", chunk.lines)
    answer.write(_END)
    answer.flush()


def answer_whoever_waits(archive: Archive, source: BinaryIO, answer: BinaryIO) -> None:
    """
    Serve whoever has started this before knowing what is to be read: lines of JSON, `"list"`, and as the last one the
    id of a snapshot and the maps of it.

    Raises:
        CutOff: Nothing was to be read after all.
    """
    for line in source:
        asked = msgspec.json.decode(line, type=str | list[str])
        if isinstance(asked, list):
            read(archive, asked[0], asked[1:], answer)
            return
        list_all(archive, answer)
    raise CutOff("nothing is to be read")


def list_all(archive: Archive, answer: BinaryIO) -> None:
    """What there is, as one frame."""
    send(answer, msgspec.json.encode(archive.listing()))
    answer.flush()


def widen(pipe: BinaryIO) -> None:
    """Let a megabyte be under way, where the system can: a part comes in one piece then, not in thirty."""
    with contextlib.suppress(OSError):
        if sys.platform == "linux":
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def main() -> int:
    parser = argparse.ArgumentParser(prog="hazelgate.operations.snapshot_store", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    writing = commands.add_parser("write")
    writing.add_argument("id")
    writing.add_argument("--keep", type=int, required=True)
    writing.add_argument("--max-age-seconds", type=int, default=0)
    reading = commands.add_parser("read")
    reading.add_argument("id", nargs="?", help="without it, lines on stdin say what is wanted")
    reading.add_argument("maps", nargs="*")
    commands.add_parser("list")
    arguments = parser.parse_args()
    level = msgspec.convert(os.environ.get("HAZELGATE_LOG_LEVEL") or "info", logs.LogLevel)
    logs.configure(level, msgspec.convert(os.environ.get("HAZELGATE_LOG_FORM") or "console", logs.LogForm))
    location = os.environ["HAZELGATE_SNAPSHOTS"]
    try:
        archive = Archive(open_location(location, make=True), location)
        if arguments.command == "write":
            os.nice(_LITTLE_PRIORITY)
            age = timedelta(seconds=arguments.max_age_seconds) if arguments.max_age_seconds else None
            retention = Retention(arguments.keep, age)
            write(archive, arguments.id, retention, sys.stdin.buffer, sys.stdout.buffer)
        elif arguments.command == "read":
            widen(sys.stdout.buffer)
            if arguments.id:
                read(archive, arguments.id, arguments.maps, sys.stdout.buffer)
            else:
                answer_whoever_waits(archive, sys.stdin.buffer, sys.stdout.buffer)
        else:
            list_all(archive, sys.stdout.buffer)
    except SnapshotDamaged as error:
        print(error, file=sys.stderr)
        return DAMAGED
    except (LocationUnusable, CutOff) as error:
        print(error, file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads any more: nothing more to say
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
