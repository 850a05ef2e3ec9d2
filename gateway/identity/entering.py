"""What executes the operations of a caller, by the request or the socket that it comes with."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from starlette.types import Scope

from hazelgate.api.context import RIGHTS
from hazelgate.gateway.door.forwarding import address_in
from hazelgate.gateway.door.refusals import Reason, Refusals
from hazelgate.gateway.door.repeated import Admits
from hazelgate.gateway.graphql.execution import Execution
from hazelgate.gateway.graphql.executions import Executions
from hazelgate.gateway.identity.callers import Caller, Callers, Headers, Known
from hazelgate.gateway.identity.gate import CALLER
from hazelgate.gateway.identity.refusing import CallerRefused
from hazelgate.gateway.terms import ENDLESS, Term
from hazelgate.sourcing.errors import Unauthenticated

Entered = tuple[Execution, Term]
"""What executes a caller's operations, and for how long."""
_ENTERED = "hazelgate.entered"
"""In the scope of a request whose head has come before: what was looked up for the head."""


class OpenEntering:
    """Without identities, everybody may do everything."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution

    def of_request(self, _: Scope) -> Entered:
        """The one execution, without an end."""
        return self._execution, ENDLESS

    async def of_socket(self, _: Scope, __: Mapping[str, Any] | None) -> Entered:
        """The one execution, without an end."""
        return self._execution, ENDLESS

    def admitting(self, _: Headers) -> Admits:
        """Everybody is let in."""
        return lambda _: True


class Entering:
    """With identities, a caller gets what its rights allow. The gate has put it into the scope."""

    def __init__(self, callers: Callers, executions: Executions, refusals: Refusals) -> None:
        self._callers = callers
        self._executions = executions
        self._refusals = refusals

    def of_request(self, scope: Scope) -> Entered:
        """
        What executes the operations of a request, and for how long.

        Raises:
            Unauthenticated: Its caller has shown no credentials, and needs some.
        """
        entered: Entered | None = scope.get(_ENTERED)
        return self.enter(scope[CALLER]) if entered is None else entered

    async def of_socket(self, scope: Scope, payload: Mapping[str, Any] | None) -> Entered:
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
        return self.enter(found)

    def admitting(self, headers: Headers) -> Admits:
        """What is asked of each request with a head that comes again: whether its caller is known at once."""
        return _RepeatedCaller(self._callers, self, headers).admits

    def enter(self, caller: Caller) -> Entered:
        """
        What executes the operations of a caller.

        Raises:
            Unauthenticated: It has shown no credentials, and needs some.
        """
        return self._executions.of(caller.rights), caller.term


class _RepeatedCaller:
    """
    The caller of a head that comes again, and what executes its operations.

    Both are looked up once, and again when the check of the credentials counts no more. The connection holds them as
    long as it keeps the head, as a socket does.
    """

    __slots__ = ("_callers", "_entered", "_entering", "_headers", "_known")

    def __init__(self, callers: Callers, entering: Entering, headers: Headers) -> None:
        self._callers = callers
        self._entering = entering
        self._headers = headers
        self._known: Known | None = None
        self._entered: Entered | None = None
        """None: each request is to be told why not."""

    def admits(self, scope: Scope) -> bool:
        """Whether the caller is known now; the scope gets it then."""
        known = self._known
        if known is None or not known.counts:
            known = self._look_up()
            if known is None:
                return False
        caller = known.caller
        scope[CALLER] = caller
        scope[RIGHTS] = caller.rights
        scope[_ENTERED] = self._entered
        return True

    def _look_up(self) -> Known | None:
        known = self._known = self._callers.at_once(self._headers)
        self._entered = None
        if known is not None:
            with suppress(Unauthenticated):
                self._entered = self._entering.enter(known.caller)
        return known
