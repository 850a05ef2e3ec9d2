"""What runs on this machine, as the system tells it."""

import subprocess
from collections import defaultdict


def descendants(pid: int) -> set[int]:
    """Ids of all processes that were started by that one, or by those that it started."""
    listing = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children = defaultdict(set)
    for line in listing.splitlines():
        child, parent = map(int, line.split())
        children[parent].add(child)
    found: set[int] = set()
    unseen = {pid}
    while unseen:
        grown = set().union(*(children[parent] for parent in unseen)) - found
        found |= grown
        unseen = grown
    return found


def alive(pids: set[int]) -> set[int]:
    """Those that still run; a zombie that nobody has reaped does not."""
    listing = subprocess.run(["ps", "-eo", "pid=,stat="], capture_output=True, text=True, check=True).stdout
    running = {int(line.split()[0]) for line in listing.splitlines() if not line.split()[1].startswith("Z")}
    return pids & running
