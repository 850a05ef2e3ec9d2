"""
Each process calls `configure` once, at its start. Its log goes to stderr, for a person or for a program.

    2026-11-25T17:45:00.123Z ERROR hazelgate.gateway: internal error request_id=7f3a
    {"timestamp":"2026-11-25T17:45:00.123Z","level":"ERROR","logger":"hazelgate.gateway","message":"…","request_id":"7f3a"}

A record's `extra={…}` is its fields. A traceback follows the line on the console, and is the field `exc_info` in JSON.
"""

from __future__ import annotations

import json
import logging
import logging.config
import sys
from datetime import UTC, datetime
from typing import IO, Any, Literal

from pythonjsonlogger.core import RESERVED_ATTRS, merge_record_extra
from pythonjsonlogger.json import JsonFormatter

LogLevel = Literal["debug", "info", "warning", "error"]
LogForm = Literal["console", "json"]

_NO_FIELDS = (*RESERVED_ATTRS, "taskName", "color_message")
"""Attributes that the interpreter and uvicorn give to a record."""
_LEAST_LEVELS = {
    # The client writes a traceback for each attempt to connect; `/ready` says what is away.
    "hazelcast": logging.ERROR,
    # These tell of each socket, request, task and step.
    "uvicorn.error.sockets": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "asyncio": logging.WARNING,
    "alembic": logging.WARNING,
}


def configure(level: LogLevel = "info", form: LogForm = "console") -> None:
    """
    Write the records of all loggers from `level` on to stderr, and nowhere else.

    Libraries that tell of each step are heard from warnings on only; with `debug`, they are heard like all others.
    """
    least = logging.getLevelNamesMapping()[level.upper()]
    quiet = {name: "NOTSET" if level == "debug" else max(least, of_it) for name, of_it in _LEAST_LEVELS.items()}
    through_the_root: dict[str, Any] = {"level": "NOTSET", "handlers": [], "propagate": True}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"console": {"()": ConsoleFormatter}, "json": {"()": _json_formatter}},
            "handlers": {"stderr": {"()": StderrHandler, "formatter": form}},
            "root": {"level": least, "handlers": ["stderr"]},
            "loggers": {
                **{name: {"level": of_it} for name, of_it in quiet.items()},
                **dict.fromkeys(("uvicorn", "uvicorn.error", "uvicorn.access"), through_the_root),
            },
        }
    )


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What the record was given as `extra`."""
    return merge_record_extra(record, {}, _NO_FIELDS)


class ConsoleFormatter(logging.Formatter):
    """A line for a person: when, how bad, who, what, and the fields as `key=value`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """In UTC, to the millisecond."""
        return _instant(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line without a traceback."""
        fields = "".join(f" {name}={_shown(value)}" for name, value in fields_of(record).items())
        return super().formatMessage(record) + fields


class StderrHandler(logging.StreamHandler[IO[str]]):
    """Writes to what `sys.stderr` is when a record comes: it may have been replaced since the process started."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> IO[str]:  # type: ignore[override] # an attribute there
        """Where to write."""
        return sys.stderr


def _json_formatter() -> logging.Formatter:
    return _JsonFormatter(
        ["timestamp", "levelname", "name", "message"],
        rename_fields={"levelname": "level", "name": "logger"},
        reserved_attrs=_NO_FIELDS,
        json_ensure_ascii=False,
    )


class _JsonFormatter(JsonFormatter):
    def format(self, record: logging.LogRecord) -> str:
        record.timestamp = _instant(record)
        return super().format(record)


def _instant(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _shown(value: object) -> str:
    text = str(value)
    return text if text and text.isprintable() and " " not in text else json.dumps(text, ensure_ascii=False)
