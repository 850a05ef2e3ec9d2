"""What a process writes to its log, in both forms."""

import json
import logging
import re
import sys
from collections.abc import Iterator

import pytest

from hazelgate.sourcing import logs

log = logging.getLogger("hazelgate.some.room")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Logging is the process's: pytest's own handlers come back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_info_of_our_own_loggers_appears_on_stderr_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    log.debug("not this")
    log.info("ready after %d s", 3)
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO hazelgate.some.room: ready after 3 s\n", err), err


def test_a_record_s_fields_are_shown_as_key_and_value(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    log.info("failed", extra={"request_id": "7f3a", "path": "a b", "status": 500})
    assert capsys.readouterr().err.endswith(': failed request_id=7f3a path="a b" status=500\n')


def test_a_field_can_not_begin_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    log.info("failed", extra={"path": "a\n2026-01-01T00:00:00.000Z ERROR forged: x"})
    assert capsys.readouterr().err.count("\n") == 1


def test_json_has_the_fields_as_members(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    log.warning("größer als %s", "x", extra={"request_id": "7f3a", "status": 500, "tags": ["a"]})
    line = json.loads(capsys.readouterr().err)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("timestamp"))
    assert line == {
        "level": "WARNING",
        "logger": "hazelgate.some.room",
        "message": "größer als x",
        "request_id": "7f3a",
        "status": 500,
        "tags": ["a"],
    }


def test_a_traceback_is_a_member_of_the_same_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    try:
        raise ValueError("broken")
    except ValueError:
        log.exception("internal error")
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert json.loads(err)["exc_info"].endswith("ValueError: broken")


def test_a_traceback_follows_the_line_on_the_console(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    try:
        raise ValueError("broken")
    except ValueError:
        log.exception("internal error", extra={"request_id": "7f3a"})
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith("ERROR hazelgate.some.room: internal error request_id=7f3a")
    assert (lines[1], lines[-1]) == ("Traceback (most recent call last):", "ValueError: broken")


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_what_is_below_the_level_is_left_out(
    level: logs.LogLevel, heard: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure(level)
    for name in ("debug", "info", "warning", "error"):
        log.log(logging.getLevelNamesMapping()[name.upper()], name)
    assert [line.rsplit(" ", 1)[1] for line in capsys.readouterr().err.splitlines()] == heard


@pytest.mark.parametrize("name", ["uvicorn", "uvicorn.error", "uvicorn.access"])
def test_uvicorn_writes_through_the_same_handler(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    logging.getLogger(name).info("started", extra={"color_message": "\x1b[1mstarted"})
    line = json.loads(capsys.readouterr().err)
    assert (line["logger"], line["message"], "color_message" in line) == (name, "started", False)


@pytest.mark.parametrize("name", ["hazelcast.connection", "httpx", "alembic.runtime.migration"])
def test_a_library_that_tells_of_each_step_is_heard_only_with_debug(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("info")
    logging.getLogger(name).info("a step")
    assert capsys.readouterr().err == ""
    logs.configure("debug")
    logging.getLogger(name).info("a step")
    assert "a step" in capsys.readouterr().err
    logs.configure("info")


def test_a_record_goes_to_what_stderr_is_then(capsys: pytest.CaptureFixture[str]) -> None:
    """A command that is run in a test has an stderr of its own, which is gone afterwards."""
    kept = sys.stderr
    sys.stderr = None
    try:
        logs.configure()
    finally:
        sys.stderr = kept
    log.info("here")
    assert capsys.readouterr().err.endswith("here\n")
