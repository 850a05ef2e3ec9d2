"""`python -m tests.chaos [FAULT…] [--seed N] [--short]`: each fault on a cluster of its own, and a table of them."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.chaos.checking import Broken, Violation
from tests.chaos.faults import FAULTS, Fault
from tests.chaos.scene import Result
from tests.chaos.sizes import LONG, SHORT, Size
from tests.chaos.table import headline, is_good, line

FAULT_SECONDS = 900.0
SHOWN_VIOLATIONS = 10


async def run(fault: Fault, size: Size, *, seed: int, folder: Path) -> Result:
    """One fault on three members of its own; what goes wrong on the way is a violation as well."""
    result = Result()
    nodes = fault.nodes(folder)
    try:
        await asyncio.to_thread(nodes.start)
        async with asyncio.timeout(FAULT_SECONDS):
            await fault.run(nodes, size, result, seed=seed, logs=folder)
    except Exception as error:  # whatever it is, the table has to say so, and the next fault to happen
        traceback.print_exc()
        result.violations.append(Violation(Broken.UNFINISHED, f"{type(error).__name__}: {error}"))
    finally:
        await asyncio.to_thread(nodes.stop)
    return result


def main() -> int:
    """Returns 1 where a fault did any harm."""
    parser = argparse.ArgumentParser(prog="make chaos", description="Breaks a cluster under load, and checks the log.")
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=", ".join(fault.name for fault in FAULTS))
    parser.add_argument("--seed", type=int, default=2026, help="decides what is submitted (%(default)s)")
    parser.add_argument("--short", action="store_true", help="a little of each, in a few minutes")
    options = parser.parse_args()
    unknown = set(options.faults) - {fault.name for fault in FAULTS}
    if unknown:
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    folder = Path(tempfile.mkdtemp(prefix="hazelgate-chaos-"))
    logging.basicConfig(filename=folder / "client.log", level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    print(f"logs are in {folder}; seed {options.seed}\n", flush=True)
    print(headline(), flush=True)
    good = True
    for fault in FAULTS:
        if options.faults and fault.name not in options.faults:
            continue
        reason = fault.why_not()
        if reason is not None:
            must_run = os.environ.get("CI", "").lower() == "true"
            print(f"{fault.name:<18}not run: {reason}{'  BAD' if must_run else ''}", flush=True)
            good = good and not must_run
            continue
        began = time.monotonic()
        result = asyncio.run(run(fault, SHORT if options.short else LONG, seed=options.seed, folder=folder))
        good = is_good(fault, result) and good
        print(line(fault, result, time.monotonic() - began), flush=True)
        for violation in result.violations[:SHOWN_VIOLATIONS]:
            print(f"    {violation}", flush=True)
        if len(result.violations) > SHOWN_VIOLATIONS:
            print(f"    … and {len(result.violations) - SHOWN_VIOLATIONS} more", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
