"""The leash: what it takes for left behind, and that it ends it."""

import contextlib
import io
import os
import signal
import subprocess
import sys

from hazelgate.operations.stack.leash import end, watch


def test_what_was_started_and_not_ended_is_left_behind() -> None:
    """Children that ended before the supervisor did are not signalled."""
    assert watch(io.StringIO("+11\n+12\n-11\n+13\n")) == {12, 13}


def test_a_group_that_ignores_the_request_to_end_is_killed() -> None:
    """A child can't keep itself alive by ignoring SIGTERM."""
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE, process_group=0) as child:
        assert child.stdout is not None
        child.stdout.readline()
        end({child.pid}, grace_seconds=0.2)
        assert child.wait(timeout=10) == -signal.SIGKILL


def test_a_group_that_is_gone_already_is_no_error() -> None:
    """It may have ended between the supervisor's death and now."""
    with subprocess.Popen([sys.executable, "-c", ""], process_group=0) as child:
        child.wait(timeout=10)
    end({child.pid}, grace_seconds=0.1)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, 0)
        raise AssertionError("the group lives")
