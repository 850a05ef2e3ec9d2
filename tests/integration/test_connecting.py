"""An operator's command on a real cluster."""

from click.testing import CliRunner

from tests.component.operations.command_line.test_connecting import command
from tests.support.stack import Stack


def test_the_work_is_done_with_a_connected_cluster(stack: Stack) -> None:
    result = CliRunner().invoke(
        command, ["--cluster-name", stack.cluster_name, "--members", stack.address, "--word", "pending"]
    )
    assert result.output == "pending: 0\n"
    assert result.exit_code == 0


def test_what_a_member_refuses_is_one_line_and_status_2(stack: Stack) -> None:
    result = CliRunner().invoke(
        command, ["--cluster-name", stack.cluster_name, "--members", stack.address, "--word", "refused"]
    )
    assert result.output == "Error: a member could not do it\n"
    assert result.exit_code == 2
