"""Why graphql-core's executor answers after all."""

from __future__ import annotations


class Unplannable(Exception):
    """A plan can't express this. The message says what it is."""


class Deviation(Exception):
    """What was asked or read is not as the plan expects it: the executor says what is wrong."""
