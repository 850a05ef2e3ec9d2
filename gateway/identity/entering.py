"""What executes the operations of a caller, by the request or the socket that it comes with."""

from __future__ import annotations

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
from hazelgate.gateway.terms import ENDLESS, Term


class OpenEntering:
    """Without identities, everybody may do everything."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution

    def of_request(self, _: Scope) -> tuple[Execution, Term]:
        """The one execution, without an end."""
        return self._execution, ENDLESS

    async def of_socket(self, _: Scope, __: Mapping[str, Any] | None) -> tuple[Execution, Term]:
        """The one execution, without an end."""
        return self._execution, ENDLESS


class Entering:
    """With identities, a caller gets what its rights allow. The gate has put it into the scope."""

    def __init__(self, callers: Callers, executions: Executions, refusals: Refusals) -> None:
        self._callers = callers
        self._executions = executions
        self._refusals = refusals

    def of_request(self, scope: Scope) -> tuple[Execution, Term]:
        """
        What executes the operations of a request, and for how long.

        Raises:
            Unauthenticated: Its caller has shown no credentials, and needs some.
        """
        return self._entered(scope[CALLER])

    async def of_socket(self, scope: Scope, payload: Mapping[str, Any] | None) -> tuple[Execution, Term]:
        """
        What executes the operations of a socket, and for how long.

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
        scope[CALLER] = found
        return self._entered(found)

    def _entered(self, caller: Caller) -> tuple[Execution, Term]:
        return self._executions.of(caller.rights), caller.term
