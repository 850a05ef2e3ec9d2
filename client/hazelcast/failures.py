"""Failures of what is asked of a member: its time is up, or the Hazelcast client has raised an error of its own."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator

from hazelcast.errors import (
    HazelcastClientNotActiveError,
    HazelcastError,
    HazelcastInstanceNotActiveError,
    IllegalStateError,
    IndeterminateOperationStateError,
    MemberLeftError,
    OperationTimeoutError,
    RejectedExecutionError,
    SplitBrainProtectionError,
    TargetDisconnectedError,
    TargetNotMemberError,
)

from hazelgate.sourcing.errors import HazelgateError, PipelineUnavailable

_MAYBE_SENT = "what was sent may be on its way: send it again with the same eventId"
# A member that leaves in order rejects what it can't pass on any more.
_AWAY = (
    HazelcastClientNotActiveError,
    HazelcastInstanceNotActiveError,
    IndeterminateOperationStateError,
    MemberLeftError,
    OperationTimeoutError,
    TargetDisconnectedError,
    TargetNotMemberError,
    OSError,
)


@contextlib.asynccontextmanager
async def deadline(seconds: float) -> AsyncIterator[None]:
    """
    Bound what is asked of the cluster.

    Raises:
        PipelineUnavailable: It took longer.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise PipelineUnavailable(f"no answer within {seconds:g} s; {_MAYBE_SENT}") from None


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """
    Turn what the client raises into what our callers know.

    Raises:
        PipelineUnavailable: A member went away, or is not ready yet.
        HazelgateError: A member answered that it could not do it.
    """
    try:
        yield
    except IllegalStateError as error:
        raise PipelineUnavailable(f"a member is not ready: {_said(error)}") from error
    except SplitBrainProtectionError as error:
        raise PipelineUnavailable(
            "fewer members than the quorum see one another, so nothing is read or written; "
            "try again when /ready is true"
        ) from error
    except RejectedExecutionError as error:
        if "overloaded" not in str(error):
            raise _away(error) from error
        raise PipelineUnavailable(
            f"a member has more to do than it takes on; try again in a moment, with the same eventId ({_said(error)})"
        ) from error
    except _AWAY as error:
        raise _away(error) from error
    except HazelcastError as error:
        raise HazelgateError(f"a member could not do it ({type(error).__name__}): {_said(error)}") from error


def _away(error: Exception) -> PipelineUnavailable:
    kind = type(error).__name__
    return PipelineUnavailable(f"a member went away before it answered ({kind}: {_said(error)}); {_MAYBE_SENT}")


def _said(error: Exception) -> str:
    """A member's own words, without the name of its exception and the stack trace that the client puts behind them."""
    first = str(error).partition("\n")[0].strip()
    return re.sub(r"^Exception from server: [\w.$]+: ", "", first)
