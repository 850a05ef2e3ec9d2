"""What executes the operations of a caller, by the request or the socket that it comes with."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from starlette.types import Scope

from hazelgate.gateway.door.forwarding import address_in
from hazelgate.gateway.door.refusals import Reason, Refusals
from hazelgate.gateway.graphql.execution import Execution
from hazelgate.gateway.graphql.executions import Executions
from hazelgate.gateway.identity.callers import Caller, Callers
from hazelgate.gateway.identity.gate import CALLER
from hazelgate.gateway.identity.refusing import CallerRefused


class OpenEntering:
    """Without identities, everybody may do everything."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution

    def of_request(self, _: Scope) -> tuple[Execution, float | None]:
        """The one execution, without an end."""
        return self._execution, None

    async def of_socket(self, _: Scope, __: Mapping[str, Any] | None) -> tuple[Execution, float | None]:
        """The one execution, without an end."""
        return self._execution, None


class Entering:
    """With identities, a caller gets what its rights allow. The gate has put it into the scope."""

    def __init__(self, callers: Callers, executions: Executions, refusals: Refusals) -> None:
        self._callers = callers
        self._executions = executions
        self._refusals = refusals

    def of_request(self, scope: Scope) -> tuple[Execution, float | None]:
        """
        What executes the operations of a request, and for how many seconds; None: without an end.

        Raises:
            Unauthenticated: Its caller has shown no credentials, and needs some.
        """
        return self._entered(scope[CALLER])

    async def of_socket(self, scope: Scope, payload: Mapping[str, Any] | None) -> tuple[Execution, float | None]:
        """
        What executes the operations of a socket, and for how many seconds; None: without an end.

        Its `connection_init` counts before the headers: a browser can send no headers with a websocket.

        Raises:
            Unauthenticated: Its caller has shown no credentials, or some that do not hold.
        """
        came_with: Caller | CallerRefused = scope[CALLER]
        try:
            found = await self._callers.of_payload(payload) or came_with
        except CallerRefused as refused:
            self._refusals.add(Reason.IDENTITY, str(refused), address_in(scope))
            raise
        if isinstance(found, CallerRefused):
            raise found
        return self._entered(found)

    def _entered(self, caller: Caller) -> tuple[Execution, float | None]:
        seconds = None if caller.expires_at is None else max(caller.expires_at - time.time(), 0.0)
        return self._executions.of(caller.rights), seconds
