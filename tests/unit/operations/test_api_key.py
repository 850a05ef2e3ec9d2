"""`hazelgate api-key` and `hazelgate rights`."""

from __future__ import annotations

import stat
from pathlib import Path

from click.testing import CliRunner, Result

from hazelgate.gateway.identity.api_keys import ApiKeys
from hazelgate.operations.cli import main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_a_key_is_made_that_a_gateway_takes(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    first = run("api-key", "ci", "--role", "operator", "--file", str(path))
    second = run("api-key", "shop", "--role", "a", "--role", "b", "--claim", "region=north=1", "--file", str(path))
    assert (first.exit_code, second.exit_code) == (0, 0), second.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = second.stdout.strip()
    assert key.startswith("hzg_")
    identity, _ = ApiKeys(path).identity(key)
    assert (identity.subject, identity.roles, identity.claim("region")) == ("key:shop", ("a", "b"), "north=1")
    assert ApiKeys(path).identity(first.stdout.strip())[0].roles == ("operator",)


def test_a_name_that_is_taken_is_refused_and_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    run("api-key", "ci", "--role", "operator", "--file", str(path))
    before = path.read_text()
    result = run("api-key", "ci", "--role", "operator", "--file", str(path))
    assert result.exit_code == 2
    assert "has a key named 'ci'" in result.output
    assert path.read_text() == before
    path.write_text("nonsense [")
    assert "can't be read" in run("api-key", "x", "--role", "a", "--file", str(path)).output
    assert path.read_text() == "nonsense ["
    assert run("api-key", "x", "--role", "a", "--claim", "nonsense").exit_code == 2
    assert run("api-key", "x").exit_code == 2, "a key without a role could do next to nothing"


def test_the_table_of_the_shop_says_what_each_role_may() -> None:
    result = run("rights")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    for line in (
        "| field | customer | operator | support | authenticated | anonymous |",
        "| `orders` | some | all | all | – | – |",
        "| `totalAmount` | some | all | – | – | – |",
        "| `deadLetters` | – | all | – | – | – |",
        "| `confirmOrder` | – | all | – | – | – |",
        "| `createOrder` | some | all | – | – | – |",
        "| `events` | some | all | some | – | – |",
        "| `OrderCreated` | submit some; read some | submit; read | read, in part | – | – |",
        "Customer: `{customer: {customer_id: {eq: claim(sub)}}}`.",
    ):
        assert line in lines
