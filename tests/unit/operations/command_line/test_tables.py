"""Tables: lines for a program, and no wider than the terminal for a person."""

from __future__ import annotations

import io
import sys

import pytest

from hazelgate.operations.command_line.tables import print_table


class Terminal(io.StringIO):
    """Says that it is one."""

    def isatty(self) -> bool:
        return True


def test_without_a_terminal_a_row_is_a_line_and_columns_stand_below_each_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table([("dl-1", "a"), ("dl-1000", "[b]"), ("", ":smile:")], head=("ID", "ERROR"))
    assert capsys.readouterr().out == "ID       ERROR\ndl-1     a\ndl-1000  [b]\n         :smile:\n"


def test_without_a_terminal_nothing_is_cut_or_broken(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([("x" * 500, "y z " * 200 + "end")])
    assert capsys.readouterr().out == f"{'x' * 500}  {'y z ' * 200}end\n"


def test_figures_end_below_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([("a", "1,000", "z"), ("b", "7", "z")], right=(1,))
    assert capsys.readouterr().out == "a  1,000  z\nb      7  z\n"


def test_no_rows_are_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([], head=("ID",))
    assert capsys.readouterr().out == ""


def test_on_a_terminal_no_line_is_wider_than_it_and_all_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    print_table([("an-id", "x" * 100)])
    lines = terminal.getvalue().splitlines()
    assert max(map(len, lines)) <= 40
    assert terminal.getvalue().count("x") == 100
