"""What a plan runs with: the request, and the operation's variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from graphql.execution.values import VariableValues

from hazelgate.resolvers.context import Info, ResolverContext
from hazelgate.resolvers.derived.writing import Outcome
from hazelgate.resolvers.requests import RequestReads


class Done(msgspec.Struct, frozen=True, eq=False):
    """A mutation that its plan has answered."""

    value: Any


Begun = dict[str, Outcome | Done]
"""The mutations of an operation whose events are submitted, by the answer's names."""


class Run(msgspec.Struct, frozen=True, eq=False):
    """
    One run of a plan.

    Args:
        variables: As they were coerced, and `whole` in graphql-core's form where an operation needs that.
        begun: Takes the mutations that are begun. The executor goes on from there.
    """

    context: ResolverContext
    variables: Mapping[str, Any]
    whole: VariableValues | None = None
    begun: Begun = {}  # a Struct makes a new one each time

    @property
    def reads(self) -> RequestReads:
        """Where all reads are asked for: the same as the executor's."""
        return self.context.reads

    @property
    def info(self) -> Info:
        """What functions of `resolvers.derived` take; they use the context alone."""
        return cast(Info, self)
