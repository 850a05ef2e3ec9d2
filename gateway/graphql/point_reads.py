"""The read of one entry on its way to an answer: an operation that needs no task while all goes as its plan expects."""

from __future__ import annotations

import logging
from collections.abc import Callable

from hazelgate.gateway.graphql.deadlines import Deadlines
from hazelgate.gateway.parts import RequestContext
from hazelgate.resolvers.plans.roots import Point

_logger = logging.getLogger(__name__)


class PointRead:
    """
    One operation that reads one entry.

    Args:
        context: What it reads with. Whoever executes the operation after it sees the same entry.
        answered: Called once, as soon as `data` is there, or is not to come.
    """

    __slots__ = ("_answered", "_deadlines", "_is_done", "_point", "context", "data", "ends", "is_late")

    def __init__(
        self,
        point: Point,
        context: RequestContext,
        deadlines: Deadlines,
        answered: Callable[[PointRead], None],
    ) -> None:
        self._point = point
        self.context = context
        self._deadlines = deadlines
        self._answered = answered
        self._is_done = False
        self.ends = deadlines.next_end()
        self.data: bytes | None = None
        """The answer's data as JSON; None: the executor is to answer, or it took too long."""
        self.is_late = False
        """Whether it took too long."""

    def begin(self, key: str) -> None:
        """
        Ask for the entry.

        Raises:
            HazelgateError: Nothing was asked.
        """
        self._deadlines.add(self)
        try:
            self.context.reads.tell(self._point.map_name, key, self)
        except Exception:
            self._deadlines.remove(self)
            raise

    def done(self) -> bool:
        """Whether nobody waits for the entry any more."""
        return self._is_done

    def set_result(self, raw: bytes | None) -> None:
        """Take the entry."""
        if self._is_done:
            return
        try:
            self.data = self._point.answer(raw)
        except Exception:
            _logger.debug("graphql-core answers in place of a plan", exc_info=True)
        self._end()

    def set_exception(self, error: Exception) -> None:
        """Take what went wrong. The executor hears of it from the same reads."""
        if not self._is_done:
            _logger.debug("graphql-core answers in place of a plan: %r", error)
            self._end()

    def end(self) -> None:
        """Called by the deadline: its time is up."""
        if not self._is_done:
            self.is_late = True
            self._end()

    def _end(self) -> None:
        self._is_done = True
        self._deadlines.remove(self)
        self._answered(self)
