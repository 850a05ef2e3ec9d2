"""What executes the operations of a caller, by the request or the socket that it comes with."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from starlette.types import Scope

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

    def of_request(self, _: Scope) -> Execution:
        """The one execution."""
        return self._execution

    async def of_socket(self, _: Scope, __: Mapping[str, Any] | None) -> tuple[Execution, float | None]:
        """The one execution, without an end."""
        return self._execution, None


class Entering:
    """With identities, a caller gets what its rights allow. The gate has put it into the scope."""

    def __init__(self, callers: Callers, executions: Executions, refusals: Refusals) -> None:
        self._callers = callers
        self._executions = executions
        self._refusals = refusals

    def of_request(self, scope: Scope) -> Execution:
        """
        What executes the operations of a request.

        Raises:
            Unauthenticated: Its caller has shown no credentials, and needs some.
        """
        found: Caller = scope[CALLER]
        return self._executions.of(found.rights)

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
            address = scope["client"][0] if scope.get("client") else None
            self._refusals.add(Reason.IDENTITY, str(refused), address)
            raise
        if isinstance(found, CallerRefused):
            raise found
        seconds = None if found.expires_at is None else max(found.expires_at - time.time(), 0.0)
        return self._executions.of(found.rights), seconds
