"""A bar on a terminal, and nothing without one."""

from __future__ import annotations

import sys

import pytest

from hazelgate.operations.command_line.progress import progress
from tests.unit.operations.command_line.test_tables import Terminal


def stderr_is_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """From here on: pytest puts its own stderr in place between a fixture and its test."""
    made = Terminal()
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    return made


def test_without_a_terminal_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(10) as show:
        show(5)
        show(10, 20)
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_the_bar_ends_at_what_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = stderr_is_a_terminal(monkeypatch)
    with progress(2_000) as show:
        show(1_500)
    assert "1,500 of 2,000 events" in terminal.getvalue()


def test_a_total_that_is_known_later_or_was_too_small_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = stderr_is_a_terminal(monkeypatch)
    with progress(0) as show:
        show(1, 7)
        show(9)
    assert "9 of 9 events" in terminal.getvalue()


def test_where_nobody_knows_the_total_the_events_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = stderr_is_a_terminal(monkeypatch)
    with progress(None) as show:
        show(1_500)
    assert "1,500 events" in terminal.getvalue()


def test_the_cursor_is_back_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = stderr_is_a_terminal(monkeypatch)
    with pytest.raises(ValueError, match="broken"), progress(1):
        raise ValueError("broken")
    assert terminal.getvalue().rfind("\x1b[?25h") > terminal.getvalue().rfind("\x1b[?25l") >= 0
