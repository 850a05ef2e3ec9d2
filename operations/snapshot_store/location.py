"""A location as operators write it (`/var/snapshots`, `s3://bucket/shop`), opened."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obstore.store import ObjectStore

SCHEMES = ("s3", "gs", "az", "file")


class LocationUnusable(Exception):
    """Nothing can be kept in, or read from, a location; the message says why and how to mend it."""


def absolute(location: str) -> str:
    """The same location for a process that runs in another folder."""
    return location if "://" in location else os.path.abspath(location)


def open_location(location: str, *, make: bool = False) -> ObjectStore:
    """
    Open it; nothing is asked of the storage yet. Credentials come from the environment (`AWS_ACCESS_KEY_ID`, …).

    Args:
        location: A folder, or `s3://`, `gs://` or `az://` with a bucket and a path.
        make: Whether a folder that is missing is made.

    Raises:
        LocationUnusable: It is none, or the extra is not installed.
    """
    try:
        from obstore.exceptions import BaseError
        from obstore.store import LocalStore, from_url
    except ImportError:
        raise LocationUnusable("what keeps snapshots is missing: `pip install 'hazelgate[snapshots]'`") from None
    scheme = location.partition("://")[0] if "://" in location else ""
    if scheme and scheme not in SCHEMES:
        raise LocationUnusable(f"{location!r} is neither a folder nor {', '.join(f'{each}://…' for each in SCHEMES)}")
    try:
        if scheme and scheme != "file":
            return from_url(location)
        folder = Path(location.removeprefix("file://"))
        if not make and not folder.is_dir():
            raise LocationUnusable(f"there is no folder {folder} here: run this where the members keep their snapshots")
        return LocalStore(folder, mkdir=make, automatic_cleanup=True)
    except (BaseError, ValueError, OSError) as error:
        raise LocationUnusable(f"{location} can't be opened: {one_line(error)}") from None


def one_line(error: BaseException) -> str:
    """What a storage's error says, without the tree of causes that follows."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
