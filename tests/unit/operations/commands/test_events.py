"""`hazelgate events`, as a user's continuous integration runs it."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from hazelgate.operations.cli import main

OF_TICKETS = "--domain=docs.examples.tickets"


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["events", *arguments])
    return result.exit_code, result.output


def test_what_was_recorded_is_found_again(tmp_path: Path) -> None:
    golden = f"--golden={tmp_path / 'golden'}"
    assert run("check", OF_TICKETS, golden)[0] == 1
    status, output = run("record", OF_TICKETS, golden)
    assert (status, output.count("wrote ")) == (0, 2)
    assert run("record", OF_TICKETS, golden) == (0, "nothing is new\n")
    assert run("check", OF_TICKETS, golden) == (0, "2 event types, 2 versions: all of them can be read\n")


def test_a_version_nobody_reads_any_more_ends_with_status_1(tmp_path: Path) -> None:
    run("record", f"--golden={tmp_path}")
    status, output = run("check", OF_TICKETS, f"--golden={tmp_path}")
    assert status == 1
    assert "UNREADABLE StockReserved version 2: its class is gone" in output


def test_a_domain_that_is_not_there_is_one_line() -> None:
    status, output = run("check", "--domain=no.such.domain")
    assert (status, output.count("\n")) == (2, 1)


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "X.v1.json").write_text("{")
    status, output = run("check", OF_TICKETS, f"--golden={tmp_path}")
    assert status == 2
    assert "is no golden file" in output
