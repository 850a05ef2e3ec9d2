"""
One line in the log for each request that failed and each connection that was lost, with the id that names it.

A failure that the client can mend is told as INFO, a cluster that is away as WARNING, and an error that nobody expected
as ERROR with its traceback.
"""

import logging
import time
from collections.abc import Mapping
from typing import Any

from hazelgate.gateway.graphql.answers import Answer
from hazelgate.sourcing.errors import PipelineUnavailable

logger = logging.getLogger(__name__)

_LONGEST_ID = 128
_NORMAL_CLOSURES = frozenset({1000, 1001, 1005, 1012})
"""Done, going away, closed without a code, and this process ends."""
_NO_CODE = 1005


class RequestLog:
    """
    What the log says of one operation.

    Args:
        ids: The names of the operation in the order in which they are shown: first its request or its connection.
        started: `time.perf_counter()` as the operation came.
    """

    __slots__ = ("_ids", "_started", "_told", "operation")

    def __init__(self, ids: Mapping[str, str], started: float) -> None:
        self._ids = ids
        self._started = started
        self._told: set[tuple[str, ...]] = set()
        self.operation: str | None = None
        """The name that the client gave it, once it is known."""

    def failed(self, answer: Answer, *, status: int | None = None, client_gone: bool = False) -> None:
        """
        Tell of an answer with errors.

        A subscription gives many answers. Those that fail with the same codes as one before are not told again.
        """
        codes = tuple(answer.codes)
        if codes in self._told:
            return
        self._told.add(codes)
        faults = answer.faults
        fields = self._fields() | {"error_codes": list(codes)}
        if status is not None:
            fields["status"] = status
        if client_gone:
            fields["client_gone"] = True
        level = logging.WARNING if PipelineUnavailable.code in codes else logging.INFO
        if faults is not None:
            level = logging.ERROR
            fields["error_id"] = faults.id
        logger.log(
            level,
            "request %s failed: %s",
            self._name,
            ", ".join(codes),
            extra=fields,
            exc_info=None if faults is None else faults.as_one(),
        )

    def client_gone(self) -> None:
        """Tell that nobody was there to take the answer."""
        logger.info("request %s: the client went away before its answer", self._name, extra=self._fields())

    @property
    def _name(self) -> str:
        return "/".join(self._ids.values())

    def _fields(self) -> dict[str, object]:
        return {**self._ids, "operation": self.operation, "duration_ms": _milliseconds_since(self._started)}


class ConnectionLog:
    """What the log says of one websocket."""

    def __init__(self, connection_id: str) -> None:
        self.id = connection_id
        self._started = time.perf_counter()

    def operation(self, operation_id: str) -> RequestLog:
        """The log of an operation on this connection, under the id that the client chose for it."""
        shown = operation_id[:_LONGEST_ID]
        ids = {"connection_id": self.id, "operation_id": shown if shown.isprintable() else ascii(shown)}
        return RequestLog(ids, time.perf_counter())

    def client_gone(self, farewell: Mapping[str, Any], *, operations: int) -> None:
        """
        Tell that the connection was lost, unless the client closed it as it should.

        Args:
            farewell: The server's `websocket.disconnect`. Of a connection that broke uvicorn says 1005 and no reason.
            operations: How many ran on it.
        """
        code, reason = farewell.get("code", _NO_CODE), farewell.get("reason")
        if code not in _NORMAL_CLOSURES or (code == _NO_CODE and reason is None):
            self._tell(logging.INFO, "lost", code, reason or "the client went away without a word", operations)

    def closed(self, code: int, reason: str, *, operations: int) -> None:
        """Tell that this side closed it: the client broke the protocol."""
        self._tell(logging.INFO, "closed", code, reason, operations)

    def broken(self, error: BaseException, *, operations: int) -> None:
        """Tell of an error that nobody expected, and that ended it."""
        self._tell(logging.ERROR, "broken", 1006, "internal error", operations, error)

    def _tell(
        self, level: int, what: str, code: int, reason: str, operations: int, error: BaseException | None = None
    ) -> None:
        fields = {
            "connection_id": self.id,
            "close_code": code,
            "operations": operations,
            "duration_ms": _milliseconds_since(self._started),
        }
        logger.log(level, "websocket %s %s: %d %s", self.id, what, code, reason, extra=fields, exc_info=error)


def _milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1_000, 3)
