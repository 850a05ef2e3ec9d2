"""
Today's gateway, but members select of so many entries and more: `python -m benchmarks.selecting_gateway 1`.

It takes the same settings from the environment as `hazelgate serve`.
"""

from __future__ import annotations

import sys

from hazelgate.operations.cli import main
from hazelgate.resolvers.plans import members

NEVER = 10**9

if __name__ == "__main__":
    members.FEWEST_ENTRIES = int(sys.argv.pop(1))
    sys.argv[1:] = ["serve", *sys.argv[1:]]
    main()
