"""The process that a member starts to keep a snapshot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.unit.operations.snapshot_store.test_archive import ENTRIES, sent


def test_a_child_whose_member_was_killed_leaves_nothing(tmp_path: Path) -> None:
    location = str(tmp_path / "kept")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "hazelgate.operations.snapshot_store", "write", "sn-1", "--keep", "3"],
        input=sent(*ENTRIES).getvalue()[:-30],
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, "HAZELGATE_SNAPSHOTS": location},
    )
    assert done.returncode == 1
    assert b"The member went away before it had sent all of the snapshot" in done.stderr
    assert list(Path(location).rglob("*.zst")) == []
