"""A group of services, with small children in place of a member, a projector and a gateway."""

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from hazelgate.operations.stack.services import BACKOFF, GOOD_RUN_SECONDS, ChildSpec, ServiceGroup, failures_in_a_row
from hazelgate.sourcing.backoff import Backoff
from tests.support.processes import is_alive
from tests.support.until import until

QUICK = Backoff(first_seconds=0.05, longest_seconds=0.2)

SLEEPS = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"
SAYS_BYE = (
    "import os, signal, time; signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b'bye\\n'), os._exit(0)));"
    " print('up', flush=True); time.sleep(600)"
)
HAS_A_CHILD = (
    "import subprocess, sys; grandchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    " print('grandchild', grandchild.pid, flush=True); grandchild.wait()"
)


def python(name: str, source: str, *, stop_seconds: float = 3.0) -> ChildSpec:
    return ChildSpec(name=name, command=(sys.executable, "-I", "-S", "-c", source), stop_seconds=stop_seconds)


async def test_each_line_is_forwarded_with_the_name_of_its_child() -> None:
    """Both of stdout and of stderr, and a last line without a line break."""
    lines: list[str] = []
    source = (
        "import sys, time; print('one'); print('two', file=sys.stderr);"
        " sys.stdout.write('three'); sys.stdout.flush(); time.sleep(600)"
    )
    async with ServiceGroup(lines.append, backoff=QUICK) as services:
        services.start(python("a", source), python("longer", SLEEPS))
        await until(lambda: "longer | up" in lines and any("two" in line for line in lines))
    assert "a      | one" in lines
    assert "a      | two" in lines
    assert "a      | three" in lines


async def test_a_line_that_never_ends_does_not_stop_the_child() -> None:
    """A child is never blocked on output that nobody takes."""
    lines: list[str] = []
    source = "import time; print('x' * 1_000_000, flush=True); print('done', flush=True); time.sleep(600)"
    async with ServiceGroup(lines.append) as services:
        services.start(python("a", source))
        await until(lambda: "a | done" in lines)
    assert sum(line.count("x") for line in lines) == 1_000_000


async def test_a_child_that_dies_is_started_again() -> None:
    """And the reason of its end is told."""
    lines: list[str] = []
    async with ServiceGroup(lines.append, backoff=QUICK) as services:
        services.start(python("a", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"))
        await until(lambda: len(lines) == 1)
        os.kill(int(lines[0].split()[-1]), signal.SIGKILL)
        await until(lambda: len(lines) == 3)
    assert lines[1] == "a | ended by SIGKILL; starting it again in 0.1 s"
    assert lines[0] != lines[2]


async def test_a_child_that_can_not_be_started_is_tried_again() -> None:
    """The cause is told, and the others run on."""
    lines: list[str] = []
    async with ServiceGroup(lines.append, backoff=QUICK) as services:
        services.start(ChildSpec(name="a", command=("/nowhere/to/be/found",)), python("b", SLEEPS))
        await until(lambda: sum("could not be started" in line for line in lines) >= 2 and "b | up" in lines)


def test_the_wait_doubles_up_to_a_bound_and_starts_over_after_a_good_run() -> None:
    """A child that fails at once is not started in a tight loop."""
    assert [failures_in_a_row(before, 0.0) for before in (0, 1, 2)] == [1, 2, 3]
    assert failures_in_a_row(7, GOOD_RUN_SECONDS) == 1
    assert [BACKOFF.pause_seconds(failures) for failures in (1, 2, 3, 9)] == [0.5, 1.0, 2.0, 10.0]


async def test_children_end_in_the_reverse_order_of_their_start() -> None:
    """So that none of them sees what it needs go first."""
    lines: list[str] = []
    async with ServiceGroup(lines.append) as services:
        services.start(python("a", SAYS_BYE), python("b", SAYS_BYE))
        services.start(python("c", SAYS_BYE))
        await until(lambda: len(lines) == 3)
    assert lines[3:] == ["c | bye", "b | bye", "a | bye"]


async def test_a_child_that_will_not_end_is_killed_when_its_time_is_up() -> None:
    """Ending the stack is bounded in time."""
    lines: list[str] = []
    loop = asyncio.get_running_loop()
    async with ServiceGroup(lines.append) as services:
        services.start(python("a", STUBBORN, stop_seconds=0.3))
        await until(lambda: lines == ["a | up"])
        told = loop.time()
    assert loop.time() - told >= 0.3, "it was asked to end first"


async def test_what_a_child_started_ends_with_it() -> None:
    """Nothing is left behind one level deeper either."""
    lines: list[str] = []
    async with ServiceGroup(lines.append) as services:
        services.start(python("a", HAS_A_CHILD))
        await until(lambda: len(lines) == 1)
        grandchild = int(lines[0].split()[-1])
        assert is_alive(grandchild)
    await until(lambda: not is_alive(grandchild))


async def test_a_process_that_is_killed_takes_its_services_along(tmp_path: Path) -> None:
    """Even by SIGKILL, which it can't react to."""
    source = (
        "import asyncio, sys\n"
        "from hazelgate.operations.stack.services import ChildSpec, ServiceGroup\n"
        "async def main():\n"
        "    async with ServiceGroup(lambda line: print(line, flush=True)) as services:\n"
        f"        services.start(ChildSpec(name='a', command=(sys.executable, '-c', {HAS_A_CHILD!r})))\n"
        "        await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    supervisor = await asyncio.create_subprocess_exec(sys.executable, "-c", source, stdout=asyncio.subprocess.PIPE)
    assert supervisor.stdout is not None
    grandchild = int((await supervisor.stdout.readline()).split()[-1])
    supervisor.kill()
    await supervisor.wait()
    await until(lambda: not is_alive(grandchild))


async def test_one_child_ends_before_the_others() -> None:
    """What has been replaced goes; a second time changes nothing."""
    lines: list[str] = []
    async with ServiceGroup(lines.append) as services:
        first, second = services.start(python("a", SAYS_BYE), python("b", SAYS_BYE))
        await until(lambda: len(lines) == 2)
        await services.end(first)
        await services.end(first)
        assert lines[2:] == ["a | bye"]
        assert second.task is not None
        assert not second.task.done()
    assert lines[2:] == ["a | bye", "b | bye"]


async def test_a_new_specification_counts_from_the_next_start_on() -> None:
    lines: list[str] = []
    async with ServiceGroup(lines.append, backoff=QUICK) as services:
        [service] = services.start(python("a", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"))
        await until(lambda: len(lines) == 1)
        service.spec = python("a", "import time; print('new', flush=True); time.sleep(600)")
        os.kill(int(lines[0].split()[-1]), signal.SIGKILL)
        await until(lambda: "a | new" in lines)


async def test_a_child_gets_the_descriptors_that_it_inherits() -> None:
    lines: list[str] = []
    reads, writes = os.pipe()
    try:
        spec = python("a", f"import os, time; os.write({writes}, b'!'); time.sleep(600)")
        async with ServiceGroup(lines.append) as services:
            services.start(replace(spec, inherits=(writes,)))
            assert await asyncio.wait_for(asyncio.to_thread(os.read, reads, 1), 60.0) == b"!"
    finally:
        os.close(reads)
        os.close(writes)


WAITS_FOR_THE_OTHERS = """
import os, pathlib, signal, sys, time
folder = pathlib.Path(sys.argv[1])
def end(*_):
    (folder / str(os.getpid())).touch()
    while len(list(folder.iterdir())) < 3:
        time.sleep(0.01)
    os.write(1, b"bye\\n")
    os._exit(0)
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
time.sleep(600)
"""


async def test_children_of_a_kind_end_together(tmp_path: Path) -> None:
    """Each of these ends only once the others have been told to."""
    lines: list[str] = []
    plain = python("a", WAITS_FOR_THE_OTHERS, stop_seconds=60.0)
    async with ServiceGroup(lines.append) as services:
        services.start(
            *(replace(plain, name=f"a {number}", command=(*plain.command, str(tmp_path))) for number in (1, 2, 3))
        )
        await until(lambda: len(lines) == 3)
    assert sorted(lines[3:]) == ["a 1 | bye", "a 2 | bye", "a 3 | bye"]
