"""The catalog's AsyncAPI document, read by AsyncAPI's own parser."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from hazelgate.operations.commands.catalog import catalog_files
from tests.acceptance.conftest import NODE_TESTS


def validated(node: Path, document: Path) -> subprocess.CompletedProcess[str]:
    command = [node, NODE_TESTS / "asyncapi.mjs", document]
    return subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)


def test_the_document_of_the_shop_is_valid(node: Path, tmp_path: Path) -> None:
    """All that it has to say is that there is a newer version of AsyncAPI."""
    path = tmp_path / "asyncapi.json"
    path.write_text(catalog_files("hazelgate.domain")["asyncapi.json"], encoding="utf-8")
    done = validated(node, path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [json.loads(line)["code"] for line in done.stdout.splitlines()] == ["asyncapi-latest-version"]


def test_a_reference_that_leads_nowhere_is_found(node: Path, tmp_path: Path) -> None:
    """So the parser does look."""
    document = json.loads(catalog_files("hazelgate.domain")["asyncapi.json"])
    del document["components"]["schemas"]["OrderCreated"]
    path = tmp_path / "asyncapi.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    done = validated(node, path)
    assert done.returncode == 1
    assert "invalid-ref" in done.stdout
