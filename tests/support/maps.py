"""What a test writes into a map by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

Put = Callable[[str, str, dict[str, object]], Awaitable[None]]
"""Writes an entry: map, key, value."""
