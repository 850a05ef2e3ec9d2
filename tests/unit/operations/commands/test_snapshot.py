"""What the command line takes about snapshots, and what it says where it can't."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from hazelgate.operations.cli import main
from hazelgate.operations.command_line.snapshots import snapshot_options
from hazelgate.operations.command_line.types import Duration
from hazelgate.operations.java import Java
from hazelgate.operations.member import MemberOptions, SnapshotOptions, member_command, member_environ

JAVA = Java(Path("/java"), 21, "PATH")


@click.command()
@snapshot_options
def told(snapshots: SnapshotOptions | None) -> None:
    click.echo(repr(snapshots))


def said(*arguments: str, **environ: str) -> str:
    return CliRunner(env=environ).invoke(told, arguments).output.strip()


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1_800), ("6h", 21_600), ("7d", 604_800)])
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["90", "0s", "-1h", "1w", "1h30m", ""])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a duration like 90s, 30m, 6h or 7d"):
        Duration().convert(text, None, None)


def test_no_location_no_snapshots() -> None:
    assert said() == "None"
    assert "say where snapshots are kept: --snapshots LOCATION" in said("--snapshot-every", "6h")


def test_all_that_is_told_arrives_and_a_folder_is_named_from_the_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = ["--snapshots", "kept", "--snapshot-every", "6h", "--snapshots-keep", "8", "--snapshots-max-age", "7d"]
    expected = SnapshotOptions(
        location=str(tmp_path / "kept"), every_seconds=21_600, keep=8, max_age_seconds=604_800, other_code=True
    )
    assert said(*options, "--snapshots-of-other-code") == repr(expected)
    assert said(HAZELGATE_SNAPSHOTS="kept") == repr(SnapshotOptions(location=str(tmp_path / "kept")))


def test_a_location_that_can_not_be_used_is_said_in_a_line() -> None:
    assert said("--snapshots", "ftp://somewhere").startswith("Error: 'ftp://somewhere' is neither a folder nor s3://…")


def test_the_member_is_told_and_the_location_is_not_on_its_command_line() -> None:
    options = MemberOptions(snapshots=SnapshotOptions(location="s3://secret@bucket", every_seconds=60, keep=3))
    command = member_command(JAVA, Path("engine.jar"), options)
    assert "-Dhazelgate.snapshot-every-seconds=60" in command
    assert "-Dhazelgate.snapshots-keep=3" in command
    assert not any("secret" in word for word in command)
    environ = member_environ(options)
    assert environ["HAZELGATE_SNAPSHOTS"] == "s3://secret@bucket"
    assert json.loads(environ["HAZELGATE_SNAPSHOT_COMMAND"]) == [
        sys.executable,
        "-P",
        "-m",
        "hazelgate.operations.snapshot_store",
    ]
    assert member_environ(MemberOptions()) == {}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["rebuild", "--from", "latest"], "with --from name the views to rebuild, or --all"),
        (["rebuild", "--from", "latest", "--status"], "with --from name the views to rebuild, or --all"),
        (["rebuild", "--all", "--other-code"], "--other-code is about the snapshot that --from names"),
    ],
)
def test_options_that_do_not_belong_together_are_refused(arguments: list[str], reason: str) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert reason in result.output


def test_a_location_is_listed_and_verified_without_a_cluster(tmp_path: Path) -> None:
    listed = CliRunner().invoke(main, ["snapshot", "list", "--snapshots", str(tmp_path)])
    assert (listed.exit_code, f"there is no snapshot in {tmp_path}" in listed.stderr) == (0, True)
    verified = CliRunner().invoke(main, ["snapshot", "verify", "sn-1", "--snapshots", str(tmp_path)])
    assert (verified.exit_code, "there is no snapshot sn-1" in verified.output) == (2, True)
