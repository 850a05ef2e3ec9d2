"""What a plan runs with: the request, and the operation's variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from graphql.execution.values import VariableValues

from hazelgate.resolvers.context import Info, ResolverContext
from hazelgate.resolvers.requests import RequestReads


class Run(msgspec.Struct, frozen=True, eq=False):
    """
    One run of a plan.

    Args:
        variables: As they were coerced, and `whole` in graphql-core's form where an operation needs that.
    """

    context: ResolverContext
    variables: Mapping[str, Any]
    whole: VariableValues | None = None

    @property
    def reads(self) -> RequestReads:
        """Where all reads are asked for: the same as the executor's."""
        return self.context.reads

    @property
    def info(self) -> Info:
        """What functions of `resolvers.derived` take; they use the context alone."""
        return cast(Info, self)
