"""What the load client was told about each of its submissions."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO


class Told(StrEnum):
    """What an answer means to who submitted the event."""

    OK = "ok"
    """It is in, as far as `status` says."""
    FAILED = "failed"
    """It is not in, and never will be unless it is submitted again."""
    UNKNOWN = "unknown"
    """It may be in or not."""


@dataclass(slots=True)
class Answer:
    """One submission of one event, and what was said to it."""

    event_id: str
    meter_id: str
    number: int
    units: int
    district: str
    wait_for: str
    submitted_at: float
    """By the monotonic clock, as all times here."""
    order: int
    """Grows by one with every submission; those of one bulk follow one another."""
    bulk: int
    """The same for all that were submitted in one call."""
    told: Told = Told.UNKNOWN
    status: str = "NONE"
    """ACCEPTED, STORED, SUCCESS or DEAD_LETTERED, or the code of the error."""
    sequence: int | None = None
    answered_at: float = 0.0
    answered_order: int = 0
    """How many submissions had been made when the answer came: which ones came after it."""


class AnswerLog:
    """
    Every answer, in memory and as a line in a file.

    Args:
        path: Where to; for a look afterwards.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.answers: list[Answer] = []
        self._submissions = 0
        self._calls = 0
        self._file: IO[str] | None = None if path is None else path.open("w", encoding="utf-8")

    def next_call(self) -> int:
        """The number of one more call to the gateway."""
        self._calls += 1
        return self._calls

    def submitted(
        self, event_id: str, meter_id: str, number: int, units: int, district: str, *, wait_for: str, bulk: int
    ) -> Answer:
        """To be called just before an event is submitted."""
        self._submissions += 1
        answer = Answer(
            event_id, meter_id, number, units, district, wait_for, time.monotonic(), self._submissions, bulk
        )
        self.answers.append(answer)
        return answer

    def answered(self, answer: Answer, told: Told, status: str, sequence: int | None = None) -> None:
        """To be called when an answer has come, or the wait is over."""
        answer.told, answer.status, answer.sequence = told, status, sequence
        answer.answered_at, answer.answered_order = time.monotonic(), self._submissions
        if self._file is not None:
            self._file.write(json.dumps(asdict(answer)) + "\n")

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()

    @property
    def acknowledged(self) -> int:
        """How many different events were said to be in."""
        return len({answer.event_id for answer in self.answers if answer.told is Told.OK})

    @property
    def sent(self) -> int:
        """How many different events were submitted."""
        return len({answer.event_id for answer in self.answers})
