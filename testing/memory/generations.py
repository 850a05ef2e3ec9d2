"""Which map holds a view: several generations of it can lie beside one another, and one of them is live."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

VIEW_GENERATIONS = "view-generations"


class Generation(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """
    Where a view's entries are.

    `incomplete`: the view is younger than the log, and has not been built from it yet. `hazelgate rebuild` does that.
    """

    live: str
    """The map that is read and written. The first generation has the view's own name."""
    previous: str | None = None
    """The map that was live before, kept for a rollback."""
    previous_position: int = 0
    """Up to where `previous` has every event."""
    built_at: str | None = None
    incomplete: bool = False


decode_generation = msgspec.json.Decoder(Generation).decode


def live_map(generations: Mapping[str, bytes], name: str) -> str:
    """The map that holds the entries of a view; for the name of any other map, that name."""
    generation = generations.get(name)
    return name if generation is None else decode_generation(generation).live
