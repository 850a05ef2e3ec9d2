"""Stored events folded again, for rebuilds and restarts. It imports `projector.core` and `sourcing`."""
