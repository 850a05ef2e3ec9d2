"""What `hazelgate projector` hands on to its worker."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from hazelgate.operations import cli
from hazelgate.operations.commands.projector import ProjectorOptions
from hazelgate.projector import __main__ as worker
from hazelgate.projector.serving import supervisor


def test_all_that_it_is_told_reaches_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    class Recorder:
        def __init__(self, command: list[str], *, port: int, limit_seconds: float) -> None:
            commands.append(command)

        def run(self) -> int:
            return 0

    monkeypatch.setattr(supervisor, "Supervisor", Recorder)
    told = ["--host=::1", "--domain=a,b", "--handler-timeout-seconds=0.5", "--max-value-bytes=2048"]
    told += ["--max-memory-mib=7", "--log-level=error", "--log-form=json"]
    result = CliRunner().invoke(cli.main, ["projector", *told])
    assert result.exit_code == 0, result.output
    [command] = commands
    assert set(told) <= set(command)
    options = worker._parser().parse_args(command[command.index("hazelgate.projector") + 1 :])
    assert (options.domain, options.max_memory_mib, options.log_form) == ("a,b", 7, "json")


def test_a_worker_by_itself_has_the_same_defaults() -> None:
    by_itself = vars(worker._parser().parse_args([]))
    told = ProjectorOptions().model_dump()
    assert {name: by_itself[name] for name in told} == told
